package com.langfuse.sdk.samples

import com.langfuse.sdk.kotest.LangfuseExtension
import com.langfuse.sdk.kotest.shouldHaveTree
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain

class JavaQuickstartTest :
    FunSpec({
        val model = autoClose(StandInModel.start())

        val langfuse = extension(LangfuseExtension(strict = true))

        test("search and generation are children of the request") {
            val answer = JavaQuickstart(langfuse.client, model).answer("What does a ticket cost?")
            answer shouldContain "9 pounds for adults"

            val trace =
                langfuse.trace("answer-question") shouldHaveTree {
                    span("answer-question") {
                        inOrder()
                        input("What does a ticket cost?")
                        output(answer)
                        retriever("search-handbook") { output { "visiting.txt" in it } }
                        generation("chat") {
                            model("stand-in-1")
                            output(answer)
                        }
                    }
                }
            trace.observation("chat").usage().keys shouldBe setOf("input", "output")
        }

        test("the program prints the answer, what was delivered, and the trace of its user") {
            val output = printed { JavaQuickstart.main(arrayOf("How many prisms has the lens?")) }
            output shouldContain "312 prisms"
            output shouldContain "observations: 3 exported"
            output shouldContain "user=u-1 session=s-1"
        }
    })
