package com.langfuse.sdk.local.assertion

import com.langfuse.sdk.local.TRACE
import com.langfuse.sdk.local.assertion.LangfuseAssertions.agent
import com.langfuse.sdk.local.assertion.LangfuseAssertions.chain
import com.langfuse.sdk.local.assertion.LangfuseAssertions.embedding
import com.langfuse.sdk.local.assertion.LangfuseAssertions.evaluator
import com.langfuse.sdk.local.assertion.LangfuseAssertions.event
import com.langfuse.sdk.local.assertion.LangfuseAssertions.generation
import com.langfuse.sdk.local.assertion.LangfuseAssertions.guardrail
import com.langfuse.sdk.local.assertion.LangfuseAssertions.observation
import com.langfuse.sdk.local.assertion.LangfuseAssertions.retriever
import com.langfuse.sdk.local.assertion.LangfuseAssertions.span
import com.langfuse.sdk.local.assertion.LangfuseAssertions.tool
import com.langfuse.sdk.local.withLangfuse
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe

/** Which trees fit. */
class TreeAssertionTest :
    FunSpec({
        val request =
            sent("span", "request", sent("tool", "a"), sent("generation", "llm", sent("tool", "b")), sent("tool", "c"))

        test("the same tree fits, whatever the order of siblings") {
            complaint(request) {
                hasTree(span("request", tool("c"), generation("llm", tool("b")), tool("a")))
            }.shouldBeNull()
        }

        test("each type has a function, and a computed one is spelt in any case") {
            val functions =
                mapOf(
                    "span" to span("x"),
                    "generation" to generation("x"),
                    "event" to event("x"),
                    "embedding" to embedding("x"),
                    "agent" to agent("x"),
                    "tool" to tool("x"),
                    "chain" to chain("x"),
                    "retriever" to retriever("x"),
                    "evaluator" to evaluator("x"),
                    "guardrail" to guardrail("x"),
                )
            functions.forEach { (type, expected) ->
                complaint(sent(type, "x")) { hasTree(expected).hasTree(observation(type, "x")) }.shouldBeNull()
            }
        }

        test("an observation that is not expected, one that is not there, one that is somewhere else") {
            complaint(request) { hasTree(span("request", tool("a"), generation("llm", tool("b")))) }
                .shouldNotBeNull()
                .sentences() shouldContainExactly listOf("not expected: TOOL c")
            complaint(request) {
                hasTree(span("request", tool("a"), generation("llm", tool("b")), tool("c"), tool("d")))
            }.shouldNotBeNull().sentences() shouldContainExactly listOf("missing: TOOL d")
            complaint(request) { hasTree(span("request", tool("a"), generation("llm"), tool("b"), tool("c"))) }
                .shouldNotBeNull()
                .sentences() shouldContainExactly listOf("not expected: TOOL b", "missing: TOOL b")
        }

        test("what is below one that is missing or not expected is not told again") {
            val tree = span("request", tool("a"), tool("c"), chain("d", tool("e"), tool("f")))
            complaint(request) { hasTree(tree) }.shouldNotBeNull().sentences() shouldContainExactly
                listOf("not expected: GENERATION llm", "missing: CHAIN d")
        }

        test("the same name with another type is told as that") {
            complaint(request) { hasTree(span("request", tool("a"), span("llm", tool("b")), tool("c"))) }
                .shouldNotBeNull()
                .sentences() shouldContainExactly listOf("llm: type is GENERATION, not SPAN")
        }

        test("another name with much the same below it is told as that") {
            complaint(request) { hasTree(span("inquiry", tool("a"), generation("llm", tool("b")), tool("c"))) }
                .shouldNotBeNull()
                .sentences() shouldContainExactly listOf("inquiry: name is request")
        }

        test("in order: by start time") {
            complaint(request) {
                hasTree(span("request", tool("a"), generation("llm", tool("b")), tool("c")).inOrder())
            }
                .shouldBeNull()
            complaint(request) {
                hasTree(span("request", tool("c"), tool("a"), generation("llm", tool("b"))).inOrder())
            }
                .shouldNotBeNull()
                .sentences() shouldContainExactly listOf("out of order: TOOL c")
            complaint(request) { hasTree(span("request", tool("a"), tool("x"), tool("c")).inOrder()) }
                .shouldNotBeNull()
                .sentences() shouldContainExactly listOf("not expected: GENERATION llm", "missing: TOOL x")
        }

        test("in order is about the children only, not about theirs") {
            val deep = sent("span", "root", sent("span", "below", sent("tool", "a"), sent("tool", "b")))
            complaint(deep) { hasTree(span("root", span("below", tool("b"), tool("a"))).inOrder()) }.shouldBeNull()
        }

        test("and others: further children are allowed here, and not below") {
            complaint(request) { hasTree(span("request", tool("c")).andOthers()) }.shouldBeNull()
            complaint(request) { hasTree(span("request").andOthers()) }.shouldBeNull()
            complaint(request) { hasTree(span("request", tool("c"), tool("d")).andOthers()) }
                .shouldNotBeNull()
                .sentences() shouldContainExactly listOf("missing: TOOL d")
            complaint(request) { hasTree(span("request", generation("llm")).andOthers()) }
                .shouldNotBeNull()
                .sentences() shouldContainExactly listOf("not expected: TOOL b")
        }

        test("and others in order: the named ones in this order, among others") {
            complaint(request) { hasTree(span("request", tool("a"), tool("c")).andOthers().inOrder()) }.shouldBeNull()
            complaint(request) { hasTree(span("request", tool("c"), tool("a")).inOrder().andOthers()) }
                .shouldNotBeNull()
                .sentences() shouldContainExactly listOf("out of order: TOOL a")
        }

        test("a match is found where the first choice would be wrong") {
            val ambiguous =
                sent(
                    "span",
                    "root",
                    sent("tool", "t", mapOf("langfuse.observation.input" to "1")),
                    sent("tool", "t", mapOf("langfuse.observation.input" to "2")),
                    sent("tool", "t", mapOf("langfuse.observation.input" to "3")),
                )
            complaint(ambiguous) { hasTree(span("root", tool("t"), tool("t").input("1"), tool("t").input("2"))) }
                .shouldBeNull()
            complaint(ambiguous) { hasTree(span("root", tool("t").input("3"), tool("t"), tool("t").input("1"))) }
                .shouldBeNull()
        }

        test("of all pairings the one with the least differences is told") {
            val two =
                sent(
                    "span",
                    "root",
                    sent("tool", "t", mapOf("langfuse.observation.input" to "1", "langfuse.observation.output" to "8")),
                    sent("tool", "t", mapOf("langfuse.observation.input" to "2", "langfuse.observation.output" to "0")),
                )
            // The one without fields fits both; it must leave the nearer one to the other.
            complaint(two) { hasTree(span("root", tool("t"), tool("t").input("1").output("9"))) }
                .shouldNotBeNull()
                .sentences() shouldContainExactly listOf("t: output is 8, not 9")
        }

        test("a pair stays a pair, however many of its fields are wrong") {
            val expected =
                (1..300).fold(tool("t")) { tool, i -> tool.metadata("key$i", "value") }
            complaint(sent("span", "root", sent("tool", "t"))) { hasTree(span("root", expected)) }
                .shouldNotBeNull()
                .sentences()
                .first() shouldBe "t: no metadata.key1, expected value"
        }

        test("several roots, where parents are not sent here") {
            withLangfuse { local, sender ->
                val attributes = mapOf("langfuse.trace.name" to "job")
                sender.trace(sent("span", "a", attributes), sent("tool", "b", attributes))
                local.atOnce("job").hasTree(tool("b"), span("a"))
                complaintOf { local.atOnce("job").hasTree(span("a")) }.sentences() shouldContainExactly
                    listOf("not expected: TOOL b")
            }
        }

        test("of several traces of a name any may fit, and all assertions are about the same") {
            withLangfuse { local, sender ->
                val one = sent("span", "job", mapOf("langfuse.user.id" to "u-1"), sent("tool", "x"))
                val two = sent("span", "job", mapOf("langfuse.user.id" to "u-2"), sent("tool", "x"))
                val three = sent("span", "job", sent("tool", "y"))
                sender.trace(one)
                sender.trace(two, trace = TRACE.reversed())
                sender.trace(three, trace = TRACE.replace('0', 'a'))
                local.atOnce("job").hasTree(span("job", tool("y"))).get().roots().single().name() shouldBe "job"
                local.atOnce("job").hasTree(span("job", tool("x"))).hasUserId("u-2").get().id() shouldBe
                    TRACE.reversed()
                complaintOf { local.atOnce("job").hasTree(span("job", tool("x"), tool("z"))) }.lines().first() shouldBe
                    "The most alike of 3 traces 'job' is not as expected:"
            }
        }

        test("what was expected can be used again: it never changes") {
            val fetch = tool("fetch")
            fetch.input("other")
            fetch.inOrder()
            complaint(sent("span", "root", sent("tool", "fetch"), sent("tool", "fetch"))) {
                hasTree(span("root", fetch, fetch))
            }.shouldBeNull()
        }
    })
