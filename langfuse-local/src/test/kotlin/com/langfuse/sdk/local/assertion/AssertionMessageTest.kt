package com.langfuse.sdk.local.assertion

import com.langfuse.sdk.local.Fault
import com.langfuse.sdk.local.assertion.LangfuseAssertions.assertThat
import com.langfuse.sdk.local.assertion.LangfuseAssertions.generation
import com.langfuse.sdk.local.assertion.LangfuseAssertions.span
import com.langfuse.sdk.local.assertion.LangfuseAssertions.tool
import com.langfuse.sdk.local.withLangfuse
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.ints.shouldBeLessThanOrEqual
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import java.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.measureTime

class AssertionMessageTest :
    FunSpec({
        test("both trees side by side, with a sentence for each difference") {
            val request =
                sent(
                    "span",
                    "user-request",
                    sent("generation", "llm", mapOf("langfuse.observation.model.name" to "gpt-4o-mini")),
                    sent("span", "retry", sent("tool", "again")),
                )
            complaint(request) {
                hasTree(span("user-request", generation("llm").model("gpt-4o"), tool("fetch")))
            } shouldBe
                """
                The trace 'user-request' is not as expected:
                  llm: model is gpt-4o-mini, not gpt-4o
                  not expected: SPAN retry
                  missing: TOOL fetch

                  expected                       | actual
                  SPAN user-request              | SPAN user-request
                ≠   GENERATION llm  model=gpt-4o |   GENERATION llm  model=gpt-4o-mini
                +                                |   SPAN retry
                +                                |     TOOL again
                -   TOOL fetch                   |
                """.trimIndent()
        }

        test("in order: what stands elsewhere is marked") {
            val request = sent("span", "root", sent("tool", "a"), sent("tool", "b"))
            complaint(request) { hasTree(span("root", tool("b"), tool("a")).inOrder()) }
                .shouldNotBeNull()
                .lines() shouldBe
                """
                The trace 'root' is not as expected:
                  out of order: TOOL a

                  expected  | actual
                  SPAN root | SPAN root
                ↕   TOOL a  |   TOOL a
                    TOOL b  |   TOOL b
                """.trimIndent().lines()
        }

        test("of a big trace: what differs and what is around it") {
            val children = (1..2_000).map { sent("tool", "step-$it") }.toTypedArray()
            val expected = (1..2_000).map { tool(if (it == 1_000) "other" else "step-$it") }.toTypedArray()
            val message = complaint(sent("span", "root", *children)) { hasTree(span("root", *expected)) }!!
            message.sentences() shouldBe listOf("not expected: TOOL step-1000", "missing: TOOL other")
            message shouldContain "  SPAN root"
            message shouldContain "    TOOL step-999  |   TOOL step-999\n"
            message shouldContain "+                  |   TOOL step-1000\n"
            message shouldContain "… 997 more lines"
            message.lines().size shouldBeLessThan 25
        }

        test("many differences are cut in both places") {
            val children = (1..2_000).map { sent("tool", "step-$it", sent("tool", "below")) }.toTypedArray()
            val message = complaint(sent("span", "root", *children)) { hasTree(span("root")) }!!
            message shouldContain "not expected: TOOL step-20\n"
            message shouldContain "… and 1980 more"
            message shouldContain "differ"
            message.lines().size shouldBeLessThan 120
        }

        test("a chain of thousands is no deeper than the screen is wide") {
            val chain = (1..2_000).fold(sent("tool", "last")) { below, i -> sent("span", "link-$i", below) }
            val message = complaint(chain) { hasTree(span("link-2000")) }!!
            message.sentences() shouldBe listOf("not expected: SPAN link-1999")
            message.lines().forEach { it.length shouldBeLessThanOrEqual 140 }
            val shorter = (1..500).fold(sent("tool", "last")) { below, i -> sent("span", "link-$i", below) }
            val expected = (1..500).fold(tool("first")) { below, i -> span("link-$i", below) }
            complaint(shorter) { hasTree(expected) }!!.let {
                it.sentences() shouldBe listOf("not expected: TOOL last", "missing: TOOL first")
                it.lines().size shouldBeLessThan 25
            }
        }

        test("hostile names and values stay on their line, at a bearable length") {
            val hostile = "a\n\u001b[31m\u202e" + "b".repeat(1_000)
            val message =
                complaint(
                    sent("span", "root", sent("tool", hostile, mapOf("langfuse.observation.input" to hostile))),
                ) { hasTree(span("root", tool("x\u0007").input("\r\n"))) }!!
            message shouldNotContain "\u001b"
            message shouldNotContain "\u202e"
            message shouldNotContain "\u0007"
            message shouldNotContain "\r"
            message shouldContain "a␊␛[31m"
            message.lines().forEach { it.length shouldBeLessThanOrEqual 200 }
        }

        test("a thousand equal siblings take no time, even where one is wrong") {
            val children = (1..1_000).map { sent("tool", "t", mapOf("langfuse.observation.input" to "$it")) }
            val shuffled = (1..1_000).map { (it * 367) % 1_000 + 1 }
            val expected = shuffled.map { tool("t").input("$it") }.toTypedArray()
            val same = Array(1_000) { tool("t") }
            val spent =
                measureTime {
                    complaint(sent("span", "root", *children.toTypedArray())) {
                        hasTree(span("root", *expected)).hasTree(span("root", *same))
                    }.shouldBeNull()
                    val other = expected + tool("t").input("?")
                    complaint(sent("span", "root", *children.toTypedArray())) {
                        hasTree(span("root", *other))
                    }!!.sentences() shouldBe listOf("missing: TOOL t")
                }
            spent shouldBeLessThan 1.minutes
        }

        test("no trace of that name: which did come") {
            withLangfuse { local, sender ->
                sender.trace(sent("span", "other", sent("tool", "x")))
                complaintOf { local.atOnce("request").hasTree(span("request")) } shouldBe
                    "No trace 'request' arrived. Traces that did: 'other' (2 observations)."
            }
        }

        test("nothing at all, and what was refused") {
            withLangfuse { local, sender ->
                complaintOf { local.atOnce("request").hasUserId("u") } shouldBe
                    "No trace 'request' arrived. No observation arrived.\n" +
                    "No request arrived: is the sender pointed here, and was it flushed?"
                sender.get("/api/public/projects", authorization = null)
                complaintOf { local.atOnce("request").get() } shouldContain
                    "Requests refused, the last of 1:\n  GET /api/public/projects → 401"
                local.always(Fault.reset())
                repeat(6) { runCatching { sender.trace(sent("span", "lost")) } } // not GET, which the JDK tries again
                complaintOf { local.atOnce("request").get() }.let {
                    it shouldContain "the last of 7:\n  POST /api/public/otel/v1/traces → no answer"
                    it.lines().filter { line -> "no answer" in line } shouldHaveSize 5
                }
            }
        }

        test("how long it has waited") {
            withLangfuse { local, _ ->
                complaintOf { assertThat(local).trace("x").within(Duration.ofMillis(20)).get() } shouldContain
                    "No trace 'x' arrived after 20 ms."
            }
        }
    })
