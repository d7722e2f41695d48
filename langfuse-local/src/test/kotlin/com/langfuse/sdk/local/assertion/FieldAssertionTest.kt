package com.langfuse.sdk.local.assertion

import com.langfuse.sdk.local.assertion.LangfuseAssertions.generation
import com.langfuse.sdk.local.assertion.LangfuseAssertions.span
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeInstanceOf
import java.lang.reflect.InvocationTargetException
import java.util.function.Predicate

/** Which fields fit, and what is said of those that do not. */
class FieldAssertionTest :
    FunSpec({
        val llm =
            sent(
                "generation",
                "llm",
                mapOf(
                    "langfuse.observation.model.name" to "gpt-4o-mini",
                    "langfuse.observation.model.parameters" to """{"temperature":0.7,"stop":["a","b"]}""",
                    "langfuse.observation.usage_details" to """{"input":12,"output":34}""",
                    "langfuse.observation.cost_details" to """{"input":0.0001}""",
                    "langfuse.observation.level" to "WARNING",
                    "langfuse.observation.status_message" to "slow",
                    "langfuse.observation.input" to """{"b": [1, 2.0], "a": "x"}""",
                    "langfuse.observation.output" to "An answer.",
                    "langfuse.observation.metadata.key" to "value",
                    "langfuse.version" to "1.0",
                    "langfuse.observation.prompt.name" to "greeting",
                    "langfuse.observation.prompt.version" to 3,
                    "langfuse.observation.completion_start_time" to "2026-01-02T03:04:05.2Z",
                    "langfuse.user.id" to "u-1",
                    "langfuse.session.id" to "s-1",
                    "langfuse.trace.tags" to listOf("beta", "alpha"),
                    "langfuse.environment" to "staging",
                ),
            )
        val bare = sent("generation", "llm")

        fun fits(expected: ExpectedObservation) = complaint(llm) { hasTree(expected) }.shouldBeNull()

        fun sentence(sent: Sent, expected: ExpectedObservation): String =
            complaint(sent) { hasTree(expected) }.shouldNotBeNull().sentences().single()

        test("every field that is as it should be") {
            fits(
                generation("llm")
                    .model("gpt-4o-mini")
                    .modelParameter("temperature", 0.7)
                    .modelParameter("stop", listOf("a", "b"))
                    .usage("input", 12)
                    .usage("output", 34)
                    .cost("input", 0.0001)
                    .level("WARNING")
                    .statusMessage("slow")
                    .input(mapOf("a" to "x", "b" to listOf(1, 2)))
                    .output("An answer.")
                    .metadata("key", "value")
                    .version("1.0")
                    .prompt("greeting", 3)
                    .hasTimeToFirstToken(),
            )
        }

        test("fields that are not named do not matter") {
            fits(generation("llm"))
        }

        val wrong =
            mapOf(
                generation("llm").model("gpt-4o") to "llm: model is gpt-4o-mini, not gpt-4o",
                generation("llm").modelParameter("temperature", 1) to "llm: modelParameter.temperature is 0.7, not 1",
                generation("llm").usage("input", 13) to "llm: usage.input is 12, not 13",
                generation("llm").cost("input", 1.5) to "llm: cost.input is 0.0001, not 1.5",
                generation("llm").level("ERROR") to "llm: level is WARNING, not ERROR",
                generation("llm").statusMessage("fast") to "llm: status message is slow, not fast",
                generation("llm").output("No answer.") to "llm: output is An answer., not No answer.",
                generation("llm").metadata("key", 1) to "llm: metadata.key is value, not 1",
                generation("llm").version("1.00") to "llm: version is 1.0, not 1.00",
                generation("llm").prompt("greeting", 4) to "llm: prompt is greeting 3, not greeting 4",
            )
        wrong.forEach { (expected, sentence) ->
            test(sentence) {
                sentence(llm, expected) shouldContain sentence
            }
        }

        val missing =
            mapOf(
                generation("llm").model("m") to "llm: no model, expected m",
                generation("llm").modelParameter("p", 1) to "llm: no modelParameter.p, expected 1",
                generation("llm").usage("input", 1) to "llm: no usage.input, expected 1",
                generation("llm").cost("total", 1.0) to "llm: no cost.total, expected 1",
                generation("llm").input("x") to "llm: no input, expected x",
                generation("llm").output { true } to "llm: no output, expected one",
                generation("llm").metadata("key", true) to "llm: no metadata.key, expected true",
                generation("llm").prompt("greeting", 4) to "llm: no prompt, expected greeting 4",
                generation("llm").hasTimeToFirstToken() to "llm: no time to first token, expected any",
            )
        missing.forEach { (expected, sentence) ->
            test(sentence) {
                sentence(bare, expected) shouldContain sentence
            }
        }

        test("a condition on the text of input and output") {
            fits(generation("llm").input { "\"a\"" in it }.output { it.startsWith("An") })
            sentence(llm, generation("llm").output { it.startsWith("No") }) shouldContain
                "llm: output is An answer., which is not as wanted"
            sentence(llm, generation("llm").input { false }) shouldContain "which is not as wanted"
        }

        test("a condition that throws does not hold, and is asked about siblings, too") {
            fun tool(name: String, output: String) =
                sent("tool", name, mapOf("langfuse.observation.output" to output))
            val score = LangfuseAssertions.tool("score").output { it.toInt() > 3 }
            val other = LangfuseAssertions.tool("other")
            complaint(sent("span", "s", tool("other", "text"), tool("score", "17"))) {
                hasTree(span("s", score, other))
            }.shouldBeNull()
            sentence(sent("span", "s", tool("score", "text")), span("s", score)) shouldContain
                "score: output is text, at which the condition throws java.lang.NumberFormatException"
            sentence(llm, generation("llm").output { throw AssertionError("too short") }) shouldContain
                "llm: output is An answer., at which the condition throws java.lang.AssertionError: too short"
        }

        test("JSON is compared by what it means, everything else as text") {
            fits(generation("llm").input("""{"a":"x","b":[1,2]}"""))
            sentence(llm, generation("llm").input("""{"a":"x","b":[2,1]}""")) shouldContain "llm: input is"
            sentence(llm, generation("llm").input("""{"a":"x"}""")) shouldContain "llm: input is"
            sentence(llm, generation("llm").input("""{"a":"x","b":[1,2]} and more""")) shouldContain "llm: input is"
            sentence(llm, generation("llm").output("an answer.")) shouldContain "llm: output is"
        }

        test("numbers in JSON are compared to the last digit, and a name that stands twice is text") {
            fun fits(actual: String, expected: String) =
                complaint(sent("span", "s", mapOf("langfuse.observation.input" to actual))) {
                    hasTree(span("s").input(expected))
                } == null
            fits("""{"a":0.12345678901234567891}""", """{"a":0.12345678901234567892}""") shouldBe false
            fits("""{"a":1e400}""", """{"a":1.0}""") shouldBe false
            fits("""{"a":1e400}""", """{"a":10e399}""") shouldBe true
            fits("""{"a":1e99999999999}""", """{"a":1}""") shouldBe false
            fits("""{"a":1,"a":2}""", """{"a":2}""") shouldBe false
        }

        test("null is refused where it is said, by the name of the field") {
            val output = ExpectedObservation::class.java.getMethod("output", Predicate::class.java)
            val input = ExpectedObservation::class.java.getMethod("input", Any::class.java)
            val model = ExpectedObservation::class.java.getMethod("model", String::class.java)
            listOf(output, input, model).forEach { setter ->
                shouldThrow<InvocationTargetException> { setter.invoke(generation("llm"), null) }
                    .cause
                    .shouldBeInstanceOf<NullPointerException>()
                    .message shouldBe setter.name
            }
        }

        test("what cannot be JSON is refused where it is said") {
            shouldThrow<IllegalArgumentException> { generation("llm").input(Any()) }.message shouldContain
                "java.lang.Object cannot be written as JSON"
        }

        test("the fields of the trace") {
            complaint(llm) {
                hasUserId("u-1").hasSessionId("s-1").hasTags("alpha", "beta").hasEnvironment("staging")
            }.shouldBeNull()

            fun said(assertion: TraceAssert.() -> Unit) = complaint(llm, assertion).shouldNotBeNull().sentences()
            said { hasUserId("u-2") } shouldContainExactly listOf("trace: user is u-1, not u-2")
            said { hasSessionId("s-2") } shouldContainExactly listOf("trace: session is s-1, not s-2")
            said { hasTags("alpha") } shouldContainExactly listOf("""trace: tags is ["alpha","beta"], not ["alpha"]""")
            said { hasEnvironment("default") } shouldContainExactly listOf("trace: environment is staging, not default")
            complaint(bare) { hasUserId("u-1") }.shouldNotBeNull().sentences() shouldContainExactly
                listOf("trace: no user, expected u-1")
            complaint(bare) { hasTags() }.shouldBeNull()
        }

        test("fields and tree of one trace are told together") {
            complaint(llm) { hasTree(generation("llm")).hasUserId("u-1").hasTree(span("llm")) }
                .shouldNotBeNull()
                .sentences() shouldContainExactly listOf("llm: type is GENERATION, not SPAN")
        }

        test("a long text is shown where it begins to differ") {
            val text = "x".repeat(1_000)
            val sent = sent("span", "s", mapOf("langfuse.observation.input" to text + "yes" + text))
            complaint(sent) {
                hasTree(span("s").input(text + "no" + text))
            }.shouldNotBeNull().sentences().single().let {
                it shouldContain "s: input is …" + "x".repeat(20) + "yesxxx"
                it shouldContain "not …" + "x".repeat(20) + "noxxx"
            }
        }
    })
