package com.langfuse.sdk.local

import com.fasterxml.jackson.databind.ObjectMapper
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.core.test.Enabled
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldStartWith
import java.io.File
import java.io.IOException
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import kotlin.io.path.copyTo
import kotlin.io.path.createDirectories
import kotlin.io.path.exists
import kotlin.io.path.readText

/** Langfuse's SDK for JavaScript takes this for a Langfuse: traces, files, scores, and what it reads back. */
class JavaScriptSdkTest :
    FunSpec({

        test("its traces, its file and its score arrive, and it reads them back").config(enabledOrReasonIf = { node }) {
            withLangfuse { langfuse, _ ->
                val printed =
                    Peer.run(
                        listOf("node", "peer.js"),
                        "LANGFUSE_BASE_URL" to "${langfuse.baseUrl()}",
                        "LANGFUSE_PUBLIC_KEY" to langfuse.publicKey(),
                        "LANGFUSE_SECRET_KEY" to langfuse.secretKey(),
                    )
                withClue(printed.text) { printed.status shouldBe 0 }

                val trace = langfuse.traces().single()
                trace.toTree(false) shouldBe
                    """
                    request  user=u-js session=s-js tags=peer environment=peer  3 observations
                    └─ SPAN request
                       ├─ GENERATION answer  gpt-4o  12→34 tokens
                       └─ TOOL fetch  ERROR gone
                    """.trimIndent()
                trace.observation("request").release() shouldBe "r1"
                trace.observation("request").metadata()["plan"] shouldBe "pro"

                val picture = langfuse.media().single()
                picture.uploadHttpStatus() shouldBe 200
                trace.observation("request").input() shouldContain "@@@langfuseMedia:type=image/png|id=${picture.id()}|"
                langfuse.scores().single().let {
                    it.name() shouldBe "helpful"
                    it.observationId() shouldBe trace.observation("request").id()
                }

                val read = ObjectMapper().readTree(printed.text.lines().last { it.startsWith("{") })
                read["observations"].map { it["name"].textValue() }.shouldContainExactlyInAnyOrder(
                    "request",
                    "answer",
                    "fetch",
                )
                read["observations"].single {
                    it["name"].textValue() == "answer"
                }["usageDetails"]["output"].intValue() shouldBe
                    34
                read["pixel"].textValue() shouldStartWith "data:image/png;base64,"
                read["resolved"]["picture"] shouldBe read["pixel"]
                read["scores"].single()["value"].booleanValue() shouldBe true
                langfuse.requests().map { it.status() }.filter { it >= 400 } shouldBe listOf()
            }
        }
    }) {
    private companion object {
        val node: Enabled by lazy {
            val problem = Peer.install()
            problem?.let { println("SKIPPED: the test with the JavaScript SDK. $it") }
            problem?.let(Enabled::disabled) ?: Enabled.enabled
        }
    }
}

/** The program in `src/test/js`, with its packages installed below `target`. */
private object Peer {
    private val folder = Path.of("target", "js")

    class Printed(val status: Int, val text: String)

    /** Null if it can run, else why it cannot. */
    fun install(): String? =
        try {
            folder.createDirectories()
            val wanted = Path.of("src", "test", "js", "package.json")
            val installed = folder.resolve("package.json").takeIf(Path::exists)?.readText() == wanted.readText()
            listOf("package.json", "peer.js").forEach { wanted.resolveSibling(it).copyTo(folder.resolve(it), true) }
            val install = listOf("npm", "install", "--no-audit", "--no-fund", "--no-package-lock")
            val printed = if (installed && folder.resolve("node_modules").exists()) Printed(0, "") else run(install)
            if (printed.status != 0) {
                Files.delete(folder.resolve("package.json"))
            }
            printed.takeIf { it.status != 0 }?.let { "npm could not install its packages: ${it.text}" }
        } catch (notThere: IOException) {
            "Node and npm are needed: ${notThere.message}"
        }

    fun run(
        command: List<String>,
        vararg environment: Pair<String, String>,
    ): Printed {
        val output = File.createTempFile("peer", ".txt")
        val builder =
            ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).redirectOutput(output)
        builder.environment().putAll(environment)
        val process = builder.start()
        val ended = process.waitFor(2, TimeUnit.MINUTES)
        if (!ended) {
            process.destroyForcibly()
        }
        return Printed(if (ended) process.exitValue() else -1, output.readText()).also { output.delete() }
    }
}
