package com.langfuse.sdk.samples

import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.local.assertion.LangfuseAssertions.assertThat
import com.langfuse.sdk.local.assertion.LangfuseAssertions.generation
import com.langfuse.sdk.local.assertion.LangfuseAssertions.tool
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import java.io.File
import java.time.Duration

/** The README shows code that compiles and output that is real: each block names where it is from. */
class ReadmeTest :
    FunSpec({
        val blocks =
            listOf(
                "../README.md",
                "../integrations/langfuse-ktor/README.md",
                "../integrations/langfuse-junit5/README.md",
                "../integrations/langfuse-kotest/README.md",
            ).flatMap { codeBlocks(File(it).readText()) }

        test("there are blocks in both languages, and a tree") {
            blocks.map { it.language }.toSet() shouldBe setOf("java", "kotlin", "text")
            blocks.size shouldBeGreaterThan 4
        }

        blocks.filter { it.language != "text" }.forEach { block ->
            test("the ${block.language} block '${block.code.lines().first()}' is the region of its sample") {
                val origin = block.origin.shouldNotBeNull()
                withClue(origin) { block.code shouldBe region(File("src", origin).readText()) }
            }
        }

        val trees = blocks.filter { it.language == "text" }.map { it.code }

        test("the first tree is what the Kotlin quick start leaves") {
            Tracing().use { tracing ->
                withContext(Dispatchers.Default) { enrichAll(tracing.langfuse, listOf("lens", "fog", "scones")) }
                trees[0] shouldBe tracing.trace().toTree(false)
            }
        }

        test("the second tree is what the streamed answer leaves") {
            Tracing().use { tracing ->
                streamAnswer(tracing.langfuse, TwoWords, "Is it foggy?") { }
                trees[1] shouldBe tracing.trace().toTree(false)
            }
        }

        test("the failures shown are what a wrong expectation leads to") {
            LocalLangfuse.start().use { local ->
                clientOf(local).use { ManualObservation.record(it) }
                val expected = generation("background", tool("fetch")).model("gpt-4o").output("done")
                val shown = trees.drop(2)
                shown.size shouldBe 2
                shouldThrow<AssertionError> {
                    assertThat(local).trace("background").within(Duration.ZERO).hasTree(expected)
                }.message shouldBe shown.toSet().single()
            }
        }
    })

/** A fenced block, and the comment in the line before it that says where it is from. */
private data class CodeBlock(val origin: String?, val language: String, val code: String)

private fun codeBlocks(markdown: String): List<CodeBlock> =
    Regex("(?m)(?:^<!-- (.+) -->\n)?^```(java|kotlin|text)\n([\\s\\S]*?)\n```$")
        .findAll(markdown)
        .map { CodeBlock(it.groups[1]?.value, it.groups[2]!!.value, it.groups[3]!!.value) }
        .toList()

private fun region(source: String): String =
    source
        .lines()
        .dropWhile { "// region" !in it }
        .drop(1)
        .takeWhile { "// endregion" !in it }
        .joinToString("\n")
        .trimIndent()
        .trim()
