package com.langfuse.sdk.export

import com.langfuse.sdk.DEADLINE
import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.RecordingServer
import com.langfuse.sdk.RecordingServer.Reply
import com.langfuse.sdk.client
import com.langfuse.sdk.counts
import com.langfuse.sdk.export.DeliveryListener.Loss
import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.warningsOf
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.opentelemetry.proto.collector.trace.v1.ExportTracePartialSuccess
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse
import java.io.ByteArrayOutputStream
import java.time.Duration
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.locks.LockSupport
import java.util.zip.GZIPOutputStream

/** What an answer to an export says decides what is exported, not its status alone. */
class AnswersTest :
    FunSpec({
        val json = "Content-Type" to "application/json; charset=utf-8"
        val protobuf = "Content-Type" to "application/x-protobuf"
        val html = "Content-Type" to "text/html; charset=utf-8"
        val page = "<!DOCTYPE html>\n<html><head><title>\n Sign in </title></head></html>"

        fun Langfuse.record(observations: Int) = repeat(observations) { observation("o-$it").start().end() }

        /** Each flush lets one batch through to see whether the server is back, not more often than twice a second. */
        fun Langfuse.flushUntilComplete() {
            val deadline = System.nanoTime() + DEADLINE.toNanos()
            while (flush(Duration.ofSeconds(5)).pending() > 0 && System.nanoTime() < deadline) {
                LockSupport.parkNanos(1_000_000)
            }
        }

        fun otlp(rejected: Long, message: String = ""): Reply {
            val partial = ExportTracePartialSuccess.newBuilder().setRejectedSpans(rejected).setErrorMessage(message)
            val body = ExportTraceServiceResponse.newBuilder().setPartialSuccess(partial).build().toByteArray()
            return Reply(200, body, mapOf(protobuf))
        }

        fun partial(rejected: String, message: String = "too old") =
            Reply(200, """{"partialSuccess":{"rejectedSpans":$rejected,"errorMessage":"$message"}}""", json)

        context("all are exported") {
            withData<Pair<String, Reply>>(
                { it.first },
                "an empty object" to Reply(200, "{}", json),
                "an empty body" to Reply(200),
                "an empty protobuf" to Reply(200, "", protobuf),
                "202 without a body" to Reply(202),
                "204" to Reply(204),
                "Langfuse's job" to
                    Reply(200, """{"name":"otel-ingestion-job","data":{"id":"1"},"id":"7","attemptsMade":0}""", json),
                "Langfuse's OK" to Reply(200, """{"message":"OK"}""", json),
                "an object without a content type" to Reply(200, "{}"),
                "an object that is called a web page" to Reply(200, "{}", html),
                "partial success of nothing, JSON" to Reply(200, """{"partialSuccess":{}}""", json),
                "partial success of nothing, protobuf" to otlp(0),
                "null" to Reply(200, """{"partialSuccess":null,"error":null,"errors":[]}""", json),
                "JSON's null" to Reply(200, "null", json),
                "compressed by a proxy" to
                    Reply(200, gzip("{}"), mapOf(json, "Content-Encoding" to "gzip")),
                "fewer than none" to partial("\"-5\""),
                "fewer than none, protobuf" to otlp(-5),
                "a count that is none" to partial("\"many\""),
                "unknown fields of a later protocol" to Reply(200, byteArrayOf(0x1a, 1, 65), mapOf(protobuf)),
            ) { (_, reply) ->
                RecordingServer { reply }.use { server ->
                    server.client().use { langfuse ->
                        langfuse.record(3)
                        val report = langfuse.flush(DEADLINE)
                        report.counts shouldBe listOf<Long>(3, 0, 0, 0)
                        report.reason() shouldBe null
                    }
                }
            }
        }

        context("what is rejected has failed, the rest is exported, nothing is sent again") {
            withData<Triple<String, Reply, Long>>(
                { it.first },
                Triple("one, a text as in OTLP JSON", partial("\"1\""), 1),
                Triple("two, a number", partial("2"), 2),
                Triple("all", partial("3"), 3),
                Triple("more than there are", partial("\"7\""), 3),
                Triple("more than a number holds", partial("\"99999999999999999999999\""), 3),
                Triple("more than a number holds, as a number", partial("1e400"), 3),
                Triple(
                    "with the names of the protocol",
                    Reply(200, """{"partial_success":{"rejected_spans":1,"error_message":"too old"}}""", json),
                    1,
                ),
                Triple("one, protobuf", otlp(1, "too old"), 1),
                Triple("more than there are, protobuf", otlp(Long.MAX_VALUE, "too old"), 3),
                Triple(
                    "one, protobuf without a content type",
                    otlp(1, "too old").let { Reply(200, it.body, emptyMap()) },
                    1,
                ),
                Triple(
                    "one, as a Langfuse of version 3",
                    Reply(207, """{"successes":[{"id":"a"}],"errors":[{"id":"b","message":"too old"}]}""", json),
                    1,
                ),
            ) { (_, reply, rejected) ->
                val losses = CopyOnWriteArrayList<Loss>()
                RecordingServer { reply }.use { server ->
                    val warnings =
                        warningsOf(atLeast = 1) {
                            server.client { delivery { it.listener(losses::add) } }.use { langfuse ->
                                langfuse.record(3)
                                val report = langfuse.flush(DEADLINE)
                                report.counts shouldBe listOf(3 - rejected, rejected, 0, 0)
                                report.observations().failures() shouldBe mapOf(reply.status to rejected)
                                report.observations().retried() shouldBe 0
                                report.reason()!! shouldContain "too old"
                                report.toString() shouldContain "rejects $rejected of 3: "
                            }
                        }
                    server.requests shouldHaveSize 1
                    warnings.single() shouldContain "Langfuse at ${server.url} rejects $rejected of 3: "
                    losses.sumOf { it.count() } shouldBe rejected
                    losses.single().reason() shouldContain "too old"
                }
            }
        }

        test("a message without a rejection is a warning") {
            RecordingServer { partial("0", "use another endpoint soon") }.use { server ->
                warningsOf(atLeast = 1) {
                    server.client().use {
                        it.record(3)
                        it.flush(DEADLINE).counts shouldBe listOf<Long>(3, 0, 0, 0)
                    }
                }.single() shouldContain "${server.url} warns: use another endpoint soon"
            }
        }

        context("what is not Langfuse's exports nothing") {
            withData<Pair<String, Reply>>(
                { it.first },
                "a web page" to Reply(200, page, html),
                "a web page without a content type" to Reply(200, page),
                "a web page that is called JSON" to Reply(200, page, json),
                "an empty web page" to Reply(200, "", html),
                "a word" to Reply(200, "OK", "Content-Type" to "text/plain"),
                "a word without a content type" to Reply(200, "pong"),
                "a list" to Reply(200, "[]", json),
                "a text" to Reply(200, "\"ok\"", json),
                "an object, and then a page" to Reply(200, "{} $page", json),
                "a compressed page" to Reply(200, gzip(page), mapOf(html, "Content-Encoding" to "gzip")),
                "broken JSON" to Reply(200, "{\"partialSuccess\":", json),
                "broken protobuf" to Reply(200, byteArrayOf(0x0a, 99, 1), mapOf(protobuf)),
                "an error" to Reply(200, """{"error":"no such tenant"}""", json),
                "an error's object" to Reply(200, """{"error":{"code":401}}""", json),
                "no success" to Reply(200, """{"success":false}""", json),
                "a redirect" to Reply(302, "", "Location" to "https://login.example/"),
                "a captive portal's status" to Reply(511),
            ) { (_, reply) ->
                val losses = CopyOnWriteArrayList<Loss>()
                RecordingServer { reply }.use { server ->
                    val warnings =
                        warningsOf(atLeast = 1) {
                            server
                                .client {
                                    delivery { it.retryFor(Duration.ZERO).listener(losses::add) }
                                }.use { langfuse ->
                                    langfuse.record(3)
                                    val report = langfuse.flush(DEADLINE)
                                    report.counts shouldBe listOf<Long>(0, 3, 0, 0)
                                    report.observations().failures() shouldBe mapOf(reply.status to 3L)
                                    report.reason()!! shouldContain
                                        "not a response of Langfuse: check LANGFUSE_BASE_URL"
                                }
                        }
                    warnings.single() shouldContain "Langfuse at ${server.url} answered ${reply.status}"
                    losses.single().let { listOf(it.count(), it.status()) shouldBe listOf(3L, reply.status) }
                }
            }
        }

        test("a web page's title is told, not its markup") {
            RecordingServer { Reply(200, page, html) }.use { server ->
                server.client { delivery { it.retryFor(Duration.ZERO) } }.use {
                    it.record(1)
                    val reason = it.flush(DEADLINE).reason()!!
                    reason shouldContain "with a web page: Sign in ("
                    reason shouldNotContain "<"
                }
            }
        }

        test("a captive portal passes: nothing is lost") {
            LocalLangfuse.start().use { local ->
                val tries = AtomicInteger()
                val relay = { if (tries.incrementAndGet() <= 2) Reply(200, page, html) else Reply(200, "{}", json) }
                RecordingServer { relay() }.use { server ->
                    server.client().use {
                        it.record(3)
                        val report = it.flush(DEADLINE)
                        report.counts shouldBe listOf<Long>(3, 0, 0, 0)
                        report.observations().retried() shouldBe 3
                    }
                }
                local.observations().shouldBeEmpty()
            }
        }

        test("one that stays costs one batch and no waiting; the rest is kept, and sent when Langfuse is back") {
            var isPage = true
            RecordingServer { if (isPage) Reply(200, page, html) else Reply(200, "{}", json) }.use { server ->
                val warnings =
                    warningsOf {
                        val langfuse = server.client { flushAt(2) }
                        langfuse.record(2)
                        langfuse.flush(Duration.ofMinutes(2)).counts shouldBe listOf<Long>(0, 2, 0, 0)
                        langfuse.record(6)
                        isPage = false
                        langfuse.flushUntilComplete()
                        langfuse.close()
                        langfuse.delivery().counts shouldBe listOf<Long>(6, 2, 0, 0)
                    }
                warnings.count { "sending pauses" in it } shouldBe 1
            }
        }

        test("with a spool it costs nothing") {
            var isPage = true
            RecordingServer { if (isPage) Reply(200, page, html) else Reply(200, "{}", json) }.use { server ->
                val langfuse = server.client { delivery { it.spool(tempdir().toPath()) } }
                langfuse.record(5)
                val report = langfuse.flush(Duration.ofMinutes(2))
                report.counts shouldBe listOf<Long>(0, 0, 0, 5)
                report.reason()!! shouldContain "with a web page: Sign in"
                isPage = false
                langfuse.flushUntilComplete()
                langfuse.close()
                langfuse.delivery().counts shouldBe listOf<Long>(5, 0, 0, 0)
            }
        }

        test("keys that are right behind a page are not taken for wrong ones, and no link is made of it") {
            RecordingServer { Reply(200, page, html) }.use { server ->
                server.client().use { langfuse ->
                    warningsOf { langfuse.traceUrl("t") shouldBe null }.single() shouldContain
                        "${server.url} names no project: it answered 200 with a web page: Sign in"
                }
            }
        }
    })

private fun gzip(text: String): ByteArray =
    ByteArrayOutputStream().also { out -> GZIPOutputStream(out).use { it.write(text.toByteArray()) } }.toByteArray()
