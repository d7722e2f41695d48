package com.langfuse.sdk.local

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldHaveSize
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

        context("bodies that Langfuse has parsed for it are not inflated, with the right keys and with wrong ones") {
            val routes =
                listOf(
                    "POST" to "/api/public/ingestion",
                    "POST" to "/api/public/scores",
                    "POST" to "/api/public/media",
                    "PATCH" to "/api/public/media/x",
                )
            val score = """{"name":"n","value":1,"traceId":"t"}"""
            val event = """{"id":"e","type":"score-create","timestamp":"2026-01-02T03:04:05Z","body":$score}"""
            val json = """{"batch":[$event],${score.drop(1)}"""
            withData<Triple<String, ByteArray, Map<String, String>>>(
                { it.first },
                Triple("gzip", gzip(json.toByteArray()), mapOf("Content-Encoding" to "gzip")),
                Triple("gzip in capitals", gzip(json.toByteArray()), mapOf("Content-Encoding" to "GZIP")),
                Triple("gzip that does not say so", gzip(json.toByteArray()), mapOf()),
                Triple("gzip that says it is none", gzip(json.toByteArray()), mapOf("Content-Encoding" to "identity")),
                Triple("JSON that says it is gzip", json.toByteArray(), mapOf("Content-Encoding" to "gzip")),
                Triple("deflate", deflate(json.toByteArray()), mapOf("Content-Encoding" to "deflate")),
                Triple("an unknown encoding", json.toByteArray(), mapOf("Content-Encoding" to "zstd")),
                Triple("JSON that is cut off", json.dropLast(1).toByteArray(), mapOf()),
                Triple("JSON in UTF-16", json.toByteArray(Charsets.UTF_16), mapOf()),
                Triple("two values", "$json$json".toByteArray(), mapOf()),
                Triple("no value at all", " ".toByteArray(), mapOf()),
            ) { (_, body, headers) ->
                withLangfuse { langfuse, sender ->
                    routes.forEach { (method, path) ->
                        listOf(sender.basic(), "Basic nope", "").forEach { authorization ->
                            val all = headers + ("Authorization" to authorization)
                            val answer = sender.api(method, path, body, all)
                            withClue("$method $path '$authorization'") {
                                answer.statusCode() shouldBe 400
                                answer.body() shouldBe "Invalid JSON"
                            }
                        }
                    }
                    langfuse.scores().shouldBeEmpty()
                    langfuse.media().shouldBeEmpty()
                    val (known, unknown) = langfuse.requests().partition {
                        it.headers()["authorization"] == sender.basic()
                    }
                    known.forEach { it.body().size shouldBe body.size }
                    unknown.forEach { it.body().size shouldBe 0 }
                }
            }

            test("JSON under another content type is a body without anything in it, once the keys are right") {
                withLangfuse { langfuse, sender ->
                    listOf("text/plain", "application/octet-stream", "application/x-www-form-urlencoded", "x")
                        .forEach { type ->
                            routes.take(3).forEach { (method, path) ->
                                val headers = mapOf("Content-Type" to type)
                                sender.api(method, path, json, headers).let {
                                    it.statusCode() shouldBe 400
                                    it.body() shouldContain "Content-Type application/json"
                                }
                                sender
                                    .api(method, path, json, headers + ("Authorization" to "Basic nope"))
                                    .statusCode() shouldBe 401
                            }
                        }
                    listOf("application/json", "Application/JSON; charset=utf-8", "application/ld+json").forEach {
                        val headers = mapOf("Content-Type" to it)
                        sender.api("POST", "/api/public/ingestion", json, headers).statusCode() shouldBe 207
                    }
                    langfuse.scores() shouldHaveSize 3
                }
            }
        }

        context("traces are inflated from gzip, and from nothing else") {
            val body = export(span("x"))
            withData<Triple<String, ByteArray, Int>>(
                { "${it.first} gets ${it.third}" },
                Triple("gzip", gzip(body), 200),
                Triple("gzip, gzip", gzip(body), 200),
                Triple("x-gzip", gzip(body), 200),
                Triple("GZIP", gzip(body), 400),
                Triple("deflate", deflate(body), 400),
                Triple("br", gzip(body), 400),
                Triple("zstd", gzip(body), 400),
                Triple("identity", body, 200),
                Triple("deflate", body, 200),
            ) { (encoding, sent, status) ->
                withLangfuse { langfuse, sender ->
                    val answer = sender.post(sent, headers = mapOf("Content-Encoding" to encoding))
                    answer.statusCode() shouldBe status
                    langfuse.observations().size shouldBe if (status == 200) 1 else 0
                }
            }
        }

        test("wrong or missing keys get 401 wherever there is something but health, and before all else but JSON") {
            withLangfuse { langfuse, sender ->
                val routes =
                    listOf(
                        "POST" to TRACES_PATH,
                        "POST" to "/api/public/otel/v1/metrics",
                        "POST" to "/api/public/ingestion",
                        "POST" to "/api/public/scores",
                        "POST" to "/api/public/media",
                        "PATCH" to "/api/public/media/x",
                        "GET" to "/api/public/media/x",
                        "GET" to "/api/public/v2/observations?limit=x",
                        "GET" to "/api/public/v3/scores?limit=x",
                        "GET" to "/api/public/projects",
                    )
                routes.forEach { (method, path) ->
                    listOf("Basic nope", "Bearer ${langfuse.secretKey()}", "").forEach {
                        val answer = sender.api(method, path, "{}", mapOf("Authorization" to it))
                        withClue("$method $path '$it'") {
                            answer.statusCode() shouldBe 401
                            answer.body() shouldContain "message"
                        }
                    }
                }
                sender.get("/api/public/health", authorization = null).statusCode() shouldBe 200
                langfuse.observations().shouldBeEmpty()
                langfuse.requests().forEach { it.body().size shouldBe 0 }
            }
        }

        test("what there is not gets 404 with a message, with keys and without") {
            withLangfuse { _, sender ->
                listOf("/api/public/otel/v1/logs", "/api/public/otel/v1/traces/x", "/api/public/unknown", "/nowhere")
                    .forEach { path ->
                        listOf(sender.basic(), "Basic nope").forEach {
                            sender.api("POST", path, "{}", mapOf("Authorization" to it)).let { answer ->
                                answer.statusCode() shouldBe 404
                                answer.body() shouldBe """{"message":"Nothing here: $path"}"""
                            }
                        }
                    }
                listOf("traces", "traces/x", "sessions", "sessions/x", "v2/scores", "v2/scores/x").forEach { path ->
                    listOf(sender.basic(), null).forEach {
                        sender.get("/api/public/$path", authorization = it).let { answer ->
                            answer.statusCode() shouldBe 404
                            answer.body() shouldContain "not available on deployments running in Langfuse v4"
                        }
                    }
                }
            }
        }

        test("health, projects and wrong methods") {
            withLangfuse { _, sender ->
                sender.get("/api/public/health").body() shouldBe """{"status":"OK","version":"local"}"""
                sender.get("/api/public/projects").body() shouldBe
                    """{"data":[{"id":"local","name":"local","organization":{"id":"local","name":"local"},""" +
                    """"metadata":{}}]}"""
                sender.get(TRACES_PATH).statusCode() shouldBe 405
                sender.get(TRACES_PATH, authorization = null).statusCode() shouldBe 405
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
