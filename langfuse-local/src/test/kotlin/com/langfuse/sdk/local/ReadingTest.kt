package com.langfuse.sdk.local

import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.ObjectMapper
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.doubles.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.net.URLEncoder

/** What tools read back, in the form of Langfuse's public API. */
class ReadingTest :
    FunSpec({

        val observations = "/api/public/v2/observations"
        val scores = "/api/public/v3/scores"
        val other = TRACE.reversed()

        fun json(text: String): JsonNode = ObjectMapper().readTree(text)

        fun Sender.read(
            path: String,
            vararg parameters: Pair<String, String>,
        ): JsonNode {
            val query = parameters.joinToString("&") { (name, value) -> "$name=${URLEncoder.encode(value, "UTF-8")}" }
            return get("$path?$query").let {
                withClue(it.body()) { it.statusCode() shouldBe 200 }
                json(it.body())
            }
        }

        fun JsonNode.all(field: String) = this["data"].map { it[field].asText() }

        fun <T> withThree(block: (Sender) -> T) =
            withLangfuse { _, sender ->
                val generation =
                    mapOf(
                        "langfuse.observation.type" to "generation",
                        "langfuse.observation.input" to """{"q": 1}""",
                        "langfuse.observation.output" to "done",
                        "langfuse.observation.metadata.short" to "s",
                        "langfuse.observation.metadata.long" to "l".repeat(300),
                        "langfuse.observation.model.name" to "gpt",
                        "langfuse.observation.model.parameters" to """{"temperature":0.1}""",
                        "langfuse.observation.usage_details" to """{"input":10,"output":3}""",
                        "langfuse.observation.cost_details" to """{"input":0.5,"output":0.25}""",
                        "langfuse.observation.completion_start_time" to "\"2026-01-02T03:04:05.223Z\"",
                        "langfuse.observation.prompt.name" to "greet",
                        "langfuse.observation.prompt.version" to 3,
                        "langfuse.observation.level" to "WARNING",
                        "langfuse.observation.status_message" to "slow",
                        "langfuse.trace.name" to "request",
                        "langfuse.trace.tags" to listOf("t"),
                        "langfuse.environment" to "staging",
                        "langfuse.release" to "r",
                        "langfuse.version" to "v",
                        "user.id" to "u&1",
                        "session.id" to "s 1",
                    )
                sender.post(
                    export(
                        span("root", 1),
                        span("chat", 2, 1, from = 10, millis = 1_500, attributes = generation),
                        span(
                            "elsewhere",
                            3,
                            9,
                            other,
                            from = 20,
                            attributes = mapOf("langfuse.internal.is_app_root" to true),
                        ),
                    ),
                )
                block(sender)
            }

        test("observations come newest first, with the fields that are always there and the basic ones") {
            withThree { sender ->
                val all = sender.read(observations)
                all.all("name").shouldContainExactly("elsewhere", "chat", "root")
                all["meta"] shouldBe json("{}")
                all["data"][1] shouldBe
                    json(
                        """{"id":"${spanId(2)}","traceId":"$TRACE","startTime":"2026-01-02T03:04:05.133Z",
                        "endTime":"2026-01-02T03:04:06.633Z","projectId":"local","parentObservationId":"${spanId(1)}",
                        "type":"GENERATION","name":"chat","level":"WARNING","statusMessage":"slow","version":"v",
                        "environment":"staging","bookmarked":false,"public":false,"userId":"u&1","sessionId":"s 1",
                        "isRootObservation":false,"modelId":null,"inputPrice":null,"outputPrice":null,
                        "totalPrice":null}""",
                    )
            }
        }

        test("times that are centuries apart are measured as well") {
            withLangfuse { _, sender ->
                val generation =
                    mapOf(
                        "langfuse.observation.type" to "generation",
                        "langfuse.observation.completion_start_time" to "0001-01-01T00:00:00Z",
                    )
                sender.post(export(span("chat", attributes = generation)))
                val chat = sender.read(observations, "fields" to "metrics")["data"].single()
                chat["latency"].doubleValue() shouldBe 0.1
                chat["timeToFirstToken"].doubleValue() shouldBeLessThan -6.3e10
            }
        }

        test("groups of fields are there when asked for, and only these") {
            withThree { sender ->
                fun fields(groups: String) = sender.read(observations, "fields" to groups, "name" to "chat")["data"][0]
                val core = fields("core")
                core.has("name") shouldBe false

                fun added(group: String) =
                    ObjectMapper().createObjectNode().apply {
                        fields(group).properties().filter {
                            !core.has(it.key)
                        }.forEach { set<JsonNode>(it.key, it.value) }
                    }
                added("io") shouldBe json("""{"input":"{\"q\": 1}","output":"done"}""")
                added("time") shouldBe
                    json(
                        """{"completionStartTime":"2026-01-02T03:04:05.223Z","createdAt":"2026-01-02T03:04:06.633Z",
                        "updatedAt":"2026-01-02T03:04:06.633Z"}""",
                    )
                added("model") shouldBe
                    json("""{"model":"gpt","internalModelId":null,"modelParameters":{"temperature":"0.1"}}""")
                added("usage") shouldBe
                    json(
                        """{"usageDetails":{"input":10,"output":3},"costDetails":{"input":0.5,"output":0.25},
                        "totalCost":0.75,"usagePricingTierName":null}""",
                    )
                added("prompt") shouldBe json("""{"promptId":null,"promptName":"greet","promptVersion":3}""")
                added("metrics") shouldBe json("""{"latency":1.5,"timeToFirstToken":0.089543211}""")
                added("trace_context") shouldBe json("""{"tags":["t"],"release":"r","traceName":"request"}""")
                added("metadata")["metadata"]["long"].asText() shouldBe "l".repeat(200)
                sender
                    .read(
                        observations,
                        "fields" to "io, metadata",
                        "expandMetadata" to "long",
                        "name" to "chat",
                    )["data"][0]
                    .let {
                        it["metadata"]["long"].asText() shouldBe "l".repeat(300)
                        it["metadata"]["short"].asText() shouldBe "s"
                        it["output"].asText() shouldBe "done"
                    }
            }
        }

        test("every filter lets through what it says") {
            withThree { sender ->
                mapOf(
                    ("name" to "chat") to listOf("chat"),
                    ("userId" to "u&1") to listOf("chat"),
                    ("sessionId" to "s 1") to listOf("chat"),
                    ("type" to "GENERATION") to listOf("chat"),
                    ("level" to "WARNING") to listOf("chat"),
                    ("version" to "v") to listOf("chat"),
                    ("environment" to "staging") to listOf("chat"),
                    ("environment" to "default") to listOf("elsewhere", "root"),
                    ("traceId" to TRACE) to listOf("chat", "root"),
                    ("traceId" to "unknown") to listOf(),
                    ("parentObservationId" to spanId(1)) to listOf("chat"),
                    ("parentObservationId" to "") to listOf("root"),
                    ("isRootObservation" to "true") to listOf("elsewhere", "root"),
                    ("isRootObservation" to "false") to listOf("chat"),
                    ("fromStartTime" to "2026-01-02T04:04:05.13+01:00") to listOf("elsewhere", "chat"),
                    ("toStartTime" to "2026-01-02T03:04:05.13Z") to listOf("root"),
                    ("parseIoAsJson" to "false") to listOf("elsewhere", "chat", "root"),
                ).forEach { (parameter, expected) ->
                    withClue(parameter) { sender.read(observations, parameter).all("name") shouldBe expected }
                }
                val two = listOf("environment" to "default", "environment" to "staging", "traceId" to TRACE)
                sender.read(observations, *two.toTypedArray()).all("name").shouldContainExactly("chat", "root")
            }
        }

        test("pages follow one another by cursor, whatever arrives in between") {
            withLangfuse { _, sender ->
                sender.post(export((1..120).map { span("o$it", it, from = it / 3L) }))
                val first = sender.read(observations)
                sender.post(export(span("late", 500, from = 5_000)))
                val second = sender.read(observations, "cursor" to first["meta"]["cursor"].asText())
                val third = sender.read(observations, "cursor" to second["meta"]["cursor"].asText(), "limit" to "1000")

                listOf(first, second, third).map { it["data"].size() } shouldBe listOf(50, 50, 20)
                third["meta"].has("cursor") shouldBe false
                listOf(first, second, third).flatMap { it.all("name") }.toSet() shouldBe (1..120).map { "o$it" }.toSet()
            }
        }

        test("scores come newest first, by their kind of value, with more when asked for") {
            withLangfuse { _, sender ->
                fun score(
                    time: Int,
                    body: String,
                ) = """{"id":"e$time","type":"score-create","timestamp":"2026-01-02T03:04:0${time}Z","body":$body}"""
                val batch =
                    listOf(
                        score(1, """{"id":"n","name":"quality","value":0.5,"traceId":"$TRACE","comment":"c"}"""),
                        score(
                            2,
                            """{"id":"b","name":"helpful","value":1,"dataType":"BOOLEAN","traceId":"$TRACE",
                            "observationId":"${spanId(1)}","environment":"staging","metadata":{"k":1}}""",
                        ),
                        score(3, """{"id":"c","name":"tone","value":"kind","sessionId":"s-1","configId":"cfg"}"""),
                        score(4, """{"id":"d","name":"run","value":2,"datasetRunId":"d-1"}"""),
                    )
                sender.api("POST", "/api/public/ingestion", """{"batch":$batch}""")

                val all = sender.read(scores)
                all.all("id").shouldContainExactly("d", "c", "b", "n")
                all["meta"] shouldBe json("""{"limit":50}""")
                all["data"][2] shouldBe
                    json(
                        """{"id":"b","projectId":"local","name":"helpful","value":true,"dataType":"BOOLEAN","source":"API",
                        "timestamp":"2026-01-02T03:04:02.000Z","environment":"staging",
                        "createdAt":"2026-01-02T03:04:02.000Z","updatedAt":"2026-01-02T03:04:02.000Z"}""",
                    )
                all.all("value").shouldContainExactly("2.0", "kind", "true", "0.5")

                val rich = sender.read(scores, "fields" to "details,subject,annotation")["data"]
                rich.map { it["subject"] } shouldBe
                    listOf(
                        """{"kind":"experiment","id":"d-1"}""",
                        """{"kind":"session","id":"s-1"}""",
                        """{"kind":"observation","id":"${spanId(1)}","traceId":"$TRACE"}""",
                        """{"kind":"trace","id":"$TRACE"}""",
                    ).map(::json)
                rich[3]["comment"].asText() shouldBe "c"
                rich[2]["metadata"] shouldBe json("""{"k":1}""")
                rich[1]["configId"].asText() shouldBe "cfg"
                rich[0]["authorUserId"].isNull shouldBe true

                mapOf(
                    listOf("id" to "n,b") to "bn",
                    listOf("name" to "tone,run") to "dc",
                    listOf("source" to "api") to "dcbn",
                    listOf("source" to "EVAL") to "",
                    listOf("dataType" to "boolean,categorical") to "cb",
                    listOf("environment" to "staging") to "b",
                    listOf("configId" to "cfg") to "c",
                    listOf("queueId" to "q") to "",
                    listOf("traceId" to TRACE) to "bn",
                    listOf("traceId" to TRACE, "observationId" to spanId(1)) to "b",
                    listOf("sessionId" to "s-1") to "c",
                    listOf("experimentId" to "d-1") to "d",
                    listOf("dataType" to "NUMERIC", "valueMin" to "0.5", "valueMax" to "1") to "n",
                    listOf("dataType" to "NUMERIC", "value" to "2,7") to "d",
                    listOf("dataType" to "BOOLEAN", "value" to "true") to "b",
                    listOf("dataType" to "CATEGORICAL", "value" to "kind") to "c",
                    listOf("fromTimestamp" to "2026-01-02T03:04:03Z") to "dc",
                    listOf("toTimestamp" to "2026-01-02T03:04:02Z") to "n",
                ).forEach { (parameters, expected) ->
                    withClue(parameters) {
                        sender.read(scores, *parameters.toTypedArray()).all("id").joinToString("") shouldBe expected
                    }
                }
                val next = sender.read(scores, "limit" to "3")["meta"]["cursor"].asText()
                sender.read(scores, "limit" to "3", "cursor" to next).all("id").shouldContainExactly("n")
            }
        }

        test("what Langfuse refuses is refused, with its reason") {
            withLangfuse { _, sender ->
                mapOf(
                    "$observations?limit=0" to "limit must be a number from 1 to 1000, not 0",
                    "$observations?limit=1001" to "limit must be",
                    "$observations?limit=x" to "limit must be",
                    "$observations?cursor=x" to "cursor is none that was given out",
                    "$observations?fields=core,nonsense" to "fields must be of",
                    "$observations?fromStartTime=yesterday" to "fromStartTime must be a time with an offset",
                    "$observations?isRootObservation=1" to "isRootObservation must be true or false",
                    "$observations?parseIoAsJson=true" to "parseIoAsJson is gone",
                    "$observations?filter=%5B%5D" to "filter is not known here",
                    "$scores?limit=101" to "limit must be a number from 1 to 100, not 101",
                    "$scores?fields=all" to "fields must be of",
                    "$scores?observationId=1" to "observationId needs a traceId",
                    "$scores?traceId=1&sessionId=2" to "Only one of traceId, sessionId and experimentId",
                    "$scores?valueMin=1" to "valueMin and valueMax need dataType=NUMERIC",
                    "$scores?valueMin=x&dataType=NUMERIC" to "valueMin must be a number",
                    "$scores?value=1" to "value needs one dataType",
                    "$scores?value=1&dataType=TEXT" to "value needs one dataType",
                ).forEach { (path, reason) ->
                    withClue(path) {
                        val answer = sender.get(path)
                        answer.statusCode() shouldBe 400
                        answer.body() shouldContain reason
                    }
                }
                listOf(observations, scores).forEach {
                    sender.get(it, authorization = null).statusCode() shouldBe 401
                    sender.get(it, method = "POST").statusCode() shouldBe 405
                }
            }
        }

        test("metrics of an exporter that sends everything here are taken, and not kept") {
            withLangfuse { _, sender ->
                sender.api("POST", "/api/public/otel/v1/metrics", "{}").statusCode() shouldBe 200
            }
        }
    })
