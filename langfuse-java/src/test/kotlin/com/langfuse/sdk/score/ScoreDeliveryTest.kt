package com.langfuse.sdk.score

import com.langfuse.sdk.DEADLINE
import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.LangfuseBuilder
import com.langfuse.sdk.client
import com.langfuse.sdk.concurrently
import com.langfuse.sdk.export.DeliveryListener.Loss
import com.langfuse.sdk.local.Fault
import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.score.ScriptedServer.Answer
import com.langfuse.sdk.warningsOf
import com.langfuse.sdk.withLangfuse
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.ints.shouldBeLessThanOrEqual
import io.kotest.matchers.longs.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import java.time.Duration
import java.time.Instant
import java.util.Base64
import java.util.UUID
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.concurrent.thread
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.measureTime

/** From a score that was taken to the server's verdict on it, over real sockets. */
class ScoreDeliveryTest :
    FunSpec({
        fun scoreThreads() = Thread.getAllStackTraces().keys.filter { it.name == "langfuse-scores" && it.isAlive }

        test("a request is a batch of events, not compressed, with the keys and names of the SDK") {
            withLangfuse { local, langfuse ->
                langfuse.createAll("a", "b")
                langfuse.flushed().exported() shouldBe 2
                val request = local.requests().single()
                request.method shouldBe "POST"
                request.path shouldBe INGESTION
                request.status shouldBe 207
                request.headers["content-type"] shouldBe "application/json"
                request.headers["content-encoding"] shouldBe null
                request.headers["x-langfuse-sdk-name"] shouldBe "java"
                val credentials = Base64.getEncoder().encodeToString(
                    "${local.publicKey()}:${local.secretKey()}".toByteArray(),
                )
                request.headers["authorization"] shouldBe "Basic $credentials"
                val events = request.json()["batch"].toList()
                events.map { it["type"].asText() } shouldContainExactly listOf("score-create", "score-create")
                events.map { UUID.fromString(it["id"].asText()) }.toSet() shouldHaveSize 2
                events.forEach { Instant.parse(it["timestamp"].asText()) }
                events.map { it["body"].properties().map { field -> field.key } }.forEach {
                    it shouldContainExactlyInAnyOrder listOf("id", "name", "value", "dataType", "traceId")
                }
            }
        }

        test("a score leaves by itself soon, without a flush; ten do so at once") {
            withLangfuse { local, langfuse ->
                langfuse.createAll("a")
                local.awaitScores(1, DEADLINE).single().name shouldBe "a"
                langfuse.createAll("b")
                local.awaitScores(2, DEADLINE)
                val isAtOnce =
                    (1..50).any { attempt ->
                        measureTime {
                            repeat(10) { langfuse.createAll("c") }
                            local.awaitScores(2 + 10 * attempt, DEADLINE)
                        } < 800.milliseconds
                    }
                isAtOnce shouldBe true
            }
        }

        test("scores that come one after the other share a request") {
            // A thread that is kept from running in between may need two.
            val shared =
                (1..20).any {
                    withLangfuse { local, langfuse ->
                        repeat(9) { langfuse.createAll("a") }
                        local.awaitScores(9, DEADLINE)
                        local.requests().size == 1
                    }
                }
            shared shouldBe true
        }

        test("8 threads × 1,000 scores arrive exactly once, in requests of at most 100") {
            withLangfuse { local, langfuse ->
                val go = CountDownLatch(1)
                (1..8)
                    .map { index ->
                        thread {
                            go.await()
                            repeat(1_000) { langfuse.createAll("$index-$it") }
                        }
                    }.also { go.countDown() }
                    .forEach { it.join() }
                val report = langfuse.flush(DEADLINE)
                report.isComplete shouldBe true
                report.scores().exported() shouldBe 8_000
                local.scores().map { it.name }.toSet() shouldHaveSize 8_000
                val batches = local.requests().map { it.json()["batch"].size() }
                batches.sum() shouldBe 8_000
                batches.max() shouldBeLessThanOrEqual 100
            }
        }

        test("a request has at most 2.5 MB") {
            ScriptedServer { Answer(207) }.use { server ->
                server.client().use { langfuse ->
                    repeat(5) { langfuse.create(some("large").comment("x".repeat(1_000_000))) }
                    langfuse.create(some("huge").comment("x".repeat(3_000_000)))
                    langfuse.flushed().exported() shouldBe 6
                }
                server.requests.filter { it.names.size > 1 }.forEach { it.bytes shouldBeLessThanOrEqual 2_500_100 }
                server.requests.flatMap { it.names } shouldContainExactly List(5) { "large" } + "huge"
            }
        }

        test("an answer with a bad one among three: it fails by name, the others are exported") {
            val losses = CopyOnWriteArrayList<Loss>()
            val warnings =
                warningsOf {
                    ScriptedServer { request ->
                        val ids = request.json["batch"].map { it["id"].asText() }
                        Answer(
                            207,
                            """{"successes":[{"id":"${ids[0]}","status":201},{"id":"${ids[2]}","status":201}],
                            "errors":[{"id":"${ids[1]}","status":422,"message":"Invalid request data",
                            "error":"config not found"},{"id":"unknown","status":400,"message":"?"}]}""",
                        )
                    }.use { server ->
                        server.client { delivery { it.listener(losses::add) } }.use { langfuse ->
                            langfuse.createAll("good", "bad", "fine")
                            langfuse.flushed().let {
                                it.exported() shouldBe 2
                                it.failures() shouldBe mapOf(422 to 1L)
                                it.retried() shouldBe 0
                            }
                        }
                    }
                }
            warnings.single() shouldContain "Score 'bad': Invalid request data (config not found)"
            losses.single().let {
                it.kind() shouldBe "scores"
                it.count() shouldBe 1
                it.status() shouldBe 422
                it.dropped() shouldBe false
                it.reason() shouldContain "'bad'"
            }
        }

        listOf(
            Answer(200, ""),
            Answer(204, ""),
            Answer(200, "no JSON"),
            Answer(200, "[]"),
            Answer(200, "{}"),
            Answer(207, "{\"errors\":null}"),
            Answer(207, "{\"errors\":[null,{}]}"),
            Answer(207, "{\"successes\":[{},{\"id\":null},{\"id\":\"another\"}],\"errors\":[]}"),
            Answer(200, "<html><title>Sign in</title></html>", "text/html"),
            Answer(302, ""),
        ).forEach { answer ->
            test("only what an answer names is accepted: $answer names none") {
                val losses = CopyOnWriteArrayList<Loss>()
                ScriptedServer { answer }.use { server ->
                    val impatient: LangfuseBuilder.() -> Unit = {
                        delivery { it.retryFor(Duration.ZERO).listener(losses::add) }
                    }
                    server.client(impatient).use { langfuse ->
                        langfuse.createAll("a", "b")
                        val report = langfuse.flush(DEADLINE)
                        report.scores().exported() shouldBe 0
                        report.scores().failures() shouldBe mapOf(answer.status to 2L)
                        report.toString() shouldContain "reason: Langfuse"
                    }
                }
                losses.sumOf { it.count() } shouldBe 2
            }
        }

        test("events that an answer does not name fail, with the error that it names nobody for") {
            warningsOf {
                ScriptedServer { request ->
                    val (first, second) = request.json["batch"].map { it["id"].asText() }
                    Answer(
                        207,
                        """{"successes":[{"id":"$first","status":201},{"id":"$first","status":201},{"id":"$second","status":403}],
                        "errors":[{"status":500,"message":"the disk is full"}]}""",
                    )
                }.use { server ->
                    server.client().use { langfuse ->
                        langfuse.createAll("named", "not really", "forgotten")
                        langfuse.flushed().let {
                            it.exported() shouldBe 1
                            it.failures() shouldBe mapOf(207 to 2L)
                        }
                    }
                }
            }.single().let {
                it shouldContain "Score 'not really'"
                it shouldContain "the disk is full"
            }
        }

        test("one that an answer both accepts and refuses has failed") {
            ScriptedServer { request ->
                val id = request.json["batch"][0]["id"].asText()
                Answer(207, """{"successes":[{"id":"$id"}],"errors":[{"id":"$id","status":400}]}""")
            }.use { server ->
                server.client().use { langfuse ->
                    langfuse.createAll("a")
                    langfuse.flushed().let { listOf(it.exported(), it.failed()) shouldBe listOf<Long>(0, 1) }
                }
            }
        }

        listOf(
            Answer(200, "<!DOCTYPE html><p>Sign in", "text/html"),
            Answer(200, ""),
            Answer(204, ""),
            Answer(200, "{}"),
            Answer(200, "{\"id\":\"\"}"),
            Answer(200, "{\"error\":\"not today\"}"),
        ).forEach { answer ->
            test("one by one: an answer without the score's id is no acceptance: $answer") {
                ScriptedServer { if (it.path == INGESTION) Answer(404) else answer }.use { server ->
                    server.client { delivery { it.retryFor(Duration.ZERO) } }.use { langfuse ->
                        langfuse.createAll("a")
                        langfuse.flushed().let {
                            it.exported() shouldBe 0
                            it.failures() shouldBe mapOf(answer.status to 1L)
                        }
                    }
                }
            }
        }

        test("with wrong keys they fail as 401, with the hint about the keys in the report and in the closing line") {
            LocalLangfuse.start().use { local ->
                val warnings =
                    warningsOf {
                        val langfuse = local.client { secretKey("sk-wrong") }
                        langfuse.createAll("a")
                        val report = langfuse.close(DEADLINE)
                        report.scores().failures() shouldBe mapOf(401 to 1L)
                        report.reason()!! shouldContain "check LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY"
                    }
                warnings.single { "was closed and" in it } shouldContain "check LANGFUSE_PUBLIC_KEY"
            }
        }

        listOf(404, 410).forEach { status ->
            test("$status: from then on scores are sent one by one") {
                withLangfuse({ environment("prod") }) { local, langfuse ->
                    local.always(Fault.status(status).on(INGESTION))
                    langfuse.create(some("a").comment("c"))
                    langfuse.createAll("b")
                    langfuse.flushed().exported() shouldBe 2
                    langfuse.createAll("c")
                    langfuse.flushed().exported() shouldBe 1
                    local.requests().map { it.path } shouldContainExactly listOf(INGESTION, SCORES, SCORES, SCORES)
                    local.scores().map { it.name } shouldContainExactly listOf("a", "b", "c")
                    local.scores().first().let {
                        it.comment shouldBe "c"
                        it.environment shouldBe "prod"
                        it.traceId shouldBe TRACE
                    }
                }
            }
        }

        test("one by one: a refused one fails with its status and name, a passing trouble is waited out") {
            val warnings =
                warningsOf {
                    var tries = 0
                    ScriptedServer { request ->
                        when {
                            request.path == INGESTION -> Answer(404)
                            request.names == listOf("bad") -> Answer(422, "nobody knows this config")
                            request.names == listOf("later") && tries++ == 0 -> Answer(503)
                            else -> Answer(200, "{\"id\":\"x\"}")
                        }
                    }.use { server ->
                        server.client().use { langfuse ->
                            langfuse.createAll("good", "bad", "later")
                            langfuse.flushed().let {
                                it.exported() shouldBe 2
                                it.failures() shouldBe mapOf(422 to 1L)
                            }
                        }
                        server.requests.map { it.names.joinToString() } shouldContainExactly
                            listOf("good, bad, later", "good", "bad", "later", "later")
                    }
                }
            warnings.single { "lost" in it }.let {
                it shouldContain "Score 'bad'"
                it shouldContain "422: nobody knows this config"
            }
        }

        test("where neither way is there, the scores are lost with a number") {
            withLangfuse { local, langfuse ->
                local.always(Fault.status(404))
                warningsOf(atLeast = 1) {
                    langfuse.createAll("a").also {
                        langfuse.flushed().failures() shouldBe
                            mapOf(404 to 1L)
                    }
                }
                    .single { "lost" in it } shouldContain "404"
            }
        }

        test("400 for a whole batch is narrowed down to the one that is to blame") {
            warningsOf {
                ScriptedServer { Answer(if ("bad" in it.names) 400 else 207) }.use { server ->
                    server.client().use { langfuse ->
                        langfuse.createAll("a", "b", "bad", "c", "d")
                        langfuse.flushed().let {
                            it.exported() shouldBe 4
                            it.failures() shouldBe mapOf(400 to 1L)
                        }
                    }
                }
            }.single() shouldContain "Score 'bad'"
        }

        test("413 for a batch splits it; one that is too large alone is lost, with a number") {
            warningsOf {
                ScriptedServer { Answer(if (it.bytes > 5_000) 413 else 207) }.use { server ->
                    server.client().use { langfuse ->
                        repeat(6) { langfuse.create(some("s$it").comment("x".repeat(2_000))) }
                        langfuse.create(some("huge").comment("x".repeat(10_000)))
                        langfuse.flushed().let {
                            it.exported() shouldBe 6
                            it.failures() shouldBe mapOf(413 to 1L)
                            it.retried() shouldBe 7
                        }
                    }
                }
            }.single() shouldContain "Score 'huge'"
        }

        test("wrong keys: flush does not wait in vain, says what is lost, and the secret stays here") {
            LocalLangfuse.start().use { local ->
                val warnings =
                    warningsOf {
                        local.client { secretKey("sk-wrong-secret") }.use { langfuse ->
                            langfuse.createAll("a", "b")
                            langfuse.flushed().let {
                                it.exported() shouldBe 0
                                it.failures() shouldBe mapOf(401 to 2L)
                            }
                            repeat(150) { langfuse.createAll("c") } // several batches, one of which is tried
                            measureTime {
                                langfuse.flushed().let { it.failed() + it.pending() shouldBe 150 }
                            }.inWholeMilliseconds shouldBeLessThan DEADLINE.toMillis() / 2
                            langfuse.close(Duration.ofMillis(100))
                        }
                    }
                warnings.forEach { it shouldNotContain "sk-wrong-secret" }
                local.scores().shouldBeEmpty()
            }
        }

        test("a server that never answers: flush and close return in time, and what is left is dropped") {
            LocalLangfuse.start().use { local ->
                local.always(Fault.hang())
                val langfuse = local.client()
                langfuse.createAll("a", "b", "c")
                measureTime { langfuse.flush(Duration.ofMillis(300)).scores().pending() shouldBe 3 }
                    .inWholeMilliseconds shouldBeLessThan DEADLINE.toMillis() / 2
                langfuse.createAll("d")
                warningsOf {
                    measureTime { langfuse.close(Duration.ofMillis(300)).scores().pending() shouldBe 4 }
                        .inWholeMilliseconds shouldBeLessThan DEADLINE.toMillis() / 2
                    scoreThreads().forEach { it.join(DEADLINE.toMillis()) }
                }
                langfuse.flushed().let {
                    it.dropped() shouldBe 4
                    it.pending() shouldBe 0
                    it.exported() shouldBe 0
                }
            }
        }

        test("what comes after close is dropped, with a warning and a number") {
            withLangfuse { local, langfuse ->
                langfuse.createAll("a")
                langfuse.close(DEADLINE).scores().exported() shouldBe 1
                warningsOf { langfuse.createAll("b") }.single() shouldContain "closed"
                langfuse.flushed().dropped() shouldBe 1
                local.scores() shouldHaveSize 1
            }
        }

        test("create and close at the same time: each score is in one number, and nobody waits for ever") {
            repeat(20) {
                LocalLangfuse.start().use { local ->
                    val langfuse = local.client()
                    val go = CountDownLatch(1)
                    warningsOf {
                        val threads =
                            (1..4).map {
                                thread {
                                    go.await()
                                    repeat(50) { langfuse.createAll("a") }
                                }
                            }
                        go.countDown()
                        val closed = langfuse.close(DEADLINE).scores()
                        threads.forEach { it.join() }
                        val rest = langfuse.flushed()
                        rest.pending() shouldBe 0
                        closed.exported() + closed.dropped() + rest.exported() + rest.dropped() shouldBe 200
                        // One that was on its way when the line closed may have arrived unconfirmed.
                        (local.scores().size >= closed.exported() + rest.exported()) shouldBe true
                    }
                }
            }
        }

        test("there is a thread when there is a score, and none after close") {
            val before = scoreThreads()
            withLangfuse { _, langfuse ->
                langfuse.observation("a").start().end()
                langfuse.flush(DEADLINE).isComplete shouldBe true
                (scoreThreads() - before).shouldBeEmpty()
                langfuse.createAll("a")
                val mine = (scoreThreads() - before).single()
                mine.isDaemon shouldBe true
                langfuse.close(DEADLINE).isComplete shouldBe true
                mine.join(DEADLINE.toMillis())
                mine.isAlive shouldBe false
            }
        }

        test("what there is no room for is dropped and counted, the rest is not") {
            LocalLangfuse.start().use { local ->
                local.always(Fault.hang())
                val langfuse = local.client()
                val large = some("large").comment("x".repeat(1_000_000))
                warningsOf { repeat(20) { langfuse.create(large) } }.single() shouldContain "Too many scores"
                val report = langfuse.flush(Duration.ofMillis(1)).scores()
                report.dropped() shouldBe 4
                report.pending() shouldBe 16
                warningsOf { langfuse.close(Duration.ofMillis(1)) }
            }
        }

        test("a flush reports what happened since the last one") {
            withLangfuse { _, langfuse ->
                langfuse.createAll("a", "b")
                langfuse.flushed().exported() shouldBe 2
                langfuse.flushed().exported() shouldBe 0
                langfuse.createAll("c")
                langfuse.flushed().exported() shouldBe 1
                langfuse.delivery().scores().exported() shouldBe 3
                langfuse.delivery().observations() shouldNotBe langfuse.delivery().scores()
            }
        }
    })

