package com.langfuse.sdk.local

import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.measureTime

class EnduranceTest :
    FunSpec({

        test("50,000 spans in one go arrive, and can be drawn") {
            withLangfuse { langfuse, sender ->
                val spans = (1..50_000).map {
                    span(
                        "step-$it",
                        it,
                        parent = (it - 1).takeIf { p ->
                            p > 0
                        },
                        from = it.toLong(),
                    )
                }
                sender.post(gzip(export(spans)), headers = mapOf("Content-Encoding" to "gzip")).statusCode() shouldBe
                    200

                langfuse.awaitObservations(50_000, SOON) shouldHaveSize 50_000
                langfuse.awaitTrace("step-1", SOON, 50_000).toTree().lines() shouldHaveSize 50_001
                langfuse.requests().single().spans() shouldBe 50_000
            }
        }

        test("bodies need not be kept; the rest of a request is") {
            withLangfuse(LocalLangfuse.builder().keepBodies(false)) { langfuse, sender ->
                sender.post(export(span("x")))

                langfuse.requests().single().let {
                    it.body().size shouldBe 0
                    it.spans() shouldBe 1
                    it.status() shouldBe 200
                    it.path() shouldBe TRACES_PATH
                }
                langfuse.observations().single().name() shouldBe "x"
            }
        }

        test("observations need not be kept; how many there were, and how many twice, is") {
            val settings = LocalLangfuse.builder().keepObservations(false).keepBodies(false)
            withLangfuse(settings) { langfuse, sender ->
                val first = export((1..30_000).map { span("x", it) })
                val second = export((20_001..50_000).map { span("x", it) })
                val otherTrace = export(span("x", trace = TRACE.reversed()))
                listOf(first, second, otherTrace).forEach { sender.post(it).statusCode() shouldBe 200 }

                langfuse.awaitObservations(50_001, SOON).shouldBeEmpty()
                langfuse.observationCount() shouldBe 50_001
                langfuse.duplicates() shouldBe 10_000
                langfuse.observations().shouldBeEmpty()
                langfuse.traces().shouldBeEmpty()

                langfuse.clear()
                langfuse.observationCount() shouldBe 0
                langfuse.duplicates() shouldBe 0
                sender.post(otherTrace)
                langfuse.observationCount() shouldBe 1
                langfuse.duplicates() shouldBe 0
            }
        }

        test("a million ids are told apart in little room") {
            val ids = SpanIds()
            val ways = listOf(true, false).map { isNew -> (1..1_000_000).all { ids.add(TRACE, spanId(it)) == isNew } }

            ways shouldBe listOf(true, true)
            ids.size() shouldBe 1_000_000
            withClue("bytes for each") { ids.bytes() / 1_000_000 shouldBeLessThan 65 }
        }

        test("requests on a kept connection are answered at once") {
            withLangfuse { _, sender ->
                sender.get("/api/public/health")
                val fastest = (1..50).minOf { measureTime { sender.get("/api/public/health") } }

                withClue("a delayed acknowledgement costs 40 ms") { fastest shouldBeLessThan 35.milliseconds }
            }
        }

        test("all threads are daemons and end with close, which may be called twice") {
            val before = Thread.getAllStackTraces().keys
            val langfuse = LocalLangfuse.start()
            Sender(langfuse).post(export(span("x")))
            val own =
                (Thread.getAllStackTraces().keys - before).filter {
                    it.name.startsWith("langfuse-local") || it.name == "HTTP-Dispatcher"
                }
            own shouldHaveSize 2
            own.forEach { withClue(it.name) { it.isDaemon shouldBe true } }

            repeat(2) { langfuse.close() }
            own.forEach {
                it.join(SOON.toMillis())
                withClue(it.name) { it.isAlive shouldBe false }
            }
            langfuse.observations() shouldHaveSize 1
        }
    })
