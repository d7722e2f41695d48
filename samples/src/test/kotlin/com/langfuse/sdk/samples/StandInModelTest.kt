package com.langfuse.sdk.samples

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain

class StandInModelTest :
    FunSpec({
        val model = autoClose(StandInModel.start())
        val texts = passages(handbook()).filter { it.file in setOf("the-cats.txt", "fog-horn.txt") }

        suspend fun ask(question: String) = model.ask(answerPrompt(question, texts)).text

        suspend fun rate(question: String, text: String): Int {
            val prompt = relevancePrompt(question, Passage("a.txt", text))
            return relevance(model.ask(prompt).text)
        }

        test("the answer depends on the question") {
            ask("What is the present cat called?") shouldContain "Paraffin"
            ask("What replaced the bell?") shouldContain "compressed-air horn"
        }

        test("the answer depends on the passages") {
            val other = listOf(Passage("other.txt", "The present cat is called Bob."))
            model.ask(answerPrompt("What is the present cat called?", other)).text shouldBe
                "The present cat is called Bob."
        }

        test("it says nothing that the passages do not say") {
            val sentences = ask("Which cat met the supply boat?").split(Regex("(?<=[.!?]) "))
            sentences.filter { sentence -> texts.none { sentence in it.text } }.shouldBeEmpty()
            ask("Is there a submarine?") shouldBe "The passages do not say."
        }

        test("a rating is the share of the question's words that the passage has") {
            rate("steps lantern door", "The steps from the door to the lantern.") shouldBe 10
            rate("steps lantern door bench", "The lantern and the door.") shouldBe 5
            rate("steps lantern door", "A cat slept.") shouldBe 0
        }

        test("the usage counts the words of the prompt and of the answer") {
            val question =
                listOf(
                    Message("system", "Answer briefly."),
                    Message("user", "Question: cat?\n\nThe cat slept. It rained."),
                )
            model.ask(question).usage?.asMap() shouldBe mapOf("input" to 9L, "output" to 3L)
        }
    })
