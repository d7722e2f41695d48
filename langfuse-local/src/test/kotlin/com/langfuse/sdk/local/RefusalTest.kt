package com.langfuse.sdk.local

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.maps.shouldContain
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldStartWith
import java.io.IOException
import java.net.http.HttpClient
import java.net.http.HttpResponse

class RefusalTest :
    FunSpec({

        context("refused whole, with 400 and a message") {
            val good = export(span("good"))
            val noTraceId = export(span("good"), span("bad", id = 2).toBuilder().clearTraceId().build())
            val noSpanId = export(span("good"), span("bad", id = 2).toBuilder().clearSpanId().build())
            listOf(
                Triple("another content type", Pair(good, "text/plain"), "Content-Type"),
                Triple("a body that is no protobuf", Pair(byteArrayOf(1, 2, 3), "application/x-protobuf"), "protobuf"),
                Triple("a body that is no JSON", Pair("{".toByteArray(), "application/json"), "Not JSON"),
                Triple("JSON that is no object", Pair("[]".toByteArray(), "application/json"), "no object"),
                Triple("an empty JSON body", Pair(byteArrayOf(), "application/json"), "no object"),
                Triple(
                    "spans that are no array",
                    Pair("""{"resourceSpans":[{"scopeSpans":{}}]}""".toByteArray(), "application/json"),
                    "scopeSpans is not an array",
                ),
                Triple("a span without trace id", Pair(noTraceId, "application/x-protobuf"), "'bad' has no traceId"),
                Triple("a span without span id", Pair(noSpanId, "application/x-protobuf"), "'bad' has no spanId"),
            ).forEach { (what, sent, message) ->
                test(what) {
                    withLangfuse { langfuse, sender ->
                        val response = sender.post(sent.first, sent.second)

                        response.statusCode() shouldBe 400
                        response.body() shouldStartWith "{\"message\":"
                        response.body() shouldContain message
                        langfuse.observations().shouldBeEmpty()
                        langfuse.requests().single().status() shouldBe 400
                    }
                }
            }

            test("a gzip body that is none") {
                withLangfuse { langfuse, sender ->
                    sender.post(good, headers = mapOf("Content-Encoding" to "gzip")).statusCode() shouldBe 400
                    langfuse.observations().shouldBeEmpty()
                }
            }

            listOf("4" to 200, "3" to 200, "5" to 400, "four" to 400).forEach { (version, status) ->
                test("or not: ingestion version $version gets $status") {
                    withLangfuse { _, sender ->
                        sender.post(
                            good,
                            headers = mapOf("x-langfuse-ingestion-version" to version),
                        ).statusCode() shouldBe
                            status
                    }
                }
            }
        }

        test("wrong or missing keys get 401 on every public path but health") {
            withLangfuse { langfuse, sender ->
                sender.post(export(span("x")), headers = mapOf("Authorization" to "Basic nope")).let {
                    it.statusCode() shouldBe 401
                    it.body() shouldContain "message"
                }
                sender.get("/api/public/projects", authorization = null).statusCode() shouldBe 401
                sender.get("/api/public/unknown", authorization = null).statusCode() shouldBe 401
                sender.get("/api/public/health", authorization = null).statusCode() shouldBe 200
                langfuse.observations().shouldBeEmpty()
            }
        }

        test("health, projects, unknown paths and wrong methods") {
            withLangfuse { _, sender ->
                sender.get("/api/public/health").body() shouldBe """{"status":"OK","version":"local"}"""
                sender.get("/api/public/projects").body() shouldBe """{"data":[{"id":"local","name":"local"}]}"""
                sender.get("/api/public/unknown").statusCode() shouldBe 404
                sender.get("/nowhere").statusCode() shouldBe 404
                sender.get(TRACES_PATH).statusCode() shouldBe 405
                sender.get("/api/public/health", method = "HEAD").statusCode() shouldBe 405
            }
        }

        test("a request with an Upgrade header gets its connection closed, without a word") {
            withLangfuse { langfuse, sender ->
                // The JDK's client asks for h2c on its first request unless told not to.
                val upgrading = HttpClient.newHttpClient()
                shouldThrow<IOException> {
                    upgrading.send(
                        sender.request(export(span("x")), "application/x-protobuf", emptyMap()),
                        HttpResponse.BodyHandlers.ofString(),
                    )
                }

                val request = langfuse.requests().first()
                request.status() shouldBe 0
                request.headers() shouldContain ("upgrade" to "h2c")
                langfuse.observations().shouldBeEmpty()
            }
        }

        test("what comes without the keys is neither read nor kept, however much it would inflate to") {
            withLangfuse { langfuse, sender ->
                val bomb = gzip(ByteArray(300_000_000))
                val headers = mapOf("Content-Encoding" to "gzip", "Authorization" to "Basic wrong")
                sender.post(bomb, headers = headers).statusCode() shouldBe 401
                langfuse.requests().single().let {
                    it.status() shouldBe 401
                    it.body().size shouldBe 0
                    it.spans() shouldBe 0
                }
            }
        }
    })
