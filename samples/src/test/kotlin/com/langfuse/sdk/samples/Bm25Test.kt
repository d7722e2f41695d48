package com.langfuse.sdk.samples

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.doubles.shouldBeLessThan
import io.kotest.matchers.doubles.shouldBeWithinPercentageOf
import io.kotest.matchers.shouldBe

class Bm25Test :
    FunSpec({
        fun search(query: String, vararg texts: String) = Bm25(texts.toList()) { it }.search(query, limit = 10)

        fun order(query: String, vararg texts: String) = search(query, *texts).map { it.item }

        test("the score is the textbook's") {
            // One of two texts has the word, both have two words: ln(1 + 1.5 / 1.5) * 1 * 2.2 / (1 + 1.2)
            search("lens", "lens cleaning", "fog horn").single().score.shouldBeWithinPercentageOf(0.6931, 0.1)
        }

        test("a rare word says more than a frequent one") {
            order("keeper lens", "keeper cow", "keeper hens", "keeper boat", "polished lens").first() shouldBe
                "polished lens"
        }

        test("the same mention counts more in a short text") {
            order("lens", "lens cleaned every single morning", "lens cleaned", "fog horn") shouldContainExactly
                listOf("lens cleaned", "lens cleaned every single morning")
        }

        test("another mention counts less than the first") {
            val texts = arrayOf("lens boat cow hen", "lens lens boat cow", "lens lens lens boat", "fog horn bell gale")
            val (three, two, one) = search("lens", *texts).map { it.score }
            (three - two) shouldBeLessThan (two - one)
            (two - one) shouldBeLessThan one
        }

        test("case, plural and words without meaning make no difference") {
            order("What are the LENSES? And the cats?", "a cat", "what are the") shouldContainExactly listOf("a cat")
        }

        test("asking for a word twice changes nothing") {
            search("lens lens", "lens", "fog") shouldBe search("lens", "lens", "fog")
        }

        test("no shared word, no result") {
            order("submarine", "lens", "fog horn").shouldBeEmpty()
            order("lens").shouldBeEmpty()
        }

        test("the limit cuts off the worst") {
            Bm25(listOf("lens cow hen", "lens", "lens cow")) {
                it
            }.search("lens", limit = 2).map { it.item } shouldContainExactly
                listOf("lens", "lens cow")
        }

        val handbook = Bm25(passages(handbook())) { it.text }
        listOf(
            "How many steps are there from the door to the lantern?" to "climbing-the-tower.txt",
            "Who was the head keeper's daughter?" to "storm-of-1894.txt",
            "What does a ticket cost for children?" to "visiting.txt",
            "When was the lighthouse lit for the first time?" to "history.txt",
            "How much were the keepers paid?" to "keepers.txt",
            "How many prisms has the lens?" to "lens.txt",
            "How long was the longest fog?" to "fog-horn.txt",
            "What is the name of the present cat?" to "the-cats.txt",
        ).forEach { (question, file) ->
            test("$question $file") {
                handbook.search(question, limit = 1).single().item.file shouldBe file
            }
        }
    })
