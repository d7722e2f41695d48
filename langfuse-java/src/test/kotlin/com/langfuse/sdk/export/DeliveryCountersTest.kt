package com.langfuse.sdk.export

import com.langfuse.sdk.DEADLINE
import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.client
import com.langfuse.sdk.local.Fault
import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.warningsOf
import com.langfuse.sdk.withLangfuse
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldStartWith
import io.opentelemetry.sdk.common.CompletableResultCode
import io.opentelemetry.sdk.metrics.InstrumentType
import io.opentelemetry.sdk.metrics.SdkMeterProvider
import io.opentelemetry.sdk.metrics.data.AggregationTemporality
import io.opentelemetry.sdk.metrics.export.CollectionRegistration
import io.opentelemetry.sdk.metrics.export.MetricReader
import java.time.Duration
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit

/** The same truth for people, for listeners, for metrics. */
class DeliveryCountersTest :
    FunSpec({
        fun Langfuse.record(count: Int) = repeat(count) { observation("o").start().end() }

        /** One exported, two failed with 404, one dropped after close. */
        fun LocalLangfuse.someOfEach(langfuse: Langfuse) {
            langfuse.record(1)
            langfuse.flush(DEADLINE)
            enqueue(Fault.status(404))
            langfuse.record(2)
            langfuse.flush(DEADLINE)
            langfuse.close()
            langfuse.record(1)
        }

        test("delivery() counts since the start, whatever was reported in between") {
            LocalLangfuse.start().use { local ->
                val langfuse = local.client()
                local.someOfEach(langfuse)
                val total = langfuse.delivery()
                total.observations() shouldBe
                    FlushReport.Count(1, 0, java.util.TreeMap(mapOf(404 to 2L)), 1, 0, 0)
                total.toString() shouldStartWith
                    "observations: 1 exported, 2 failed {404=2}, 1 dropped; reason: Langfuse at "
                total.isComplete shouldBe false
                langfuse.delivery() shouldBe total
            }
        }

        test("delivery() looks without waiting or sending") {
            withLangfuse({ flushInterval(Duration.ofHours(1)) }) { local, langfuse ->
                langfuse.record(3)
                langfuse.delivery().pending() shouldBe 3
                local.requests().shouldBeEmpty()
            }
        }

        test("a listener hears of failures and drops; one that throws is logged, and delivery goes on") {
            LocalLangfuse.start().use { local ->
                val losses = LinkedBlockingQueue<DeliveryListener.Loss>()
                val warnings =
                    warningsOf {
                        val langfuse =
                            local.client {
                                delivery { line ->
                                    line.queueCapacity(2).listener { loss ->
                                        losses += loss
                                        error("listener is broken")
                                    }
                                }
                            }
                        local.enqueue(Fault.status(404))
                        langfuse.record(1)
                        langfuse.flush(DEADLINE)
                        losses.poll(DEADLINE.toSeconds(), TimeUnit.SECONDS)!!.let {
                            it.kind() shouldBe "observations"
                            it.count() shouldBe 1
                            it.dropped() shouldBe false
                            it.status() shouldBe 404
                            it.reason() shouldContain "answered 404"
                        }
                        local.always(Fault.status(503))
                        langfuse.record(5)
                        local.always(null)
                        langfuse.flush(DEADLINE).dropped() shouldBe 3
                        losses.poll(DEADLINE.toSeconds(), TimeUnit.SECONDS)!!.let {
                            it.dropped() shouldBe true
                            it.reason() shouldContain "full"
                        }
                        langfuse.record(1)
                        langfuse.flush(DEADLINE).exported() shouldBe 1
                        langfuse.close()
                    }
                warnings.count { "listener" in it } shouldBe 1
            }
        }

        test("a meter provider gets the counters under OpenTelemetry's names, until the client is closed") {
            val reader = Reader()
            val meters = SdkMeterProvider.builder().registerMetricReader(reader).build()
            LocalLangfuse.start().use { local ->
                val langfuse = local.client { delivery { it.meterProvider(meters).queueCapacity(77) } }
                langfuse.record(1)
                langfuse.flush(DEADLINE)
                local.enqueue(Fault.status(404))
                langfuse.record(2)
                langfuse.flush(DEADLINE)
                val values = reader.values()
                values["otel.sdk.exporter.span.exported"] shouldBe mapOf(null to 1L, "404" to 2L)
                values["otel.sdk.processor.span.processed"] shouldBe mapOf<String?, Long>(null to 3L)
                values["otel.sdk.processor.span.queue.size"] shouldBe mapOf<String?, Long>(null to 0L)
                values["otel.sdk.processor.span.queue.capacity"] shouldBe mapOf<String?, Long>(null to 77L)
                values["langfuse.sdk.score.exported"] shouldBe mapOf<String?, Long>(null to 0L)
                langfuse.close()
                reader.values().isEmpty() shouldBe true
            }
            meters.close()
        }
    })

private class Reader : MetricReader {
    private var registration = CollectionRegistration.noop()

    override fun register(registration: CollectionRegistration) {
        this.registration = registration
    }

    /** Value by error type, by metric. */
    fun values(): Map<String, Map<String?, Long>> =
        registration.collectAllMetrics().associate { metric ->
            metric.name to
                metric.longSumData.points.associate { point ->
                    point.attributes.get(io.opentelemetry.api.common.AttributeKey.stringKey("error.type")) to
                        point.value
                }
        }

    override fun getAggregationTemporality(type: InstrumentType) = AggregationTemporality.CUMULATIVE

    override fun forceFlush(): CompletableResultCode = CompletableResultCode.ofSuccess()

    override fun shutdown(): CompletableResultCode = CompletableResultCode.ofSuccess()
}
