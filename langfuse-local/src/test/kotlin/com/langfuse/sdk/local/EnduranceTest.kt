package com.langfuse.sdk.local

import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import java.time.Duration

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

        test("requests on a kept connection are answered at once") {
            withLangfuse { _, sender ->
                sender.get("/api/public/health")
                val began = System.nanoTime()
                repeat(50) { sender.get("/api/public/health") }
                val each = Duration.ofNanos((System.nanoTime() - began) / 50)

                withClue("a delayed acknowledgement costs 40 ms") { each shouldBeLessThan Duration.ofMillis(35) }
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
