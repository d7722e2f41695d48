package com.langfuse.sdk.samples

import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.local.assertion.LangfuseAssertions.assertThat
import com.langfuse.sdk.local.assertion.LangfuseAssertions.generation
import com.langfuse.sdk.local.assertion.LangfuseAssertions.retriever
import com.langfuse.sdk.local.assertion.LangfuseAssertions.span
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.io.File
import java.util.concurrent.TimeUnit

/** The complete programs of the README, as programs: their keys come from the environment. */
class FirstTraceTest :
    FunSpec({
        val java = listOf(System.getProperty("java.home"), "bin", "java").joinToString(File.separator)

        fun run(mainClass: String, langfuse: LocalLangfuse): String {
            val builder = ProcessBuilder(java, "-cp", System.getProperty("java.class.path"), mainClass)
            builder.redirectErrorStream(true)
            builder.environment().keys.removeIf { it.startsWith("LANGFUSE_") || it.startsWith("OTEL_") }
            builder.environment() +=
                mapOf(
                    "LANGFUSE_PUBLIC_KEY" to langfuse.publicKey(),
                    "LANGFUSE_SECRET_KEY" to langfuse.secretKey(),
                    "LANGFUSE_BASE_URL" to langfuse.baseUrl().toString(),
                )
            val process = builder.start()
            val printed = process.inputReader().readText()
            process.waitFor(2, TimeUnit.MINUTES) shouldBe true
            return printed
        }

        test("the Java program leaves one generation, and prints a link to it") {
            LocalLangfuse.start().use { langfuse ->
                val printed = run("com.langfuse.sdk.samples.FirstTrace", langfuse)

                assertThat(langfuse).trace("answer").hasTree(
                    generation("answer").model("gpt-4o").output("A fog horn.").usage("input", 7).usage("output", 4),
                )
                printed shouldContain "${langfuse.baseUrl()}/project/"
                printed shouldContain "A fog horn."
            }
        }

        test("the Kotlin program leaves a tree") {
            LocalLangfuse.start().use { langfuse ->
                run("com.langfuse.sdk.samples.FirstTraceInKotlinKt", langfuse)

                assertThat(langfuse).trace("question").hasTree(
                    span(
                        "question",
                        retriever("search"),
                        generation("answer").output("A fog horn."),
                    ).output("A fog horn."),
                )
            }
        }
    })
