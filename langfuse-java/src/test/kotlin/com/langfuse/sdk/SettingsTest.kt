package com.langfuse.sdk

import com.langfuse.sdk.ObservationType.GENERATION
import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.score.Score
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.collections.shouldNotContain
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.opentelemetry.api.trace.SpanId
import io.opentelemetry.api.trace.TraceId
import java.time.Duration

class SettingsTest :
    FunSpec({
        fun settings(vararg variables: Pair<String, String>) = bareBuilder(mapOf(*variables)).settings()

        test("everything can be said by the environment") {
            val settings =
                settings(
                    "LANGFUSE_PUBLIC_KEY" to "pk",
                    "LANGFUSE_SECRET_KEY" to "sk",
                    "LANGFUSE_BASE_URL" to "http://localhost:3000/",
                    "LANGFUSE_TRACING_ENVIRONMENT" to "staging",
                    "LANGFUSE_RELEASE" to "1.2",
                    "LANGFUSE_TIMEOUT" to "2.5",
                    "LANGFUSE_EXIT_TIMEOUT" to "3.5",
                    "LANGFUSE_FLUSH_AT" to "7",
                    "LANGFUSE_FLUSH_INTERVAL" to "0.25",
                    "LANGFUSE_TRACING_ENABLED" to "False",
                    "LANGFUSE_SAMPLE_RATE" to "0.5",
                    "LANGFUSE_DEBUG" to "true",
                )
            settings.publicKey() shouldBe "pk"
            settings.secretKey() shouldBe "sk"
            settings.baseUrl().toString() shouldBe "http://localhost:3000"
            settings.environment() shouldBe "staging"
            settings.release() shouldBe "1.2"
            settings.timeout() shouldBe Duration.ofMillis(2500)
            settings.exitTimeout() shouldBe Duration.ofMillis(3500)
            settings.delivery().flushAt() shouldBe 7
            settings.delivery().flushInterval() shouldBe Duration.ofMillis(250)
            settings.tracingEnabled() shouldBe false
            settings.sampleRate() shouldBe 0.5
            settings.debug() shouldBe true
            settings.canSend() shouldBe false
        }

        test("the time at exit: ten seconds by default, code before environment, refused where it cannot work") {
            settings().exitTimeout() shouldBe Duration.ofSeconds(10)
            settings("LANGFUSE_EXIT_TIMEOUT" to "0").exitTimeout() shouldBe Duration.ofSeconds(10)
            bareBuilder(mapOf("LANGFUSE_EXIT_TIMEOUT" to "x")).exitTimeout(Duration.ofSeconds(2)).settings()
                .exitTimeout() shouldBe Duration.ofSeconds(2)
            listOf(Duration.ZERO, Duration.ofSeconds(-1), Duration.ofDays(2)).forEach { wrong ->
                shouldThrow<IllegalArgumentException> { bareBuilder().exitTimeout(wrong).settings() }
                    .message!! shouldContain "exitTimeout (LANGFUSE_EXIT_TIMEOUT) is $wrong"
            }
            shouldThrow<IllegalArgumentException> { settings("LANGFUSE_EXIT_TIMEOUT" to "soon") }
                .message!! shouldContain "LANGFUSE_EXIT_TIMEOUT is 'soon'"
        }

        test("delivery can be said by the environment too, OpenTelemetry's words last") {
            val delivery =
                settings(
                    "OTEL_BSP_MAX_QUEUE_SIZE" to "4096",
                    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE" to "256",
                    "OTEL_BSP_SCHEDULE_DELAY" to "1500",
                    "OTEL_BSP_EXPORT_TIMEOUT" to "60000",
                    "LANGFUSE_SPOOL_DIR" to "/var/spool/langfuse",
                ).delivery()
            delivery.queueCapacity() shouldBe 4096
            delivery.flushAt() shouldBe 256
            delivery.flushInterval() shouldBe Duration.ofMillis(1500)
            delivery.retryFor() shouldBe Duration.ofMinutes(1)
            delivery.spool().toString() shouldBe "/var/spool/langfuse"
            settings(
                "LANGFUSE_FLUSH_AT" to "7",
                "OTEL_BSP_MAX_EXPORT_BATCH_SIZE" to "256",
            ).delivery().flushAt() shouldBe
                7
            settings("LANGFUSE_FLUSH_INTERVAL" to "0.5", "OTEL_BSP_SCHEDULE_DELAY" to "9")
                .delivery()
                .flushInterval() shouldBe Duration.ofMillis(500)
            settings("LANGFUSE_MEDIA_UPLOAD_ENABLED" to "false").mediaUpload() shouldBe false
            settings("LANGFUSE_MEDIA_UPLOAD_ENABLED" to "0").mediaUpload() shouldBe false
        }

        test("code wins over the environment, also for delivery") {
            val settings =
                bareBuilder(
                    mapOf(
                        "OTEL_BSP_MAX_QUEUE_SIZE" to "x",
                        "LANGFUSE_SPOOL_DIR" to "\u0000",
                        "LANGFUSE_FLUSH_AT" to "0",
                    ),
                )
                    .flushAt(5)
                    .delivery { it.queueCapacity(9).spool(java.nio.file.Path.of("mine")) }
                    .settings()
            settings.delivery().queueCapacity() shouldBe 9
            settings.delivery().flushAt() shouldBe 5
            settings.delivery().spool().toString() shouldBe "mine"
        }

        test("delivery settings that cannot work are refused with what to write instead") {
            fun refusal(options: (DeliveryOptions) -> Unit) =
                shouldThrow<IllegalArgumentException> { bareBuilder().delivery(options).build() }.message
            refusal { it.queueCapacity(0) } shouldBe "queueCapacity is 0: write 1 or more, e.g. 200000"
            refusal { it.queueBytes(-1) } shouldBe "queueBytes is -1: write 1 or more, e.g. 536870912"
            refusal { it.spoolBytes(5) } shouldBe "spoolBytes is 5: write 1048576 or more, e.g. 1073741824"
            refusal { it.retryFor(Duration.ofSeconds(-1)) } shouldBe
                "retryFor is PT-1S: write a time from 0, for no retries, to 1 day"
            refusal { it.flushInterval(Duration.ZERO) }!! shouldContain
                "flushInterval (LANGFUSE_FLUSH_INTERVAL) is PT0S"
            shouldThrow<IllegalArgumentException> {
                settings("OTEL_BSP_MAX_QUEUE_SIZE" to "many")
            }.message!! shouldContain "OTEL_BSP_MAX_QUEUE_SIZE is 'many': write a number, e.g. 200000"
        }

        test("what is not said has the documented default") {
            val settings = settings("LANGFUSE_PUBLIC_KEY" to " ")
            settings.publicKey().shouldBeNull()
            settings.baseUrl().toString() shouldBe "https://cloud.langfuse.com"
            settings.environment().shouldBeNull()
            settings.release().shouldBeNull()
            settings.timeout() shouldBe Duration.ofSeconds(10)
            settings.delivery().flushAt() shouldBe 512
            settings.delivery().flushInterval() shouldBe Duration.ofSeconds(5)
            settings.tracingEnabled() shouldBe true
            settings.sampleRate() shouldBe 1.0
            settings.debug() shouldBe false
            settings.mediaUpload() shouldBe true
            settings.delivery().retryFor() shouldBe Duration.ofMinutes(10)
            settings.delivery().spool().shouldBeNull()
            settings.delivery().gzip() shouldBe true
        }

        test("the base URL has three names, the newest wins") {
            settings("LANGFUSE_HOST" to "http://host").baseUrl().toString() shouldBe "http://host"
            settings("LANGFUSE_HOST" to "http://host", "LANGFUSE_BASEURL" to "http://old").baseUrl().toString() shouldBe
                "http://old"
            settings(
                "LANGFUSE_BASE_URL" to "http://new",
                "LANGFUSE_BASEURL" to "http://old",
            ).baseUrl().toString() shouldBe
                "http://new"
        }

        test("the release falls back to the commit of the build server") {
            settings("GITHUB_SHA" to "abc").release() shouldBe "abc"
            settings("GITHUB_SHA" to "abc", "CI_COMMIT_SHA" to "def").release() shouldBe "def"
            settings("GITHUB_SHA" to "abc", "LANGFUSE_RELEASE" to "1").release() shouldBe "1"
        }

        test("the path, the capture switch and the log level are those of the other SDKs") {
            settings().tracesPath() shouldBe "/api/public/otel/v1/traces"
            settings("LANGFUSE_OTEL_TRACES_EXPORT_PATH" to "proxy/traces").tracesPath() shouldBe "/proxy/traces"
            settings("LANGFUSE_LOG_LEVEL" to "debug").debug() shouldBe true
            settings("LANGFUSE_LOG_LEVEL" to "INFO").debug() shouldBe false
            settings().captureIo() shouldBe true
        }

        test("what is said in code wins over the environment") {
            val environment = mapOf(
                "LANGFUSE_PUBLIC_KEY" to "pk",
                "LANGFUSE_SECRET_KEY" to "sk",
                "LANGFUSE_TRACING_ENABLED" to "false",
            )
            bareBuilder(environment).build().isEnabled shouldBe false
            bareBuilder(environment).tracingEnabled(true).build().use { it.isEnabled shouldBe true }
        }

        listOf(
            "foo",
            "localhost:3000",
            "ftp://host",
            "http://",
            "http://a b",
            "",
            "http://h:99999",
            "http://h/?q=1",
            "http://h/#f",
        ).forEach { url ->
            test("base URL '$url' is refused with an example") {
                val message = shouldThrow<IllegalArgumentException> { bareBuilder().baseUrl(url) }.message!!
                message shouldContain "LANGFUSE_BASE_URL"
                message shouldContain "'$url'"
                message shouldContain "https://cloud.langfuse.com"
            }
        }

        test("a key is taken without the white space around it, and refused when it can be none") {
            settings("LANGFUSE_PUBLIC_KEY" to " pk\n").publicKey() shouldBe "pk"
            val message = shouldThrow<IllegalArgumentException> {
                bareBuilder().secretKey("sk-\u00e9").build()
            }.message!!
            message shouldContain "LANGFUSE_SECRET_KEY"
            message shouldNotContain "sk-"
        }

        test("a sample rate of 2.0 is refused with the allowed range") {
            val message = shouldThrow<IllegalArgumentException> { bareBuilder().sampleRate(2.0).build() }.message!!
            message shouldContain "LANGFUSE_SAMPLE_RATE"
            message shouldContain "2.0"
            message shouldContain "0.0 to 1.0"
        }

        test("the environment Langfuse-X is refused with what to write instead") {
            val message = shouldThrow<IllegalArgumentException> {
                bareBuilder().environment("Langfuse-X").build()
            }.message!!
            message shouldContain "LANGFUSE_TRACING_ENVIRONMENT"
            message shouldContain "'Langfuse-X'"
            message shouldContain "for example 'x'"
        }

        test("a number that is none is refused by its name") {
            val message = shouldThrow<IllegalArgumentException> { settings("LANGFUSE_FLUSH_AT" to "many") }.message!!
            message shouldContain "LANGFUSE_FLUSH_AT is 'many'"
        }

        test("times and counts must be positive") {
            shouldThrow<IllegalArgumentException> {
                bareBuilder().timeout(Duration.ZERO).build()
            }.message!! shouldContain
                "LANGFUSE_TIMEOUT"
            shouldThrow<IllegalArgumentException> { bareBuilder().flushAt(0).build() }.message!! shouldContain
                "LANGFUSE_FLUSH_AT"
            shouldThrow<IllegalArgumentException> {
                bareBuilder().flushInterval(Duration.ofSeconds(-1)).build()
            }.message!! shouldContain
                "LANGFUSE_FLUSH_INTERVAL"
        }

        test("without keys the client warns once, runs every body and records nothing") {
            val warnings =
                warningsOf {
                    bareBuilder().publicKey("pk").build().use { langfuse ->
                        langfuse.isEnabled shouldBe false
                        val result =
                            langfuse.observation("a", GENERATION).model("m").block { generation ->
                                generation.id() shouldBe SpanId.getInvalid()
                                generation.traceId() shouldBe TraceId.getInvalid()
                                Observation.current().output("ignored")
                                generation.observation("b").start().end()
                                langfuse.observation("c").block { "value" }
                            }
                        result shouldBe "value"
                        langfuse.flush().isComplete shouldBe true
                    }
                }
            warnings shouldHaveSize 1
            warnings[0] shouldContain "LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY"
        }

        test(
            "ids are never null: without keys, without a current observation and unsampled they are texts of zeros or of their own",
        ) {
            fun idsOf(
                observation: Observation,
            ) = java.util.Map.of("trace_id", observation.traceId(), "id", observation.id())
            val nowhere = java.util.Map.of("trace_id", TraceId.getInvalid(), "id", SpanId.getInvalid())
            warningsOf {
                bareBuilder().build().use { disabled ->
                    disabled.observation("a").block { a ->
                        idsOf(a) shouldBe nowhere
                        idsOf(a.observation("b").start()) shouldBe nowhere
                        idsOf(Observation.current()) shouldBe nowhere
                        disabled.observation("c").parent(TraceContext.of(a.traceId(), a.id())).start().end()
                        disabled.scores().create(Score.bool("d", true).trace(a.traceId()))
                        disabled.traceUrl(a.traceId()) shouldBe null
                    }
                }
            } shouldHaveSize 1
            idsOf(Observation.current()) shouldBe nowhere
            withLangfuse({ sampleRate(0.0) }) { _, langfuse ->
                langfuse.observation("unsampled").block { idsOf(it) shouldNotBe nowhere }
            }
        }

        test("the id of no trace belongs to nothing: no link, a warning for a score, a new trace for an observation") {
            withLangfuse { local, langfuse ->
                val nowhere = Observation.current()
                val warnings =
                    warningsOf {
                        langfuse.traceUrl(nowhere.traceId()) shouldBe null
                        langfuse.scores().create(Score.bool("d", true).observation(nowhere.traceId(), nowhere.id()))
                        langfuse.observation(
                            "new",
                        ).parent(TraceContext.of(nowhere.traceId(), nowhere.id())).start().end()
                        langfuse.flush(DEADLINE).scores().failed() shouldBe 1
                    }
                warnings shouldHaveSize 2
                warnings.first() shouldContain "its trace id is the one of no trace"
                local.observations().single().parentId shouldBe null
                local.scores().shouldBeEmpty()
            }
        }

        test("the service is named by the builder, else by OpenTelemetry's variables, else not at all") {
            fun resource(
                vararg environment: Pair<String, String>,
                configure: LangfuseBuilder.() -> Unit = {},
            ): Map<String, Any?> =
                LocalLangfuse.start().use { local ->
                    val builder = bareBuilder(
                        environment.toMap(),
                    ).publicKey(local.publicKey()).secretKey(local.secretKey())
                    builder.baseUrl(local.baseUrl().toString()).apply(configure).build().use {
                        it.observation("a").parent(TraceContext.fromSeed("seed")).start().end()
                        it.observation("b").start().end()
                        it.flush(DEADLINE).exported() shouldBe 2
                    }
                    local.observations().map { it.resourceAttributes }.distinct().single()
                }
            val name = "OTEL_SERVICE_NAME"
            val attributes = "OTEL_RESOURCE_ATTRIBUTES"
            resource().keys shouldBe setOf("telemetry.sdk.language", "telemetry.sdk.name", "telemetry.sdk.version")
            resource(name to "shop")["service.name"] shouldBe "shop"
            resource(name to " ").keys shouldNotContain "service.name"
            resource(attributes to "service.name=a%20shop, service.version=1.4+b,,k=v=w,empty=").let {
                it["service.name"] shouldBe "a shop"
                it["service.version"] shouldBe "1.4+b"
                it["k"] shouldBe "v=w"
                it["empty"] shouldBe ""
            }
            resource(name to "shop", attributes to "service.name=other,team=a").let {
                it["service.name"] shouldBe "shop"
                it["team"] shouldBe "a"
            }
            resource(name to "shop") { serviceName("till") }["service.name"] shouldBe "till"
            resource(attributes to "load=100%,share=%zz%20%c3%a4%2")["load"] shouldBe "100%"
            resource(attributes to "load=100%,share=%zz%20%c3%a4%2")["share"] shouldBe "%zz ä%2"
            listOf("shop", "=shop", "größe=1", "k".repeat(256) + "=1").forEach { malformed ->
                shouldThrow<IllegalArgumentException> { resource(attributes to malformed) }.message!! shouldContain
                    "OTEL_RESOURCE_ATTRIBUTES is '$malformed': write pairs such as service.name=shop"
            }
        }

        test("tracing switched off on purpose is no reason to warn") {
            warningsOf { bareBuilder().tracingEnabled(false).build().close() }.shouldBeEmpty()
        }

        test("a disabled client starts no thread") {
            val before = Thread.getAllStackTraces().keys
            bareBuilder().tracingEnabled(false).build().use { langfuse ->
                langfuse.observation("a").block { }
                langfuse.flush()
                (Thread.getAllStackTraces().keys - before).filter {
                    "langfuse" in it.name || "HttpClient" in it.name
                }.shouldBeEmpty()
            }
        }

        test("the secret key is in no text") {
            settings("LANGFUSE_SECRET_KEY" to "sk-secret").toString() shouldNotContain "sk-secret"
        }
    })
