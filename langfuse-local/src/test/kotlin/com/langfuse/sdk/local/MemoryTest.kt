package com.langfuse.sdk.local

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.ints.shouldBeBetween
import io.kotest.matchers.longs.shouldBeBetween
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.opentelemetry.proto.trace.v1.Span
import java.time.Duration

class MemoryTest :
    FunSpec({

        fun trace(number: Int) = "%032x".format(number + 1)

        fun large(name: String, id: Int = 1, trace: String, bytes: Int = 100_000) =
            export(span(name, id, trace = trace, attributes = mapOf("langfuse.observation.input" to "x".repeat(bytes))))

        test("when memory is full, whole traces are forgotten, those first that have not grown for longest") {
            withLangfuse(LocalLangfuse.builder().memory(1_000_000).keepBodies(false)) { langfuse, sender ->
                // Half of the memory is for observations: four of 100 kB and something.
                (0..3).forEach { sender.post(large("t$it", trace = trace(it))) }
                langfuse.forgottenObservations() shouldBe 0

                sender.post(export(span("late", 2, trace = trace(0))))
                (4..5).forEach { sender.post(large("t$it", trace = trace(it))) }

                langfuse.traces().map { it.name() }.shouldContainExactlyInAnyOrder("t0", "t3", "t4", "t5")
                langfuse.observations() shouldHaveSize 5
                langfuse.forgottenObservations() shouldBe 2
                langfuse.observationCount() shouldBe 7
            }
        }

        test("a trace that alone fills the memory loses its beginning") {
            withLangfuse(LocalLangfuse.builder().memory(1_000_000).keepBodies(false)) { langfuse, sender ->
                (1..10).forEach { sender.post(large("o$it", it, trace(0))) }

                langfuse.observations().map { it.name() }.shouldContainExactly("o7", "o8", "o9", "o10")
                langfuse.forgottenObservations() shouldBe 6
                langfuse.observationCount() shouldBe 10
            }
        }

        test("one observation larger than the memory stays, until the next comes") {
            withLangfuse(LocalLangfuse.builder().memory(1_000)) { langfuse, sender ->
                sender.post(large("giant", trace = trace(0)))
                langfuse.observations() shouldHaveSize 1

                sender.post(export(span("small", trace = trace(1))))
                langfuse.observations().map { it.name() }.shouldContainExactly("small")
            }
        }

        test("who waits for a number of observations counts the forgotten") {
            withLangfuse(LocalLangfuse.builder().memory(1_000_000)) { langfuse, sender ->
                (1..20).forEach { sender.post(large("o$it", trace = trace(it))) }

                langfuse.awaitObservations(20, SOON) shouldHaveSize 4
                shouldThrow<AssertionError> { langfuse.awaitObservations(21, Duration.ZERO) }
                    .message shouldContain "at least 21 observations"
            }
        }

        test("an observation that comes again takes the place of the former, in memory as well") {
            withLangfuse(LocalLangfuse.builder().memory(1_000_000)) { langfuse, sender ->
                repeat(20) { sender.post(large("again", trace = trace(0))) }

                langfuse.forgottenObservations() shouldBe 0
                langfuse.duplicates() shouldBe 19
            }
        }

        test("requests are bounded, and who waits for a number of them counts them all") {
            withLangfuse(LocalLangfuse.builder().memory(1_000_000)) { langfuse, sender ->
                (1..10).forEach { sender.post(large("o$it", trace = trace(it))) }

                langfuse.requests().size.shouldBeBetween(1, 3)
                langfuse.awaitRequests(10, SOON) shouldBe langfuse.requests()
            }
        }

        test("media are bounded by their bytes; the traces that show them are told of each change") {
            val shown = mutableListOf<String>()
            val store = MediaStore(3_000_000) { traceIds -> traceIds.forEach(shown::add) }
            (1..5).forEach {
                val media = LocalMedia.announced(
                    "$it".repeat(44),
                    "image/png",
                    1_000_000,
                    LocalMedia.Link("t$it", null, "input"),
                )
                store.announce(media)
                store.changeKnown(media.id()) { each -> each.uploaded(ByteArray(1_000_000)) }
            }
            store.changeKnown("unknown") { it }

            store.all().map { it.links().single().traceId() } shouldBe listOf("t4", "t5")
            shown shouldBe listOf("t1", "t1", "t2", "t2", "t3", "t3", "t4", "t4", "t5", "t5")
        }

        test("50,000 observations of 4 kB at full speed arrive, in an eighth of the room they would take") {
            val memory = 64L shl 20
            withLangfuse(LocalLangfuse.builder().memory(memory).keepBodies(false)) { langfuse, sender ->
                val spans = (0 until 100).map { request ->
                    gzip(
                        export(
                            (0 until 500).map {
                                val number = request * 500 + it
                                span(
                                    "o$number",
                                    number + 1,
                                    trace = trace(number / 10),
                                    attributes = mapOf("langfuse.observation.input" to "x".repeat(4_000)),
                                )
                            },
                        ),
                    )
                }
                spans
                    .map {
                        sender.send(sender.request(it, "application/x-protobuf", mapOf("Content-Encoding" to "gzip")))
                    }
                    .forEach { it.statusCode() shouldBe 200 }

                langfuse.observationCount() shouldBe 50_000
                langfuse.observations().size.toLong() + langfuse.forgottenObservations() shouldBe 50_000
                withClue("kept") { langfuse.observations().size.shouldBeBetween(3_000, 8_000) }
                withClue("the newest") { langfuse.observations().last().name() shouldBe "o49999" }
            }
        }

        context("whatever an observation is large by counts") {
            val text = "x".repeat(100_000)
            val numbers = (1_000L..5_000L).toList()
            listOf(
                "name" to export(span(text)),
                "status message" to export(span("o", statusMessage = text)),
                "resource" to export(span("o"), resource = mapOf("process.command_args" to text)),
                "event" to
                    export(
                        span("o")
                            .toBuilder()
                            .addEvents(Span.Event.newBuilder().setName(text))
                            .build(),
                    ),
                "text that is not Latin" to export(span("o", attributes = mapOf("input" to "漢".repeat(50_000)))),
                "bytes in a list" to export(span("o", attributes = mapOf("a" to listOf(ByteArray(100_000))))),
                "numbers" to export(span("o", attributes = mapOf("a" to numbers))),
                "parsed metadata" to
                    export(
                        span(
                            "o",
                            attributes =
                                mapOf(
                                    "langfuse.observation.metadata" to
                                        (1_000..1_700).joinToString(",", "{", "}") { "\"$it\":$it" },
                                ),
                        ),
                    ),
            ).forEach { (what, export) ->
                test(what) {
                    val observation = ObservationMapper.map(ProtobufDecoder.decode(export).single(), START)
                    observation.weight().shouldBeBetween(100_000, 200_000)
                }
            }
        }

        test("scores are bounded by their bytes, and who waits for a number of them counts them all") {
            withLangfuse(LocalLangfuse.builder().memory(1_000_000)) { langfuse, sender ->
                (1..10).forEach {
                    val score = """{"name":"n$it","value":1,"traceId":"t","comment":"${"x".repeat(50_000)}"}"""
                    sender.api("POST", "/api/public/scores", score).statusCode() shouldBe 200
                }

                langfuse.scores().map { it.name() } shouldBe listOf("n9", "n10")
                langfuse.awaitScores(10, SOON) shouldHaveSize 2
            }
        }

        test("headers of requests count") {
            val log = RequestLog(true, 100_000)
            repeat(100) {
                log.add(ReceivedRequest("GET", "/", mapOf("baggage" to "x".repeat(8_000)), ByteArray(0), 0, 200, START))
            }
            log.all() shouldHaveSize 11
        }

        test("after clear() there is room again, and nothing forgotten") {
            withLangfuse(LocalLangfuse.builder().memory(1_000_000)) { langfuse, sender ->
                (1..10).forEach { sender.post(large("o$it", trace = trace(it))) }
                langfuse.clear()

                langfuse.forgottenObservations() shouldBe 0
                langfuse.requests().shouldBeEmpty()
                (1..4).forEach { sender.post(large("o$it", trace = trace(it))) }
                langfuse.observations() shouldHaveSize 4
            }
        }

        test("no memory at all is refused") {
            shouldThrow<IllegalArgumentException> { LocalLangfuse.builder().memory(0) }
                .message shouldBe "memory is 0 bytes: write 1 or more"
        }

        test("the list of traces has what the trace has, and only what changed since") {
            val store = ObservationStore(true, Long.MAX_VALUE)

            fun add(vararg spans: ByteArray) = spans.forEach { store.add(ProtobufDecoder.decode(it)) }
            val attributes =
                mapOf(
                    "langfuse.observation.type" to "generation",
                    "langfuse.observation.usage_details" to """{"input":10,"input_cached_tokens":5,"output":3}""",
                    "langfuse.observation.cost_details" to """{"input":0.5,"output":0.25}""",
                    "langfuse.observation.level" to "WARNING",
                    "langfuse.environment" to "staging",
                    "user.id" to "u-1",
                    "session.id" to "s-1",
                    "langfuse.trace.tags" to listOf("a", "b"),
                )
            add(
                export(span("leaf", 2, 1, from = 10, millis = 100, attributes = attributes)),
                export(span("other", 1, trace = trace(7), from = 1_000)),
            )
            store.summaries(0).map { it.name() } shouldBe listOf("other", "")
            store.summaries(0).last().hasRoot() shouldBe false
            val seen = store.version()
            store.summaries(seen).shouldBeEmpty()

            add(export(span("root", 1, millis = 200)))
            val summary = store.summaries(seen).single()
            summary shouldBe
                TraceSummary(
                    TRACE,
                    "root",
                    store.version(),
                    START,
                    Duration.ofMillis(200),
                    2,
                    true,
                    "u-1",
                    "s-1",
                    listOf("a", "b"),
                    "staging",
                    "WARNING",
                    15,
                    3,
                    18,
                    0.75,
                    setOf("GENERATION", "SPAN"),
                )

            store.touch(listOf(TRACE, "unknown").stream())
            store.summaries(summary.changed()).map { it.id() } shouldBe listOf(TRACE)
        }
    })
