package com.langfuse.sdk.local

import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotBeBlank
import java.time.Instant

class ScoreTest :
    FunSpec({

        val ingestion = "/api/public/ingestion"
        val scores = "/api/public/scores"

        fun event(
            id: String,
            body: String,
            type: String = "score-create",
            timestamp: String = "2026-01-02T03:04:05.678Z",
        ) = """{"id":"$id","type":"$type","timestamp":"$timestamp","body":$body}"""

        fun batch(vararg events: String) = """{"batch":[${events.joinToString()}],"metadata":{"sdk_name":"x"}}"""

        val minimal = """{"name":"n","value":1,"traceId":"t"}"""

        test("a score with everything, from a batch") {
            withLangfuse { langfuse, sender ->
                val body =
                    """
                    {"id":"s-1","name":"correctness","value":0.9,"dataType":"NUMERIC","traceId":"$TRACE",
                     "observationId":"${spanId(1)}","comment":"why","metadata":{"a":[1,"x",null]},"configId":"c",
                     "environment":"Prod"}
                    """
                val response = sender.api("POST", ingestion, batch(event("e-1", body)))

                response.statusCode() shouldBe 207
                response.body() shouldBe """{"successes":[{"id":"e-1","status":201}],"errors":[]}"""
                langfuse.scores() shouldBe
                    listOf(
                        LocalScore(
                            "s-1",
                            "correctness",
                            0.9,
                            "NUMERIC",
                            TRACE,
                            spanId(1),
                            null,
                            null,
                            "why",
                            mapOf("a" to listOf(1, "x", null)),
                            "c",
                            "prod",
                            Instant.parse("2026-01-02T03:04:05.678Z"),
                        ),
                    )
            }
        }

        test("what is left out is inferred, made up or null") {
            withLangfuse { langfuse, sender ->
                sender.api("POST", ingestion, batch(event("e", """{"name":"n","value":"good","sessionId":"s"}""")))

                langfuse.scores().single().let {
                    it.id().shouldNotBeBlank()
                    it.value() shouldBe "good"
                    it.dataType() shouldBe "CATEGORICAL"
                    it.environment() shouldBe "default"
                    it.sessionId() shouldBe "s"
                    it.traceId().shouldBeNull()
                    it.metadata().shouldBeNull()
                    it.comment().shouldBeNull()
                }
            }
        }

        test("each event of a batch gets its own verdict") {
            withLangfuse { langfuse, sender ->
                val response =
                    sender.api(
                        "POST",
                        ingestion,
                        batch(
                            event("good", minimal),
                            event("trace", """{"id":"t"}""", type = "trace-create"),
                            event("bad", """{"name":"n","value":1}"""),
                            event("late", minimal, timestamp = "yesterday"),
                            event("empty", "null"),
                            "42",
                            event("fine", """{"name":"m","value":1,"traceId":"t"}"""),
                        ),
                    )

                response.statusCode() shouldBe 207
                response.body() shouldContain
                    """{"successes":[{"id":"good","status":201},{"id":"fine","status":201}],"errors":["""
                response.body() shouldContain
                    """{"id":"trace","status":400,"message":"Event type not accepted","error":"Events of type 'trace-"""
                response.body() shouldContain
                    """{"id":"bad","status":400,"message":"Invalid request data","error":"Score 'n' needs exactly one"""
                response.body() shouldContain """{"id":"late","status":400"""
                response.body() shouldContain """{"id":"empty","status":400"""
                response.body() shouldContain """{"id":"unknown","status":400"""
                langfuse.scores().map { it.name() } shouldBe listOf("n", "m")
            }
        }

        test("a batch that is none, or too large, is refused whole") {
            withLangfuse { langfuse, sender ->
                listOf("""{"events":[]}""", """{"batch":{}}""", "[]", "").forEach {
                    sender.api("POST", ingestion, it).let { response ->
                        response.statusCode() shouldBe 400
                        response.body() shouldContain "message"
                    }
                }
                val padding = 4_718_592 - batch(event("e", minimal)).length
                val largest = batch(event("e", minimal)) + " ".repeat(padding)
                val tooLarge = "$largest "
                sender.api("POST", ingestion, tooLarge).statusCode() shouldBe 413
                sender.api("POST", ingestion, """{"batch":[${"1,".repeat(100_000)}1]}""").let {
                    it.statusCode() shouldBe 400
                    it.body() shouldContain "at most 50000 events"
                }
                langfuse.scores().shouldBeEmpty()
                sender.api("POST", ingestion, largest).statusCode() shouldBe 207
            }
        }

        test("a single score is answered with its id") {
            withLangfuse { langfuse, sender ->
                val before = Instant.now()
                val response = sender.api("POST", scores, """{"id":"s","name":"n","value":"a","datasetRunId":"r"}""")

                response.statusCode() shouldBe 200
                response.body() shouldBe """{"id":"s"}"""
                langfuse.scores().single().let {
                    it.datasetRunId() shouldBe "r"
                    (it.timestamp() >= before) shouldBe true
                }
                sender.api("POST", scores, minimal).body() shouldBe """{"id":"${langfuse.scores()[1].id()}"}"""
            }
        }

        test("a score of the same id takes the place of the earlier one") {
            withLangfuse { langfuse, sender ->
                fun post(
                    id: String,
                    value: Int,
                ) = sender.api("POST", scores, """{"id":"$id","name":"n","value":$value,"traceId":"t"}""")
                post("a", 1)
                post("b", 2)
                val first = langfuse.scores()[0].timestamp()
                post("a", 3)

                langfuse.scores().map { it.id() to it.value() } shouldBe listOf("a" to 3.0, "b" to 2.0)
                langfuse.scores()[0].timestamp() shouldBe first
                langfuse.clear()
                langfuse.scores().shouldBeEmpty()
            }
        }

        test("scores need the keys and the right method") {
            withLangfuse { langfuse, sender ->
                listOf(ingestion, scores).forEach {
                    sender.api("POST", it, minimal, mapOf("Authorization" to "Basic nope")).statusCode() shouldBe 401
                    sender.get(it).statusCode() shouldBe 405
                }
                langfuse.scores().shouldBeEmpty()
            }
        }

        context("values by data type") {
            fun typed(
                type: String,
                value: String,
            ) = """{"name":"n","traceId":"t","dataType":"$type","value":$value}"""

            withData<Pair<String, Any>>(
                { (body, value) -> "$body has $value".take(120) },
                listOf(
                    typed("NUMERIC", "2") to 2.0,
                    typed("NUMERIC", "-1.5e3") to -1500.0,
                    typed("BOOLEAN", "0") to 0.0,
                    typed("BOOLEAN", "1.0") to 1.0,
                    typed("CATEGORICAL", "\"x\"") to "x",
                    typed("CATEGORICAL", "\"\"") to "",
                    typed("TEXT", "\"x\"") to "x",
                    typed("TEXT", "\"${"x".repeat(500)}\"") to "x".repeat(500),
                    typed("CORRECTION", "\"x\"") to "x",
                ),
            ) { (body, value) ->
                withLangfuse { langfuse, sender ->
                    sender.api("POST", scores, body).statusCode() shouldBe 200
                    langfuse.scores().single().value() shouldBe value
                }
            }
        }

        context("refused with 400 and a message") {
            fun typed(
                type: String,
                value: String,
            ) = """{"name":"n","traceId":"t","dataType":"$type","value":$value}"""

            withData<Pair<String, String>>(
                { (body, message) -> "$body: $message".take(120) },
                listOf(
                    """{"value":1,"traceId":"t"}""" to "name must be",
                    """{"name":"","value":1,"traceId":"t"}""" to "name must be",
                    """{"name":1,"value":1,"traceId":"t"}""" to "name must be",
                    """{"name":"n","value":1}""" to "exactly one of",
                    """{"name":"n","value":1,"traceId":"","sessionId":null}""" to "exactly one of",
                    """{"name":"n","value":1,"traceId":"t","sessionId":"s"}""" to "exactly one of",
                    """{"name":"n","value":1,"datasetRunId":"r","sessionId":"s"}""" to "exactly one of",
                    """{"name":"n","value":1,"sessionId":"s","observationId":"o"}""" to "no traceId",
                    """{"name":"n","traceId":"t"}""" to "needs a number",
                    """{"name":"n","traceId":"t","value":null}""" to "needs a number",
                    """{"name":"n","traceId":"t","value":true}""" to "needs a number",
                    """{"name":"n","traceId":"t","value":1,"comment":1}""" to "comment must be a string",
                    typed("NUMERIC", "1e400") to "needs a number",
                    typed("NUMERIC", "\"1\"") to "needs a number",
                    typed("BOOLEAN", "2") to "needs 0 or 1",
                    typed("BOOLEAN", "true") to "needs 0 or 1",
                    typed("CATEGORICAL", "1") to "needs a string",
                    typed("TEXT", "1") to "needs a string of 1 to 500",
                    typed("TEXT", "\"\"") to "needs a string of 1 to 500",
                    typed("TEXT", "\"${"x".repeat(501)}\"") to "needs a string of 1 to 500",
                    typed("CORRECTION", "\"x\",\"configId\":\"c\"") to "no configId",
                    typed("numeric", "1") to "numeric",
                    "[]" to "must be a JSON object",
                ),
            ) { (body, message) ->
                withLangfuse { langfuse, sender ->
                    val response = sender.api("POST", scores, body)
                    response.statusCode() shouldBe 400
                    response.body() shouldContain message
                    langfuse.scores().shouldBeEmpty()
                }
            }
        }
    })
