package com.langfuse.sdk.samples

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain

class JavaQuickstartTest :
    FunSpec({
        val model = autoClose(StandInModel.start())

        test("search and generation are children of the request") {
            Tracing().use { tracing ->
                val answer = JavaQuickstart(tracing.langfuse, model).answer("What does a ticket cost?")
                answer shouldContain "9 pounds for adults"

                val trace = tracing.trace()
                val request = trace.observation("answer-question")
                request.input() shouldBe "What does a ticket cost?"
                request.output() shouldBe answer
                trace.children(request).map { "${it.type()} ${it.name()}" } shouldBe
                    listOf("RETRIEVER search-handbook", "GENERATION chat")
                trace.observation("search-handbook").output() shouldContain "visiting.txt"
                trace.observation("chat").model() shouldBe "stand-in-1"
                trace.observation("chat").output() shouldBe answer
                trace.observation("chat").usage().keys shouldBe setOf("input", "output")
            }
        }

        test("the program prints the answer, what was delivered, and the trace of its user") {
            val output = printed { JavaQuickstart.main(arrayOf("How many prisms has the lens?")) }
            output shouldContain "312 prisms"
            output shouldContain "observations: 3 exported"
            output shouldContain "user=u-1 session=s-1"
        }
    })