/** What is tried again, which mostly waits for that. */
class ScoreRetryTest :
    FunSpec({
        concurrently(4)

        test("a web page in place of the server passes: it is tried again with the same ids") {
            var tries = 0
            ScriptedServer {
                if (tries++ < 2) Answer(200, "<html>", "text/html") else Answer(207)
            }.use { server ->
                server.client().use { langfuse ->
                    langfuse.createAll("a")
                    langfuse.flushed().let {
                        it.exported() shouldBe 1
                        it.retried() shouldBe 1
                    }
                }
                server.requests.map { it.json }.toSet() shouldHaveSize 1
            }
        }

        listOf(
            setOf("s0"),
            setOf("s99"),
            setOf("s0", "s50", "s99"),
            setOf("s7", "s207"),
        ).forEach { bad ->
            test("scores that make the server fail do not hold up others: $bad") {
                val accepted = CopyOnWriteArrayList<String>()
                ScriptedServer { request ->
                    if (request.json.has("batch") && request.names.any { it in bad }) {
                        Answer(500)
                    } else {
                        Answer(207).also { if (request.json.has("batch")) accepted += request.names }
                    }
                }.use { server ->
                    server.client().use { langfuse ->
                        val all = List(400) { "s$it" }
                        langfuse.createAll(*all.toTypedArray())
                        langfuse.flushed().let {
                            it.exported() shouldBe 400L - bad.size
                            it.failures() shouldBe mapOf(500 to bad.size.toLong())
                            it.pending() shouldBe 0
                        }
                        accepted shouldContainExactlyInAnyOrder all - bad
                    }
                }
            }
        }

        test("a server that answers 500 to all scores loses none, and is left in peace") {
            val down = AtomicBoolean(true)
            ScriptedServer { if (down.get()) Answer(500) else Answer(207) }.use { server ->
                server.client().use { langfuse ->
                    langfuse.createAll(*Array(1_000) { "s$it" })
                    langfuse.flush(Duration.ofSeconds(4)).scores().pending() shouldBe 1_000
                    server.requests.size shouldBeLessThanOrEqual 30
                    down.set(false)
                    langfuse.flushed().exported() shouldBe 1_000
                }
            }
        }

        test("503 is tried again with the same ids, so nothing is stored twice") {
            withLangfuse { local, langfuse ->
                local.enqueue(Fault.status(503), Fault.halfBody())
                langfuse.createAll("a", "b")
                langfuse.flushed().let {
                    it.exported() shouldBe 2
                    it.retried() shouldBe 2
                    it.isComplete shouldBe true
                }
                local.scores().map { it.name } shouldContainExactly listOf("a", "b")
                local.requests().map { it.json() }.toSet() shouldHaveSize 1
                local.requests() shouldHaveSize 3
            }
        }
    })

private fun Langfuse.createAll(vararg names: String) = names.forEach { create(some(it)) }

private fun Langfuse.flushed() = flush(DEADLINE).scores()
