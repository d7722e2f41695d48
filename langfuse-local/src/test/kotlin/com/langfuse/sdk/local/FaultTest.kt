package com.langfuse.sdk.local

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeInstanceOf
import java.io.IOException
import java.time.Duration
import java.util.concurrent.ExecutionException
import java.util.concurrent.TimeUnit

class FaultTest :
    FunSpec({

        val body = export(span("x"))

        test("a status with Retry-After answers so and stores nothing, but counts the spans") {
            withLangfuse { langfuse, sender ->
                langfuse.enqueue(Fault.status(429).retryAfter("7"))
                val response = sender.post(body)

                response.statusCode() shouldBe 429
                response.headers().firstValue("Retry-After").get() shouldBe "7"
                response.body() shouldContain "message"
                langfuse.observations().shouldBeEmpty()
                langfuse.requests().single().let { (it.status() to it.spans()) shouldBe (429 to 1) }
            }
        }

        test("a success status loses what it confirms, even without a body") {
            withLangfuse { langfuse, sender ->
                langfuse.enqueue(Fault.status(204), Fault.status(200))
                sender.post(body).statusCode() shouldBe 204
                sender.post(body).statusCode() shouldBe 200
                langfuse.observations().shouldBeEmpty()
            }
        }

        test("enqueued faults come one per request and in order, then the standing one, then none") {
            withLangfuse { langfuse, sender ->
                langfuse.always(Fault.status(503))
                langfuse.enqueue(Fault.status(500), Fault.status(502))
                langfuse.enqueue(Fault.status(504))
                List(5) { sender.post(body).statusCode() } shouldBe listOf(500, 502, 504, 503, 503)
                langfuse.always(null)
                sender.post(body).statusCode() shouldBe 200
            }
        }

        test("a delay answers late, but as usual") {
            withLangfuse { langfuse, sender ->
                val delay = Duration.ofMillis(150)
                langfuse.enqueue(Fault.delay(delay))
                val began = System.nanoTime()
                sender.post(body).statusCode() shouldBe 200

                Duration.ofNanos(System.nanoTime() - began) shouldBeGreaterThan delay
                langfuse.observations().size shouldBe 1
            }
        }

        test("close cuts a delay short") {
            withLangfuse { langfuse, sender ->
                langfuse.enqueue(Fault.delay(Duration.ofHours(1)))
                val began = System.nanoTime()
                val pending = sender.postAsync(body)
                langfuse.close()
                shouldThrow<ExecutionException> { pending.get(SOON.toSeconds(), TimeUnit.SECONDS) }

                Duration.ofNanos(System.nanoTime() - began) shouldBeLessThan SOON
            }
        }

        test("a reset closes the connection without an answer and stores nothing") {
            withLangfuse { langfuse, sender ->
                langfuse.enqueue(Fault.reset())
                shouldThrow<IOException> { sender.post(body) }

                langfuse.requests().single().let { (it.status() to it.body().size) shouldBe (0 to 0) }
                langfuse.observations().shouldBeEmpty()
                sender.post(body).statusCode() shouldBe 200
            }
        }

        test("half a body: stored, but the answer breaks off") {
            withLangfuse { langfuse, sender ->
                langfuse.enqueue(Fault.halfBody())
                shouldThrow<IOException> { sender.post(body) }

                langfuse.observations().single().name() shouldBe "x"
                langfuse.requests().single().status() shouldBe 200
            }
        }

        test("a hang never answers, until close") {
            withLangfuse { langfuse, sender ->
                langfuse.always(Fault.hang())
                val pending = List(2) { sender.postAsync(body) }
                langfuse.awaitRequests(2, SOON).map { it.status() } shouldBe listOf(0, 0)
                pending.forEach { it.isDone shouldBe false }
                langfuse.close()

                pending.forEach {
                    shouldThrow<ExecutionException> { it.get(SOON.toSeconds(), TimeUnit.SECONDS) }
                        .cause
                        .shouldBeInstanceOf<IOException>()
                }
                langfuse.observations().shouldBeEmpty()
            }
        }

        test("too large is counted in bytes as received; what fits goes through") {
            withLangfuse { langfuse, sender ->
                langfuse.always(Fault.tooLarge(body.size))
                sender.post(body).statusCode() shouldBe 200
                sender.post(export(span("x"), span("y", 2))).statusCode() shouldBe 413
                langfuse.observations().map { it.name() } shouldBe listOf("x")
            }
        }

        test("refusing takes a whole export down for one span, and lets others through") {
            withLangfuse { langfuse, sender ->
                langfuse.always(Fault.refusing("bad"))
                sender.post(export(span("good"), span("bad", 2))).let {
                    it.statusCode() shouldBe 400
                    it.body() shouldContain "Span 'bad'"
                }
                sender.post(export(span("fine", 3))).statusCode() shouldBe 200
                sender.get("/api/public/health").statusCode() shouldBe 200

                langfuse.observations().map { it.name() } shouldBe listOf("fine")
                langfuse.requests().map { it.spans() } shouldBe listOf(2, 1, 0)
            }
        }

        test("an enqueued fault for some routes waits for them; others take what is behind it") {
            withLangfuse { langfuse, sender ->
                langfuse.enqueue(Fault.status(500).on("/api/public/p"), Fault.status(502), Fault.status(503).on("/x"))
                sender.get("/api/public/health").statusCode() shouldBe 502
                sender.get("/api/public/health").statusCode() shouldBe 200
                sender.get("/api/public/projects").statusCode() shouldBe 500
                sender.get("/api/public/projects").statusCode() shouldBe 200
                sender.get("/x/y?z").statusCode() shouldBe 503
            }
        }

        test("a standing fault for some routes leaves others alone") {
            withLangfuse { langfuse, sender ->
                langfuse.always(Fault.reset().on(TRACES_PATH))
                sender.get("/api/public/projects").statusCode() shouldBe 200
                shouldThrow<IOException> { sender.post(body) }
                langfuse.always(null)
                sender.post(body).statusCode() shouldBe 200
            }
        }

        test("of several standing faults the first wins that does not let the request through") {
            withLangfuse { langfuse, sender ->
                langfuse.always(
                    Fault.status(404).on("/api/public/health"),
                    Fault.refusing("a"),
                    Fault.refusing("b"),
                    Fault.tooLarge(body.size).on(TRACES_PATH),
                    Fault.reset().on("/api/public/projects"),
                    Fault.status(501).on("/api/public/health"),
                )
                sender.get("/api/public/health").statusCode() shouldBe 404
                sender.post(export(span("b"))).statusCode() shouldBe 400
                sender.post(export(span("a"), span("c", 2))).statusCode() shouldBe 400
                sender.post(export(span("x"), span("y", 2))).statusCode() shouldBe 413
                sender.post(body).statusCode() shouldBe 200
                shouldThrow<IOException> { sender.get("/api/public/projects") }
                langfuse.enqueue(Fault.status(429))
                sender.get("/api/public/health").statusCode() shouldBe 429
                langfuse.observations().map { it.name() } shouldBe listOf("x")
            }
        }

        test("a fault says what it is, and refuses what makes no sense") {
            Fault.status(429).retryAfter("1").toString() shouldBe "status(429).retryAfter(1)"
            Fault.tooLarge(10).toString() shouldBe "tooLarge(10)"
            Fault.status(503).retryAfter("1").on("/x").toString() shouldBe "status(503).on(/x).retryAfter(1)"
            Fault.refusing("bad").toString() shouldBe "refusing(bad)"
            shouldThrow<IllegalArgumentException> { Fault.reset().on("api") }.message shouldContain "api"
            shouldThrow<IllegalArgumentException> { Fault.status(99) }.message shouldContain "99"
            shouldThrow<IllegalStateException> { Fault.reset().retryAfter("1") }.message shouldContain "reset()"
        }
    })
