package com.langfuse.sdk

import com.langfuse.sdk.local.LocalLangfuse
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe
import java.io.File
import java.util.concurrent.TimeUnit

/** Programs that end without closing their client, in a JVM of their own. */
class ExitHookTest :
    FunSpec({
        fun run(local: LocalLangfuse, vararg arguments: String) {
            val process =
                ProcessBuilder(
                    File(System.getProperty("java.home"), "bin/java").path,
                    "-cp",
                    System.getProperty("java.class.path"),
                    ForgetfulProgram::class.java.name,
                    *arguments,
                ).apply {
                    environment()["LANGFUSE_PUBLIC_KEY"] = local.publicKey()
                    environment()["LANGFUSE_SECRET_KEY"] = local.secretKey()
                    environment()["LANGFUSE_BASE_URL"] = local.baseUrl().toString()
                }.inheritIO()
                    .start()
            process.waitFor(60, TimeUnit.SECONDS) shouldBe true
            process.exitValue() shouldBe 0
        }

        test("what ended before the exit arrives") {
            LocalLangfuse.start().use { local ->
                run(local)
                local.observations().map { it.name } shouldBe listOf("last words")
            }
        }

        test("the hook can be left out") {
            LocalLangfuse.start().use { local ->
                run(local, "no-hook")
                local.observations().shouldBeEmpty()
            }
        }
    })

internal object ForgetfulProgram {
    @JvmStatic
    fun main(arguments: Array<String>) {
        val langfuse = Langfuse.builder().flushOnExit("no-hook" !in arguments).build()
        langfuse.observation("last words").start().end()
    }
}
