package com.langfuse.sdk.score

import com.langfuse.sdk.DEADLINE
import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.LangfuseBuilder
import com.langfuse.sdk.Mask
import com.langfuse.sdk.local.LocalScore
import com.langfuse.sdk.warningsOf
import com.langfuse.sdk.withLangfuse
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import java.time.Instant
import java.util.AbstractMap

/** From a score as the application says it to the score that Langfuse has. */
class ScoreTest :
    FunSpec({
        fun received(
            configure: LangfuseBuilder.() -> Unit = {},
            block: (Langfuse) -> Unit,
        ): List<LocalScore> =
            withLangfuse(configure) { local, langfuse ->
                block(langfuse)
                langfuse.flush(DEADLINE).isComplete shouldBe true
                local.scores()
            }

        fun received(
            score: Score,
            configure: LangfuseBuilder.() -> Unit = {},
        ): LocalScore = received(configure) { it.create(score) }.single()

        test("each kind of value has its data type") {
            received { langfuse ->
                listOf(
                    Score.numeric("relevance", 0.93),
                    Score.bool("helpful", true),
                    Score.bool("toxic", false),
                    Score.categorical("tone", "friendly"),
                    Score.text("note", "reads well"),
                ).forEach { langfuse.create(it.trace(TRACE)) }
            }.map { Triple(it.name, it.dataType, it.value) } shouldContainExactly
                listOf(
                    Triple("relevance", "NUMERIC", 0.93),
                    Triple("helpful", "BOOLEAN", 1.0),
                    Triple("toxic", "BOOLEAN", 0.0),
                    Triple("tone", "CATEGORICAL", "friendly"),
                    Triple("note", "TEXT", "reads well"),
                )
        }

        test("everything else that there is to say about it") {
            val score =
                received(
                    Score
                        .numeric("relevance", 1e-9)
                        .observation(TRACE, "0123456789abcdef")
                        .id("my-id")
                        .comment("judged by \"gpt\" \uD83D\uDE00")
                        .metadata(mapOf("judge" to mapOf("model" to "gpt", "votes" to listOf(1, 2)), "no" to null))
                        .configId("config-1")
                        .environment("staging")
                        .timestamp(Instant.parse("2026-01-02T03:04:05.678901Z")),
                )
            score shouldBe
                LocalScore(
                    "my-id",
                    "relevance",
                    1e-9,
                    "NUMERIC",
                    TRACE,
                    "0123456789abcdef",
                    null,
                    null,
                    "judged by \"gpt\" \uD83D\uDE00",
                    mapOf("judge" to mapOf("model" to "gpt", "votes" to listOf(1, 2))),
                    "config-1",
                    "staging",
                    Instant.parse("2026-01-02T03:04:05.678Z"),
                )
        }

        test("what is not said has a default: an id of its own, now, the server's environment") {
            val before = Instant.now()
            val scores = received { langfuse -> repeat(2) { langfuse.create(some("a")) } }
            scores.map { it.id }.toSet().size shouldBe 2
            scores.forEach {
                (it.timestamp.toEpochMilli() in before.toEpochMilli()..Instant.now().toEpochMilli()) shouldBe true
                it.environment shouldBe "default"
                it.comment.shouldBeNull()
                it.metadata.shouldBeNull()
            }
        }

        test("null and blank say nothing, and no score is no matter") {
            received { it.scores().create(null) }.shouldBeEmpty()
            val plain = some("a")
            plain
                .comment(null)
                .comment(" ")
                .metadata(null)
                .id("")
                .configId(null)
                .environment(null)
                .timestamp(null)
                .trace(null)
                .session(null)
                .datasetRun("") shouldBe plain
        }

        test("a score is a value: what is said more makes another one, and a later word wins") {
            val plain = some("a")
            plain.comment("b") shouldNotBe plain
            plain.comment("b").comment("c") shouldBe plain.comment("c")
            plain.comment("b").hashCode() shouldBe plain.comment("b").hashCode()
            plain.observation("t", "o").trace("u") shouldBe plain.trace("u")
            plain.observation("t", "o").observation("u", null) shouldBe plain.trace("u")
            plain.timestamp(Instant.EPOCH) shouldNotBe plain
        }

        test("in a log line it has its name only") {
            Score.text("note", "secret").comment("secret").toString() shouldBe "Score 'note'"
        }

        test("it belongs to a trace, an observation, a session or a dataset run") {
            val about = Score.bool("ok", true)
            received { langfuse ->
                langfuse.create(about.trace("t"))
                langfuse.create(about.observation("t", "o"))
                langfuse.create(about.session("s"))
                langfuse.create(about.datasetRun("r"))
            }.map { listOf(it.traceId, it.observationId, it.sessionId, it.datasetRunId) } shouldContainExactly
                listOf(
                    listOf("t", null, null, null),
                    listOf("t", "o", null, null),
                    listOf(null, null, "s", null),
                    listOf(null, null, null, "r"),
                )
        }

        test("the same id replaces") {
            val scores =
                received { langfuse ->
                    langfuse.create(Score.numeric("a", 1.0).trace(TRACE).id("x"))
                    langfuse.create(Score.numeric("a", 2.0).trace(TRACE).id("x"))
                }
            scores.single().value shouldBe 2.0
        }

        listOf(
            Score.numeric(" ", 1.0).trace(TRACE) to "A score is not sent: it has no name",
            Score.numeric("x", Double.NaN).trace(TRACE) to "Score 'x' is not sent: its value is NaN, write a finite",
            Score.numeric("x", Double.POSITIVE_INFINITY).trace(TRACE) to "its value is Infinity",
            Score.text("x", "").trace(TRACE) to "its text has 0 characters, write 1 to 500",
            Score.text("x", "a".repeat(501)).trace(TRACE) to "its text has 501 characters",
            Score.numeric("x", 1.0) to "it belongs to nothing",
            Score.numeric("x", 1.0).trace(TRACE).session("s") to "it belongs to several things, name one",
            Score.numeric("x", 1.0).session("s").datasetRun("r") to "it belongs to several things",
            Score.numeric("x", 1.0).observation(null, "o") to "it names an observation, name its trace",
            some("x").environment("Prod") to "its environment is 'Prod', write at most 40 of a-z",
        ).forEach { (score, problem) ->
            test("refused here, with a word on it and a number: $problem") {
                val losses = mutableListOf<String>()
                withLangfuse({ delivery { it.listener { loss -> losses += loss.toString() } } }) { local, langfuse ->
                    val warning = warningsOf { langfuse.create(score) }.single()
                    warning shouldContain problem
                    val report = langfuse.flush(DEADLINE)
                    report.isComplete shouldBe false
                    report.scores().failures() shouldBe mapOf(400 to 1L)
                    langfuse.flush(DEADLINE).isComplete shouldBe true
                    langfuse.create(some("good")) // by the same thread that tells the listener
                    langfuse.flush(DEADLINE).scores().exported() shouldBe 1
                    local.scores().single().name shouldBe "good"
                }
                losses.single() shouldContain problem
            }
        }

        test("a missing value is refused as well, and the limits themselves are not") {
            val noText: String? = null
            warningsOf {
                withLangfuse { local, langfuse ->
                    langfuse.create(some("a").environment("a".repeat(40)))
                    langfuse.create(Score.text("b", "b".repeat(500)).trace(TRACE))
                    langfuse.create(Score.text("c", "c").trace(TRACE))
                    Score::class.java
                        .getMethod("categorical", String::class.java, String::class.java)
                        .invoke(null, "none", noText)
                        .let { langfuse.create((it as Score).trace(TRACE)) }
                    langfuse.flush(DEADLINE).scores().let {
                        it.exported() shouldBe 3
                        it.failed() shouldBe 1
                    }
                    local.scores().map { it.name } shouldContainExactly listOf("a", "b", "c")
                }
            }.single() shouldContain "Score 'none' is not sent: it has no value"
        }

        test("metadata is what it was when the score was handed over") {
            val scores =
                received { langfuse ->
                    val votes = mutableListOf(1)
                    val metadata = mutableMapOf("votes" to votes)
                    langfuse.create(some("a").metadata(metadata))
                    votes += 2
                    metadata["more"] = votes
                }
            scores.single().metadata shouldBe mapOf("votes" to listOf(1))
        }

        class Bean(
            val judge: String,
            val panel: Map<String, Any>,
        ) {
            val broken: String get() = error("broken getter")
        }

        test("metadata of any kind is JSON, down to the last digit") {
            received(some("a").metadata("text")).metadata shouldBe "text"
            received(some("a").metadata("{\"a\":1}")).metadata shouldBe "{\"a\":1}"
            received(some("a").metadata(listOf(1, "b"))).metadata shouldBe listOf(1, "b")
            val bean = received(some("a").metadata(Bean("j", mapOf("size" to 3)))).metadata as Map<*, *>
            bean["judge"] shouldBe "j"
            bean["panel"] shouldBe mapOf("size" to 3)
            (bean["broken"] as String) shouldContain "<"
        }

        test("numbers and halves of characters arrive as JSON can carry them") {
            ScriptedServer { ScriptedServer.Answer(207) }.use { server ->
                server.client().use { langfuse ->
                    langfuse.create(
                        some("a")
                            .comment("half \uD83D")
                            .metadata(
                                mapOf(
                                    "money" to java.math.BigDecimal("12345678901234567890.10"),
                                    "large" to Long.MAX_VALUE,
                                    "half" to "\uDE00",
                                ),
                            ),
                    )
                    langfuse.flush(DEADLINE).scores().exported() shouldBe 1
                }
                val body = server.requests.single().json["batch"][0]["body"]
                body["comment"].asText() shouldBe "half \uD83D"
                body["metadata"]["large"].asLong() shouldBe Long.MAX_VALUE
                body["metadata"]["half"].asText() shouldBe "\uDE00"
                body["metadata"].toString() shouldContain "12345678901234567"
            }
        }

        test("maxValueLength cuts comment and metadata visibly") {
            val score =
                received(
                    some("a").comment("c".repeat(100)).metadata(mapOf("n" to (1..100).toList(), "short" to 1)),
                ) { maxValueLength(20) }
            score.comment!! shouldContain "ccc… [cut: 100 characters]"
            val metadata = score.metadata as Map<*, *>
            (metadata["n"] as String) shouldContain "… [cut"
            metadata["short"] shouldBe 1
            val bean =
                received(some("a").metadata(Bean("short", mapOf("n" to (1..100).toList())))) {
                    maxValueLength(20)
                }.metadata
            (bean as Map<*, *>)["judge"] shouldBe "short"
            (bean["panel"] as String) shouldContain "… [cut"
        }

        test("what throws when it is read costs that score alone, and the caller nothing") {
            val hostile =
                object : AbstractMap<String, Any>() {
                    override val entries get() = error("not here")
                }
            withLangfuse { _, langfuse ->
                warningsOf { langfuse.create(some("a").metadata(hostile)) }.single() shouldContain
                    "Score 'a' is not sent: it cannot be written: java.lang.IllegalStateException"
                langfuse.create(some("b"))
                langfuse.flush(DEADLINE).scores().let {
                    it.failed() shouldBe 1
                    it.exported() shouldBe 1
                }
            }
        }

        val redact = Mask { if (it is String) it.replace(Regex("\\d+"), "#") else it }

        test("the client's mask sees comment, metadata and free text, not names, labels and ids") {
            val mask: LangfuseBuilder.() -> Unit = { mask(redact) }
            val score =
                received(
                    Score
                        .categorical("name1", "label2")
                        .session("s3")
                        .comment("call 4711")
                        .metadata(mapOf("phone5" to "0815", "count" to 6)),
                    mask,
                )
            score.name shouldBe "name1"
            score.value shouldBe "label2"
            score.sessionId shouldBe "s3"
            score.comment shouldBe "call #"
            score.metadata shouldBe mapOf("phone5" to "#", "count" to 6)
            received(Score.text("note", "call 4711").trace(TRACE), mask).value shouldBe "call #"
            received(some("a").metadata("4711"), mask).metadata shouldBe "#"
            val bean = received(some("a").metadata(Bean("judge 7", mapOf("phone" to "8"))), mask).metadata as Map<*, *>
            bean["judge"] shouldBe "judge #"
            bean["panel"] shouldBe mapOf("phone" to "#")
        }

        test("what a mask leaves out stays here, and one that throws hides the value") {
            val gone =
                received(some("a").comment("c").metadata(mapOf("a" to "b"))) { mask { null } }
            gone.comment.shouldBeNull()
            gone.metadata shouldBe emptyMap<String, Any>()
            lateinit var hidden: LocalScore
            warningsOf {
                hidden = received(some("a").comment("c").metadata("d")) { mask { error("no") } }
            }.single() shouldContain "mask"
            hidden.comment shouldBe Mask.FAILED
            hidden.metadata shouldBe Mask.FAILED
        }
    })
