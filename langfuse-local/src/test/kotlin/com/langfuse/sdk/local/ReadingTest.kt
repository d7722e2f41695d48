package com.langfuse.sdk.local

import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.ObjectMapper
import com.fasterxml.jackson.databind.node.ObjectNode
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
                        "isRootObservation":false,"latency":1.5,"timeToFirstToken":0.09,"modelId":null,"inputPrice":null,"outputPrice":null,
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
                    json("""{"model":"gpt","internalModelId":"","modelParameters":{"temperature":0.1}}""")
                added("usage") shouldBe
                    json(
                        """{"usageDetails":{"input":10,"output":3,"total":13},
                        "costDetails":{"input":0.5,"output":0.25,"total":0.75},"inputUsage":10,"outputUsage":3,
                        "totalUsage":13,"inputCost":0.5,"outputCost":0.25,"totalCost":0.75,
                        "usagePricingTierId":null,"usagePricingTierName":null}""",
                    )
                added("prompt") shouldBe json("""{"promptId":"","promptName":"greet","promptVersion":3}""")
                added("metrics") shouldBe json("{}")
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

        test("a limit of 0, and fields that are empty or not known, are no reason to refuse") {
            withThree { sender ->
                val basic = sender.read(observations)
                sender.read(observations, "limit" to "0") shouldBe json("""{"data":[],"meta":{}}""")
                sender.read(observations, "fields" to "") shouldBe basic
                sender.read(observations, "fields" to "basic,nonsense") shouldBe basic
                sender.read(observations, "fields" to "nonsense") shouldBe sender.read(observations, "fields" to "core")
                sender.read(scores, "fields" to "") shouldBe sender.read(scores, "fields" to "core")
            }
        }

        test("what is not set is an empty text, an output that is empty is null, and the root names its trace") {
            withLangfuse { _, sender ->
                val emptyOutput = mapOf("langfuse.observation.input" to "in", "langfuse.observation.output" to "")
                sender.post(export(span("root", 1, attributes = emptyOutput), span("child", 2, 1)))
                val groups = "basic,io,model,usage,prompt,trace_context"
                val (child, root) =
                    sender.read(observations, "fields" to groups)["data"].sortedBy { it["name"].asText() }
                val unset =
                    listOf("statusMessage", "version", "userId", "sessionId", "model", "internalModelId", "promptId") +
                        listOf("promptName", "release")
                unset.forEach { withClue(it) { root[it].textValue() shouldBe "" } }
                root["output"].isNull shouldBe true
                root["traceName"].textValue() shouldBe "root"
                child["traceName"].textValue() shouldBe ""
                root["usageDetails"] shouldBe json("{}")
                root["costDetails"] shouldBe json("{}")
            }
        }

        test("metadata and model parameters come back typed, with resource and scope beside the former") {
            withLangfuse { _, sender ->
                val attributes =
                    mapOf(
                        "langfuse.observation.type" to "generation",
                        "langfuse.observation.metadata.number" to "7",
                        "langfuse.observation.metadata.flag" to "true",
                        "langfuse.observation.metadata.text" to "so",
                        "langfuse.observation.metadata.object" to """{"a":[1]}""",
                        "langfuse.observation.metadata.long" to "[${"1,".repeat(200)}1]",
                        "langfuse.observation.model.parameters" to
                            """{"temperature":0.7,"stop":["a"],"flag":true,"text":"t"}""",
                    )
                sender.post(export(span("x", attributes = attributes), resource = mapOf("service.name" to "shop")))
                val x = sender.read(observations, "fields" to "metadata,model")["data"].single()
                val metadata = x["metadata"]
                (metadata as ObjectNode).remove("long").textValue().length shouldBe 200
                metadata shouldBe
                    json(
                        """{"number":7,"flag":true,"text":"so","object":{"a":[1]},
                        "resourceAttributes.service.name":"shop","scope.name":"langfuse-sdk","scope.version":"1.2.3"}""",
                    )
                x["modelParameters"] shouldBe
                    json("""{"temperature":0.7,"stop":"[\"a\"]","flag":"true","text":"t"}""")
            }
        }

        test("totals are added as Langfuse adds them") {
            withLangfuse { _, sender ->
                fun generation(
                    id: Int,
                    usage: String,
                    cost: String,
                ) = span(
                    "$id",
                    id,
                    from = -id.toLong(),
                    attributes =
                        mapOf(
                            "langfuse.observation.type" to "generation",
                            "langfuse.observation.usage_details" to usage,
                            "langfuse.observation.cost_details" to cost,
                        ),
                )
                sender.post(
                    export(
                        generation(1, """{"input":3,"text.input_tokens":4,"cached":5}""", """{"input":1,"output":2}"""),
                        generation(2, """{"total":9,"input":1}""", """{"input":1,"input_cached":2}"""),
                        generation(3, "{}", """{"total":4}"""),
                    ),
                )
                val all = sender.read(observations, "fields" to "usage")["data"].toList()
                all.map { it["usageDetails"]["total"]?.intValue() } shouldBe listOf(12, 9, null)
                all.map { it["inputUsage"].intValue() } shouldBe listOf(7, 1, 0)
                all.map { it["costDetails"]["total"]?.doubleValue() } shouldBe listOf(3.0, null, 4.0)
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
                    "$observations?limit=-1" to "limit must be a number from 0 to 1000, not -1",
                    "$observations?limit=1001" to "limit must be",
                    "$observations?limit=x" to "limit must be",
                    "$observations?cursor=x" to "cursor is none that was given out",
                    "$observations?type=agent" to "type must be one of",
                    "$observations?type=" to "type must be one of",
                    "$observations?level=BAD" to "level must be one of [DEBUG, DEFAULT, WARNING, ERROR], not BAD",
                    "$observations?level=error" to "level must be one of",
                    "$observations?fromStartTime=yesterday" to "fromStartTime must be a time with an offset",
                    "$observations?isRootObservation=1" to "isRootObservation must be true or false",
                    "$observations?parseIoAsJson=true" to "parseIoAsJson is gone",
                    "$observations?filter=%5B%5D" to "filter is not known here",
                    "$scores?limit=0" to "limit must be a number from 1 to 100, not 0",
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
