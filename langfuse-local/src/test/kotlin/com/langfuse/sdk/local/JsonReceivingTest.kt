package com.langfuse.sdk.local

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf

class JsonReceivingTest :
    FunSpec({

        listOf("as text" to "\"${nanos(START)}\"", "as a number" to "${nanos(START)}").forEach { (how, start) ->
            test("OTLP JSON with hex ids and times $how") {
                withLangfuse { langfuse, sender ->
                    val response =
                        sender.postJson(
                            """
                            {"resourceSpans":[{"resource":{"attributes":[{"key":"service.version","value":{"stringValue":"7"}}]},
                             "scopeSpans":[{"scope":{"name":"langfuse-sdk","version":"5.11.1"},"spans":[{
                              "traceId":"$TRACE","spanId":"00f067aa0ba902b7","parentSpanId":"00f067aa0ba902b6",
                              "name":"joke","kind":1,"startTimeUnixNano":$start,"endTimeUnixNano":$start,
                              "attributes":[
                                {"key":"langfuse.observation.type","value":{"stringValue":"generation"}},
                                {"key":"text","value":{"intValue":"42"}},
                                {"key":"int","value":{"intValue":42}},
                                {"key":"double","value":{"doubleValue":0.5}},
                                {"key":"nan","value":{"doubleValue":"NaN"}},
                                {"key":"bool","value":{"boolValue":true}},
                                {"key":"bytes","value":{"bytesValue":"AQI="}},
                                {"key":"list","value":{"arrayValue":{"values":[{"stringValue":"a"}]}}},
                                {"key":"map","value":{"kvlistValue":{"values":[{"key":"k","value":{"intValue":1}}]}}},
                                {"key":"empty","value":{}}],
                              "events":[{"name":"e","attributes":[{"key":"a","value":{"stringValue":"b"}}]}],
                              "status":{"code":2,"message":"boom"}}]}]}]}
                            """.trimIndent(),
                        )

                    response.statusCode() shouldBe 200
                    val observation = langfuse.observations().single()
                    observation.traceId() shouldBe TRACE
                    observation.id() shouldBe "00f067aa0ba902b7"
                    observation.parentId() shouldBe "00f067aa0ba902b6"
                    observation.type() shouldBe "GENERATION"
                    observation.startTime() shouldBe START
                    observation.version() shouldBe "7"
                    observation.level() shouldBe "ERROR"
                    observation.statusMessage() shouldBe "boom"
                    observation.events() shouldBe listOf(LocalEvent("e", mapOf("a" to "b")))
                    val attributes = observation.attributes()
                    attributes["bytes"].shouldBeInstanceOf<ByteArray>().toList() shouldBe listOf<Byte>(1, 2)
                    (attributes["nan"] as Double).isNaN() shouldBe true
                    attributes - "bytes" - "nan" - "langfuse.observation.type" shouldBe
                        mapOf(
                            "text" to 42L,
                            "int" to 42L,
                            "double" to 0.5,
                            "bool" to true,
                            "list" to listOf("a"),
                            "map" to mapOf("k" to 1L),
                        )
                }
            }
        }

        test("OTLP JSON with times in halves, as older JavaScript exporters send them") {
            withLangfuse { langfuse, sender ->
                val high = nanos(START) ushr 32
                val low = nanos(START) and 0xFFFF_FFFFL
                sender.postJson(
                    """{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"t","spanId":"s","name":"n",
                       "startTimeUnixNano":{"low":$low,"high":$high}}]}]}]}""",
                )

                langfuse.observations().single().startTime() shouldBe START
            }
        }
    })
