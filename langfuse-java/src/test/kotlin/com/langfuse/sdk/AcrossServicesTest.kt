package com.langfuse.sdk

import com.langfuse.sdk.ObservationType.GENERATION
import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.propagation.TraceHeaders
import com.sun.net.httpserver.HttpServer
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.maps.shouldContainAll
import io.kotest.matchers.maps.shouldNotContainKey
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import java.net.InetSocketAddress
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse

/** One trace through two services that talk HTTP, each with a client of its own. */
class AcrossServicesTest :
    FunSpec({
        fun headers(block: (Langfuse) -> Unit): Map<String, String> {
            val headers = mutableMapOf<String, String>()
            withLangfuse { _, langfuse ->
                langfuse.observation("caller").block {
                    block(langfuse)
                    if (headers.isEmpty()) TraceHeaders.inject(headers::put)
                }
            }
            return headers
        }

        fun injected(scope: Propagation): Map<String, String> =
            buildMap { scope.run<RuntimeException> { TraceHeaders.inject { name, value -> put(name, value) } } }

        fun baggageOf(headers: Map<String, String>): Map<String, String> =
            headers["baggage"].orEmpty().split(",").associate { it.substringBefore('=') to it.substringAfter('=') }

        test("a service that is called over HTTP continues the trace, for the same user") {
            LocalLangfuse.start().use { local ->
                local.client().use { caller ->
                    local.client().use { called ->
                        val server = HttpServer.create(InetSocketAddress("127.0.0.1", 0), 0)
                        server.createContext("/") { exchange ->
                            TraceHeaders.extract { exchange.requestHeaders.getFirst(it) }.makeCurrent().use {
                                called.observation("called").block { called.observation("inner").start().end() }
                            }
                            exchange.sendResponseHeaders(204, -1)
                            exchange.close()
                        }
                        server.start()
                        caller.propagate().userId(
                            "ü 1",
                        ).sessionId(
                            "s,1;x=y",
                        ).tags("a", "b,c").metadata("k 2", "v=1").asBaggage().run<RuntimeException> {
                            caller.observation("caller").block {
                                val request = HttpRequest.newBuilder(URI("http://127.0.0.1:${server.address.port}/"))
                                TraceHeaders.inject(request::header)
                                HttpClient
                                    .newBuilder()
                                    .version(HttpClient.Version.HTTP_1_1)
                                    .build()
                                    .send(request.build(), HttpResponse.BodyHandlers.discarding())
                            }
                        }
                        server.stop(0)
                        caller.flush(DEADLINE)
                        called.flush(DEADLINE)
                        local.traces().single().toTree(false) shouldContain
                            """
                            └─ SPAN caller
                               └─ SPAN called
                                  └─ SPAN inner
                            """.trimIndent()
                        local.observations().forEach {
                            it.userId shouldBe "ü 1"
                            it.sessionId shouldBe "s,1;x=y"
                            it.tags shouldContainExactly listOf("a", "b,c")
                            it.attributes["langfuse.trace.metadata.k 2"] shouldBe "v=1"
                        }
                        local.observations().map { it.isAppRoot } shouldContainExactly listOf(true, false, false)
                    }
                }
            }
        }

        test("without asBaggage only the trace and its claim travel") {
            withLangfuse { _, langfuse ->
                langfuse.observation("a").block { a ->
                    val headers = injected(langfuse.propagate().userId("u"))
                    // Sampled, and the id is a random one.
                    headers.getValue("traceparent") shouldBe
                        "00-${a.traceId()}-${a.id()}-${if (isOpenTelemetry162) "03" else "01"}"
                    baggageOf(headers) shouldBe mapOf("langfuse_trace_id" to a.traceId()!!)
                }
            }
        }

        test("the claim can be left out") {
            withLangfuse({ claimInBaggage(false) }) { _, langfuse ->
                langfuse.observation("a").block { injected(langfuse.propagate()) shouldNotContainKey "baggage" }
            }
        }

        test("the entries are those of the other SDKs, keys percent-encoded") {
            withLangfuse { _, langfuse ->
                val headers =
                    injected(
                        langfuse
                            .propagate()
                            .userId("user 1")
                            .version("1.0")
                            .traceName("tn")
                            .environment("prod")
                            .tags("a", "b")
                            .metadata("k 2", "v 2")
                            .metadata("ü", "é")
                            .prompt(PromptReference("p", 4))
                            .asBaggage(),
                    )
                baggageOf(headers) shouldContainAll
                    mapOf(
                        "langfuse_user_id" to "user%201",
                        "langfuse_version" to "1.0",
                        "langfuse_trace_name" to "tn",
                        "langfuse_environment" to "prod",
                        "langfuse_tags" to "a%2Cb",
                        "langfuse_metadata_k%202" to "v%202",
                        "langfuse_metadata_%C3%BC" to "%C3%A9",
                        "langfuse_prompt_name" to "p",
                        "langfuse_prompt_version" to "4",
                    )
            }
        }

        fun served(
            baggage: String,
            configure: LangfuseBuilder.() -> Unit = {},
            block: (Langfuse) -> Unit = { it.observation("served").start().end() },
        ) = withLangfuse(configure) { local, langfuse ->
            TraceHeaders
                .extract(mapOf("baggage" to baggage)::get)
                .makeCurrent()
                .use { block(langfuse) }
            langfuse.flush(DEADLINE)
            local.observations().single()
        }

        test("what comes in is checked like anything else, and what is unknown is left alone") {
            val long = "x".repeat(201)
            warningsOf {
                val observation =
                    served(
                        "langfuse_user_id=$long,langfuse_session_id=s,langfuse_environment=NOT%20OK,langfuse_unknown=z,other=1",
                    )
                observation.userId.shouldBeNull()
                observation.sessionId shouldBe "s"
                observation.environment shouldBe "default"
                observation.attributes.keys.none { "unknown" in it || "other" in it } shouldBe true
            }
        }

        test("tags as the Python SDK writes them are understood") {
            served("langfuse_tags=%5B%27a%27%2C%20%27b%27%5D").tags shouldContainExactly listOf("a", "b")
        }

        listOf<Pair<String, LangfuseBuilder.() -> Unit>>(
            "on spans of our own" to {},
            "where others see the spans, too" to { filter { true } },
        ).forEach { (where, configure) ->
            test("attributes of this process win over those that came in, $where") {
                val baggage = "langfuse_user_id=theirs,langfuse_session_id=s,langfuse_metadata_k=theirs"
                val prompt = "langfuse_prompt_name=theirs,langfuse_prompt_version=1"
                val observation =
                    served("$baggage,$prompt", configure) { langfuse ->
                        langfuse
                            .propagate()
                            .userId("ours")
                            .metadata("k", "ours")
                            .prompt(PromptReference("ours", 2))
                            .run<RuntimeException> { langfuse.observation("served", GENERATION).start().end() }
                    }
                observation.userId shouldBe "ours"
                observation.sessionId shouldBe "s"
                observation.metadata["k"] shouldBe "ours"
                observation.promptName shouldBe "ours"
                observation.promptVersion shouldBe 2
            }
        }

        test("a server that anybody can call takes no attributes from outside") {
            served("langfuse_user_id=attacker", { readBaggage(false) }).userId.shouldBeNull()
            withLangfuse { local, langfuse ->
                val headers =
                    mapOf(
                        "traceparent" to "00-abcdef1234567890abcdef1234567890-fedcba0987654321-01",
                        "baggage" to "langfuse_user_id=attacker",
                    )
                TraceHeaders.extractWithoutBaggage(headers::get).makeCurrent().use {
                    langfuse.observation("a").start().end()
                }
                langfuse.flush(DEADLINE)
                local.observations().single().userId.shouldBeNull()
                local.observations().single().parentId shouldBe "fedcba0987654321"
            }
        }

        test("a stranger's claim does not hide a trace of a server that reads no baggage") {
            val trace = TraceContext.fromSeed("x").traceId()
            val headers =
                mapOf("traceparent" to "00-$trace-fedcba0987654321-01", "baggage" to "langfuse_trace_id=$trace")
            listOf(true to false, false to true).forEach { (reads, marked) ->
                withLangfuse({ readBaggage(reads) }) { local, langfuse ->
                    TraceHeaders.extract(headers::get).makeCurrent().use { langfuse.observation("a").start().end() }
                    langfuse.flush(DEADLINE)
                    local.observations().single().isAppRoot shouldBe marked
                }
            }
        }

        test("what came in goes on with what is said here") {
            withLangfuse { _, langfuse ->
                TraceHeaders.extract(mapOf("baggage" to "langfuse_tags=a,langfuse_user_id=u")::get).makeCurrent().use {
                    val sent = baggageOf(injected(langfuse.propagate().tags("b").asBaggage()))
                    sent["langfuse_tags"] shouldBe "a%2Cb"
                    sent["langfuse_user_id"] shouldBe "u"
                }
            }
        }

        test("a carrier that throws is one without headers") {
            TraceHeaders.extract { error("no headers") } shouldBe io.opentelemetry.context.Context.root()
        }

        test("baggage that will not fit is a warning") {
            val warnings =
                warningsOf {
                    withLangfuse { _, langfuse ->
                        injected(
                            langfuse.propagate().metadata(
                                (1..60).associate {
                                    "key$it" to "x".repeat(200)
                                },
                            ).asBaggage(),
                        )
                    }
                }
            warnings.single() shouldContain "8192"
        }

        test("nothing is injected where nothing is current") {
            headers { }.getValue("baggage") shouldNotContain "user"
            buildMap<String, String> { TraceHeaders.inject { name, value -> put(name, value) } } shouldBe emptyMap()
        }
    })
