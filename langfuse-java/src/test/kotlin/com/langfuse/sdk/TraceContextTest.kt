package com.langfuse.sdk

import com.langfuse.sdk.local.Fault
import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.local.LocalObservation
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldMatch
import io.opentelemetry.sdk.trace.SdkTracerProvider

class TraceContextTest :
    FunSpec({
        fun received(block: (Langfuse) -> Unit): List<LocalObservation> =
            withLangfuse { local, langfuse ->
                block(langfuse)
                langfuse.flush(DEADLINE).isComplete shouldBe true
                local.observations()
            }

        mapOf(
            "req_12345" to "6cec55478a541a9eb2b3bfd6c8ba5670",
            "ünïcode" to "b8be8967e4de3eb294835b1748184523",
            "support-ticket-54321" to "f2df2e567d4515bc1e4ed0a214e2cf3c",
            "session-456" to "da8e78131d7a9924039c74c39a01e0a1",
            "日本語" to "77710aedc74ecfa33685e33a6c7df5cc",
            "😀" to "f0443a342c5ef54783a111b51ba56c93",
            " " to "36a9e7f1c95b82ffb99743e0c5c4ce95",
        ).forEach { (seed, id) ->
            test("the seed '$seed' is the trace id of every Langfuse SDK") {
                TraceContext.fromSeed(seed).traceId() shouldBe
                    id
            }
        }

        test("an empty seed gives a random trace id") {
            val (a, b) = List(2) { TraceContext.fromSeed("").traceId() }
            a shouldMatch Regex("[0-9a-f]{32}")
            a shouldNotBe b
        }

        test("a chosen trace id has a genuine root, with its children in the same trace") {
            val chosen = TraceContext.fromSeed("ticket")
            val observations =
                received { langfuse ->
                    langfuse.observation("other trace").block {
                        langfuse.observation("root").parent(chosen).block {
                            langfuse.observation("child").start().end()
                        }
                        langfuse.observation("sibling").start().end()
                    }
                }.associateBy { it.name }
            val root = observations.getValue("root")
            root.traceId shouldBe chosen.traceId()
            root.parentId.shouldBeNull()
            root.isAppRoot shouldBe true
            observations.getValue("child").traceId shouldBe chosen.traceId()
            observations.getValue("child").parentId shouldBe root.id
            observations.getValue("sibling").traceId shouldBe observations.getValue("other trace").traceId
        }

        test("a remote parent is the parent, in upper case too, and keeps user and session of here") {
            val observation =
                received { langfuse ->
                    langfuse.propagate().userId("u").run<RuntimeException> {
                        langfuse.observation(
                            "a",
                        ).parent(TraceContext.of("ABCDEF1234567890ABCDEF1234567890", "FEDCBA0987654321")).start().end()
                    }
                }.single()
            observation.traceId shouldBe "abcdef1234567890abcdef1234567890"
            observation.parentId shouldBe "fedcba0987654321"
            observation.userId shouldBe "u"
            observation.isAppRoot shouldBe true
        }

        listOf("xyz", "", "0".repeat(32), "abc").forEach { id ->
            test("the trace id '$id' is a warning and an ordinary new trace") {
                val warnings =
                    warningsOf {
                        val observation = received {
                            it.observation("a").parent(TraceContext.of(id, "fedcba0987654321")).start().end()
                        }.single()
                        observation.parentId.shouldBeNull()
                        observation.traceId shouldMatch Regex("[0-9a-f]{32}")
                    }
                warnings.single() shouldContain "Ignoring trace ID '$id'"
            }
        }

        test("a malformed parent id is a warning, the trace id stays") {
            val chosen = TraceContext.fromSeed("x").traceId()
            val warnings =
                warningsOf {
                    val observation = received {
                        it.observation("a").parent(TraceContext.of(chosen, "nonsense")).start().end()
                    }.single()
                    observation.traceId shouldBe chosen
                    observation.parentId.shouldBeNull()
                }
            warnings.single() shouldContain "Ignoring parent observation ID 'nonsense'"
        }

        test("on a provider of the application's a chosen trace id hangs on a stand-in, marked as root") {
            withAttached { local, langfuse, _ ->
                val chosen = TraceContext.fromSeed("ticket")
                langfuse.observation("a").parent(chosen).start().end()
                langfuse.flush(DEADLINE)
                val observation = local.observations().single()
                observation.traceId shouldBe chosen.traceId()
                observation.parentId shouldNotBe null
                observation.attributes["langfuse.internal.as_root"] shouldBe true
            }
        }

        context("where the server does not say the project, there is no link, and a warning with the reason") {
            withData<Pair<String, (LocalLangfuse) -> Unit>>(
                { it.first },
                "names no project: it answered 403" to { it.always(Fault.status(403)) },
                "names no project: it answered 200" to { it.always(Fault.status(200)) },
                "names no project: it could not be reached: connection refused" to { it.close() },
            ) { (reason, spoil) ->
                withLangfuse { local, langfuse ->
                    spoil(local)
                    val warnings = warningsOf {
                        repeat(2) { langfuse.traceUrl(TraceContext.fromSeed("x").traceId()).shouldBeNull() }
                    }
                    warnings.single() shouldContain "There are no links to traces: Langfuse at ${local.baseUrl()}"
                    warnings.single() shouldContain reason
                }
            }
        }

        test("the address of a trace is asked for once") {
            withLangfuse { local, langfuse ->
                val trace = TraceContext.fromSeed("x").traceId()
                repeat(2) { langfuse.traceUrl(trace) shouldBe "${local.baseUrl()}/project/local/traces/$trace" }
                local.requests() shouldHaveSize 1
                langfuse.traceUrl(null).shouldBeNull()
            }
            bareBuilder().tracingEnabled(false).build().traceUrl("x").shouldBeNull()
        }
    })

/** A client on a tracer provider of the test's own. */
internal fun withAttached(
    configure: LangfuseBuilder.() -> Unit = {},
    block: (com.langfuse.sdk.local.LocalLangfuse, Langfuse, SdkTracerProvider) -> Unit,
) = com.langfuse.sdk.local.LocalLangfuse.start().use { local ->
    val builder =
        bareBuilder()
            .publicKey(local.publicKey())
            .secretKey(local.secretKey())
            .baseUrl(local.baseUrl().toString())
            .apply(configure)
    val processor = builder.buildProcessor()
    SdkTracerProvider.builder().addSpanProcessor(processor).build().use { provider ->
        builder.attachTo(provider, processor).use { block(local, it, provider) }
    }
}
