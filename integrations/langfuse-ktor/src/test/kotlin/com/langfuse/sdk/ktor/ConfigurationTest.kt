package com.langfuse.sdk.ktor

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.ObservationType.EVENT
import com.langfuse.sdk.coroutines.observation
import com.langfuse.sdk.local.Fault
import com.langfuse.sdk.local.LocalLangfuse
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeSingleton
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.ktor.server.application.install
import io.ktor.server.request.path
import io.ktor.server.response.respondText
import io.ktor.server.routing.get
import io.ktor.server.routing.head
import io.ktor.server.routing.options
import io.ktor.server.routing.routing
import io.opentelemetry.api.trace.SpanId
import io.opentelemetry.api.trace.TraceId
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource

class ConfigurationTest :
    FunSpec({
        onEachEngine("by default, probes and preflights are not traced") { engine ->
            val untraced = listOf("/health", "/health/db", "/healthz", "/ready", "/readyz", "/metrics")
            val observations =
                recorded(engine, 1, { langfuse ->
                    install(LangfuseTracing) { this.langfuse = langfuse }
                    routing {
                        (untraced + "/ask").forEach { path ->
                            get(path) { call.respondText(call.langfuse.input("x").id()) }
                        }
                        options("/ask") { call.respondText("ok") }
                        head("/ask") { call.respondText("ok") }
                    }
                }) { server ->
                    untraced.forEach { server.get(it).body() shouldBe SpanId.getInvalid() }
                    server.send("OPTIONS", "/ask").statusCode() shouldBe 200
                    server.send("HEAD", "/ask").statusCode() shouldBe 200
                    server.get("/ask").body().length shouldBe 16
                }
            observations.single().input shouldBe "x"
        }

        onEachEngine("a filter of your own takes the default's place, and may fail") { engine ->
            val messages =
                warnings {
                    recorded(engine, 2, { langfuse ->
                        install(LangfuseTracing) {
                            this.langfuse = langfuse
                            filter { call ->
                                if (call.request.path() ==
                                    "/bad"
                                ) {
                                    error("oops")
                                } else {
                                    !isWorthTracing(call)
                                }
                            }
                        }
                        routing { listOf("/health", "/ask", "/bad").forEach { get(it) { call.respondText("ok") } } }
                    }) { server ->
                        listOf("/health", "/ask", "/bad", "/health").forEach { server.get(it).body() shouldBe "ok" }
                    }.map { it.name } shouldBe listOf("GET /health", "GET /health")
                }
            messages.shouldBeSingleton { it shouldContain "filter { } threw" }
        }

        onEachEngine("the trace id is told to the caller on request") { engine ->
            var told: String? = null
            val observations =
                recorded(engine, 1, { langfuse ->
                    install(LangfuseTracing) {
                        this.langfuse = langfuse
                        responseHeader = "X-Trace-Id"
                    }
                    routing { get("/ask") { call.respondText("ok") } }
                }) { server -> told = server.get("/ask").headers().firstValue("X-Trace-Id").get() }
            observations.single().traceId shouldBe told
        }

        onEachEngine("a disabled client changes nothing") { engine ->
            val disabled = Langfuse.builder().tracingEnabled(false).build()
            serving(engine, {
                install(LangfuseTracing) {
                    langfuse = disabled
                    userId { "ada" }
                    responseHeader = "X-Trace-Id"
                }
                routing {
                    get("/ask") { call.respondText(observation("child") { "${it.id()}, ${call.langfuse.traceId()}" }) }
                }
            }) { server ->
                val answer = server.get("/ask")
                answer.body() shouldBe "${SpanId.getInvalid()}, ${TraceId.getInvalid()}"
                answer.headers().firstValue("X-Trace-Id").isPresent shouldBe false
            }
        }

        onEachEngine("a stopping application delivers, unless that is left to you") { engine ->
            for ((patience, arrived) in listOf(2.minutes to 1, null to 0)) {
                LocalLangfuse.start().use { local ->
                    val langfuse = local.builder().flushInterval(java.time.Duration.ofHours(1)).build()
                    serving(engine, {
                        install(LangfuseTracing) {
                            this.langfuse = langfuse
                            flushOnStop = patience
                        }
                        routing { get("/ask") { call.respondText("ok") } }
                    }) { it.get("/ask") }
                    local.observations() shouldHaveSize arrived
                    langfuse.isEnabled shouldBe true
                    langfuse.flush(DEADLINE).isComplete shouldBe true
                    local.observations() shouldHaveSize 1
                    langfuse.close()
                }
            }
        }

        test("stopping does not wait longer than it is told to, and says what is missing") {
            LocalLangfuse.start().use { local ->
                local.always(Fault.hang())
                val langfuse = local.builder().build()
                var stopped = TimeSource.Monotonic.markNow()
                val messages =
                    warnings {
                        serving(Engine.ON_CIO, {
                            install(LangfuseTracing) {
                                this.langfuse = langfuse
                                flushOnStop = 50.milliseconds
                            }
                            routing { get("/ask") { call.respondText("ok") } }
                        }) {
                            it.get("/ask")
                            stopped = TimeSource.Monotonic.markNow()
                        }
                    }
                stopped.elapsedNow() shouldBeLessThan 1.minutes
                messages.shouldBeSingleton { it shouldContain "not everything was delivered" }
                langfuse.close(java.time.Duration.ofMillis(1))
            }
        }

        test("a wrong setting is refused at once, with a message that says what to write") {
            suspend fun refusal(configure: LangfuseTracingConfig.() -> Unit): String {
                var message: String? = null
                serving(Engine.ON_CIO, {
                    message = shouldThrow<IllegalArgumentException> { install(LangfuseTracing, configure) }.message
                }) { }
                return message!!
            }
            refusal { type = EVENT } shouldContain "type = EVENT"
            refusal { flushOnStop = (-1).seconds } shouldContain "flushOnStop = -1s"
            refusal { responseHeader = "a b" } shouldContain "responseHeader = \"a b\""
            refusal { responseHeader = "Transfer-Encoding" } shouldContain "Ktor's own"
            refusal { responseHeader = "" } shouldContain "is empty"
        }
    })
