package com.langfuse.sdk.local

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.comparables.shouldBeGreaterThanOrEqualTo
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.maps.shouldContain
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeInstanceOf
import java.io.UncheckedIOException
import java.net.ServerSocket
import java.time.Duration
import java.time.Instant

class ReceivingTest :
    FunSpec({

        val everyType =
            mapOf(
                "text" to "hé",
                "long" to 42L,
                "double" to 0.5,
                "bool" to true,
                "list" to listOf("a", "b"),
                "map" to mapOf("k" to 1L),
            )

        test("an export in protobuf becomes an observation with everything that was on the wire") {
            withLangfuse { langfuse, sender ->
                val response = sender.post(export(span("root", attributes = everyType), resource = mapOf("r" to 1L)))

                response.statusCode() shouldBe 200
                response.body() shouldBe "{}"
                val observation = langfuse.observations().single()
                observation.name() shouldBe "root"
                observation.traceId() shouldBe TRACE
                observation.id() shouldBe spanId(1)
                observation.parentId().shouldBeNull()
                observation.startTime() shouldBe START
                observation.endTime() shouldBe START.plusMillis(100)
                observation.attributes() shouldBe everyType
                observation.resourceAttributes() shouldBe mapOf("r" to 1L)
                observation.scopeName() shouldBe "langfuse-sdk"
                observation.scopeVersion() shouldBe "1.2.3"
                observation.otelStatus() shouldBe "UNSET"
            }
        }

        test("bytes stay bytes and span events are kept") {
            withLangfuse { langfuse, sender ->
                val sent =
                    span("root", attributes = mapOf("bytes" to byteArrayOf(1, 2)))
                        .toBuilder()
                        .also { it.addEventsBuilder().setName("exception") }
                        .build()
                sender.post(export(sent))

                val observation = langfuse.observations().single()
                observation.attributes()["bytes"].shouldBeInstanceOf<ByteArray>().toList() shouldBe listOf<Byte>(1, 2)
                observation.events() shouldBe listOf(LocalEvent("exception", emptyMap()))
            }
        }

        test("gzip is inflated, and the request log keeps the bytes as received") {
            withLangfuse { langfuse, sender ->
                val packed = gzip(export(span("root")))
                sender.post(packed, headers = mapOf("Content-Encoding" to "gzip")).statusCode() shouldBe 200

                langfuse.observations().single().name() shouldBe "root"
                langfuse.requests().single().body().toList() shouldBe packed.toList()
            }
        }

        test("a span without an end ends when it started") {
            withLangfuse { langfuse, sender ->
                sender.post(export(span("open").toBuilder().clearEndTimeUnixNano().build()))

                langfuse.observations().single().endTime() shouldBe START
            }
        }

        test("an export without spans is fine") {
            withLangfuse { langfuse, sender ->
                sender.postJson("""{"resourceSpans":[]}""").statusCode() shouldBe 200
                langfuse.observations().shouldBeEmpty()
            }
        }

        test("keys and port can be set") {
            val free = generateSequence { ServerSocket(0).use { it.localPort } }
            // Another program may be given the port first.
            val started =
                free.firstNotNullOf { port ->
                    runCatching { port to LocalLangfuse.builder().port(port).keys("pk", "sk").start() }.getOrNull()
                }
            val port = started.first
            started.second.use { langfuse ->
                langfuse.baseUrl().toString() shouldBe "http://127.0.0.1:$port"
                langfuse.publicKey() shouldBe "pk"
                langfuse.secretKey() shouldBe "sk"
                Sender(langfuse).post(export(span("x"))).statusCode() shouldBe 200
                shouldThrow<UncheckedIOException> { LocalLangfuse.builder().port(port).start() }
                    .message shouldContain "$port"
            }
        }

        test("the request log shows what a sender sent") {
            withLangfuse { langfuse, sender ->
                sender.post(export(span("a", 1), span("b", 2)), headers = mapOf("X-Langfuse-Sdk-Name" to "java"))
                sender.get("/api/public/health?x=1")

                val (post, get) = langfuse.requests()
                post.method() shouldBe "POST"
                post.path() shouldBe TRACES_PATH
                post.headers() shouldContain ("x-langfuse-sdk-name" to "java")
                post.spans() shouldBe 2
                post.status() shouldBe 200
                post.toString() shouldBe "POST $TRACES_PATH → 200 (2 spans, ${post.body().size} bytes)"
                get.path() shouldBe "/api/public/health"
                get.spans() shouldBe 0
            }
        }

        test("the request log says when a request came in, not when it was answered") {
            withLangfuse { langfuse, sender ->
                langfuse.enqueue(Fault.delay(Duration.ofMillis(150)))
                val sent = Instant.now()
                sender.post(export(span("x")))

                langfuse.requests().single().at().let {
                    it shouldBeGreaterThanOrEqualTo sent
                    it shouldBeLessThan Instant.now().minusMillis(149)
                }
            }
        }

        test("a span sent twice is stored once, as it was sent last") {
            withLangfuse { langfuse, sender ->
                sender.post(export(span("first", 1), span("other", 2)))
                langfuse.duplicates() shouldBe 0
                sender.post(export(span("second", 1)))

                langfuse.observations().map { it.name() } shouldBe listOf("second", "other")
                langfuse.traces().single().name() shouldBe "second"
                langfuse.duplicates() shouldBe 1
                langfuse.observationCount() shouldBe 2
            }
        }

        test("the same span id in another trace is another observation") {
            withLangfuse { langfuse, sender ->
                sender.post(export(span("a"), span("b", trace = TRACE.reversed())))

                langfuse.observations() shouldHaveSize 2
                langfuse.duplicates() shouldBe 0
            }
        }

        test("observations and traces come in order of start, then arrival") {
            withLangfuse { langfuse, sender ->
                sender.post(
                    export(span("late", 1, from = 50), span("tie-1", 2, from = 20), span("tie-2", 3, from = 20)),
                )
                sender.post(export(span("early", 4, from = 10, trace = TRACE.reversed())))

                langfuse.observations().map { it.name() } shouldBe listOf("early", "tie-1", "tie-2", "late")
                langfuse.traces().map { it.id() } shouldBe listOf(TRACE.reversed(), TRACE)
            }
        }

        test("clear forgets observations, requests and duplicates") {
            withLangfuse { langfuse, sender ->
                repeat(2) { sender.post(export(span("x"))) }
                langfuse.clear()

                langfuse.observations().shouldBeEmpty()
                langfuse.traces().shouldBeEmpty()
                langfuse.requests().shouldBeEmpty()
                langfuse.duplicates() shouldBe 0
            }
        }
    })
