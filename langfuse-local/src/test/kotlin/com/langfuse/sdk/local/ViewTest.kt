package com.langfuse.sdk.local

import com.fasterxml.jackson.databind.JsonNode
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import java.io.BufferedReader
import java.net.Socket
import java.security.MessageDigest
import java.time.Instant
import java.util.Base64

private const val OTHER = "1af7651916cd43dd8448eb211c80319c"

class ViewTest :
    FunSpec({

        fun Sender.view(path: String): JsonNode = Json.parse(get("/view/$path", authorization = null).body())!!

        fun Sender.found(query: String): List<String> =
            view("traces?q=$query")["traces"].map { it["name"].textValue() }

        test("the list has a line for each trace, newest first, without what they hold") {
            withLangfuse { _, sender ->
                sender.post(
                    export(
                        span(
                            "ask",
                            attributes =
                                mapOf(
                                    "langfuse.observation.type" to "generation",
                                    "langfuse.observation.input" to "secret question",
                                    "langfuse.observation.usage_details" to """{"input":12,"output":34}""",
                                    "langfuse.observation.cost_details" to """{"input":0.25,"output":0.5}""",
                                    "user.id" to "u-1",
                                    "session.id" to "s-1",
                                    "langfuse.trace.tags" to listOf("a", "b"),
                                    "langfuse.environment" to "staging",
                                ),
                        ),
                        span("child", id = 2, parent = 1, from = 50, millis = 150),
                        span("later", id = 3, parent = 9, trace = OTHER, from = 1_000),
                    ),
                )
                val list = sender.view("traces")
                list["total"].intValue() shouldBe 2
                list["forgotten"].intValue() shouldBe 0
                list["traces"].map { it["id"].textValue() } shouldBe listOf(OTHER, TRACE)
                list["traces"].map { it["complete"].booleanValue() } shouldBe listOf(false, true)
                val start = START.epochSecond * 1e3 + START.nano / 1e6
                list["traces"][1].toString() shouldBe
                    """{"id":"$TRACE","name":"ask","start":${Json.text(start)},"duration":200.0,"observations":2,""" +
                    """"complete":true,"userId":"u-1","sessionId":"s-1","tags":["a","b"],"environment":"staging",""" +
                    """"level":"DEFAULT","inputTokens":12,"outputTokens":34,"totalTokens":46,"cost":0.75}"""
            }
        }

        test("what was set as input and output of a trace comes with it, its beginning at least") {
            withLangfuse { _, sender ->
                val set = mapOf("langfuse.trace.input" to "x".repeat(1_000), "langfuse.trace.output" to """{"a":1}""")
                sender.post(export(span("set", attributes = set), span("unset", trace = OTHER)))
                val trace = sender.view("traces/$TRACE")
                trace["input"].textValue() shouldBe "x".repeat(500) + "…"
                trace["output"].textValue() shouldBe """{"a":1}"""
                sender.view("traces/$OTHER").let { (it.has("input") || it.has("output")) shouldBe false }
            }
        }

        test("after a version there are only those that have changed") {
            withLangfuse { langfuse, sender ->
                sender.post(export(span("one"), span("two", trace = OTHER)))
                val version = sender.view("traces")["version"].longValue()
                sender.view("traces?since=$version")["traces"].size() shouldBe 0

                sender.post(export(span("two again", id = 2, parent = 1, trace = OTHER)))
                val news = sender.view("traces?since=$version")
                news["traces"].map { it["id"].textValue() } shouldBe listOf(OTHER)
                news["total"].intValue() shouldBe 2
                news["version"].longValue() shouldBeGreaterThan version

                sender.view("traces?since=999999")["traces"].size() shouldBe 2
                sender.get("/view/traces?since=x").statusCode() shouldBe 400
                langfuse.clear()
                sender.view("traces?since=$version")["total"].intValue() shouldBe 0
            }
        }

        test("everything is news to a page that was open before the server started") {
            val version =
                withLangfuse { _, sender ->
                    sender.post(export(span("before")))
                    sender.view("traces")["version"].longValue()
                }
            withLangfuse { _, sender ->
                listOf("first", "second").forEachIndexed { index, name ->
                    sender.post(export(span(name, trace = "%032x".format(index + 1))))
                }
                val news = sender.view("traces?since=$version")["traces"]
                news.map { it["name"].textValue() } shouldContainExactlyInAnyOrder listOf("first", "second")
            }
        }

        test("what was forgotten is counted, and no longer listed") {
            withLangfuse(LocalLangfuse.builder().memory(1_000_000)) { langfuse, sender ->
                repeat(10) {
                    val large = mapOf("text" to "x".repeat(100_000))
                    sender.post(export(span("large", trace = "%032x".format(it + 1), attributes = large)))
                }
                val list = sender.view("traces")
                list["total"].intValue() shouldBe langfuse.traces().size
                list["forgotten"].intValue() shouldBeGreaterThan 0
                list["total"].intValue() + list["forgotten"].intValue() shouldBe 10
            }
        }

        context("the search") {
            val langfuse = autoClose(LocalLangfuse.start())
            val sender = Sender(langfuse)
            sender.post(
                export(
                    span(
                        "red",
                        trace = "%032x".format(1),
                        from = 3,
                        attributes =
                            mapOf(
                                "langfuse.observation.input" to "The Lamp & the fog",
                                "user.id" to "u-1",
                                "session.id" to "s 1",
                                "langfuse.trace.tags" to listOf("Beta"),
                                "langfuse.observation.type" to "agent",
                            ),
                    ),
                    span(
                        "green",
                        trace = "%032x".format(2),
                        from = 2,
                        attributes =
                            mapOf(
                                "langfuse.observation.level" to "ERROR",
                                "langfuse.observation.status_message" to "rate limit",
                                "user.id" to "u-10",
                                "session.id" to "the \"big\" one",
                                "langfuse.trace.tags" to listOf("5\""),
                                "langfuse.environment" to "staging",
                            ),
                    ),
                    span(
                        "blue",
                        trace = "%032x".format(3),
                        from = 1,
                        attributes =
                            mapOf(
                                "langfuse.observation.level" to "WARNING",
                                "langfuse.observation.output" to "fog bell",
                                "langfuse.observation.metadata.place" to "pier",
                            ),
                    ),
                ),
            )

            withData<Pair<String, List<String>>>(
                { (query, names) -> "'$query' finds $names" },
                "" to listOf("red", "green", "blue"),
                "user:u-1" to listOf("red"),
                "user:U-1" to listOf("red"),
                "user:u" to emptyList(),
                "session:%22s%201%22" to listOf("red"),
                "session:%22the%20big%20one%22" to listOf("green"),
                "tag:%225%22" to listOf("green"),
                "tag:5%22" to listOf("green"),
                "tag:beta" to listOf("red"),
                "env:staging" to listOf("green"),
                "type:agent" to listOf("red"),
                "level:error" to listOf("green"),
                "level:warning" to listOf("green", "blue"),
                "level:nonsense" to emptyList(),
                "id:000000000000000000000000000000" to listOf("red", "green", "blue"),
                "id:00000000000000000000000000000003" to listOf("blue"),
                "fog" to listOf("red", "blue"),
                "FOG%20lamp" to listOf("red"),
                "lamp%20%26" to listOf("red"),
                "%22the%20fog%22" to listOf("red"),
                "%22the%20fog" to listOf("red"),
                "%22lamp%20fog%22" to emptyList(),
                "fog%20level:warning" to listOf("blue"),
                "pier" to listOf("blue"),
                "limit" to listOf("green"),
                "gre" to listOf("green"),
                "00000000000000000000000000000003" to listOf("blue"),
                "0000003" to emptyList(),
                spanId(1) to listOf("red", "green", "blue"),
                "other:thing" to emptyList(),
                "%22%22" to listOf("red", "green", "blue"),
            ) { (query, names) -> sender.found(query) shouldBe names }
        }

        test("a trace has all its observations in start order, light, and its scores") {
            withLangfuse { _, sender ->
                val firstToken = "\"2026-01-02T03:04:05.173456789Z\""
                sender.post(
                    export(
                        span("second", id = 2, parent = 1, from = 10),
                        span(
                            "first",
                            attributes =
                                mapOf(
                                    "langfuse.observation.input" to "secret question",
                                    "langfuse.observation.type" to "generation",
                                    "langfuse.observation.model.name" to "m-1",
                                    "langfuse.observation.completion_start_time" to firstToken,
                                ),
                        ),
                    ),
                )
                score(sender, """"traceId":"$TRACE","observationId":"${spanId(2)}","value":1,"dataType":"BOOLEAN"""")
                score(sender, """"traceId":"$TRACE","value":0.93""")
                score(sender, """"traceId":"$OTHER","value":7""")
                val text = sender.get("/view/traces/$TRACE").body()
                text shouldNotContain "secret question"
                val trace = Json.parse(text)!!
                trace["name"].textValue() shouldBe "first"
                trace["observations"].map { it["name"].textValue() } shouldBe listOf("first", "second")
                trace["observations"].map { it["parentId"]?.textValue() } shouldBe listOf(null, spanId(1))
                trace["observations"][0].let {
                    it["model"].textValue() shouldBe "m-1"
                    it["firstToken"].doubleValue() shouldBe 50.0
                    it["duration"].doubleValue() shouldBe 100.0
                }
                trace["scores"].map { it["value"].textValue() } shouldContainExactlyInAnyOrder listOf("true", "0.93")

                val version = trace["version"].longValue()
                sender.view("traces/$TRACE?since=$version").has("observations") shouldBe false
                score(sender, """"traceId":"$TRACE","value":2""")
                sender.view("traces/$TRACE?since=$version")["scores"].map { it["value"].textValue() }.size shouldBe 3
                sender.get("/view/traces/nothing").statusCode() shouldBe 404
            }
        }

        test("an observation that comes again has another stamp") {
            withLangfuse { _, sender ->
                fun stamp() = sender.view("traces/$TRACE")["observations"][0]["stamp"].intValue()
                sender.post(export(span("a", attributes = mapOf("langfuse.observation.output" to "1"))))
                val before = stamp()
                stamp() shouldBe before
                sender.post(export(span("a", attributes = mapOf("langfuse.observation.output" to "2"))))
                (stamp() != before) shouldBe true
            }
        }

        test("one observation has everything, long texts their beginning and length") {
            withLangfuse { _, sender ->
                val long = "x".repeat(19_999) + "\uD83D\uDE00" + "y".repeat(5_000_000)
                val json = """{"a":"${"z".repeat(100_000)}"}"""
                val longJson = """["${"z".repeat(400_000)}"]"""
                sender.post(
                    export(
                        span(
                            "n".repeat(1_000),
                            attributes =
                                mapOf(
                                    "langfuse.observation.input" to long,
                                    "langfuse.observation.output" to json,
                                    "langfuse.observation.metadata.list" to longJson,
                                    "langfuse.observation.model.parameters" to """{"temperature":0.5}""",
                                    "langfuse.observation.usage_details" to """{"input":12}""",
                                    "user.id" to "u-1",
                                    "custom" to 5,
                                ),
                        ),
                        resource = mapOf("service.name" to "shop"),
                    ),
                )
                val path = "traces/$TRACE/observations/${spanId(1)}"
                val it = sender.view(path)
                it["name"].textValue() shouldBe "n".repeat(500) + "…"
                it["input"]["text"].textValue() shouldBe "x".repeat(19_999)
                it["input"]["length"].intValue() shouldBe long.length
                it["output"]["text"].textValue() shouldBe json
                it["metadata"]["list"]["text"].textValue().length shouldBe 20_000
                it["metadata"]["list"]["length"].intValue() shouldBe longJson.length
                it["modelParameters"]["temperature"]["text"].textValue() shouldBe "0.5"
                it["usage"]["input"].intValue() shouldBe 12
                it["attributes"]["custom"]["text"].textValue() shouldBe "5"
                it["attributes"]["langfuse.observation.input"]["text"].textValue().length shouldBe 19_999
                it["resource"]["service.name"]["text"].textValue() shouldBe "shop"
                it["scope"].textValue() shouldBe "langfuse-sdk 1.2.3"

                val full = sender.view("$path?full=true")
                full["input"]["text"].textValue() shouldBe long
                full["metadata"]["list"]["text"].textValue() shouldBe longJson
                sender.get("/view/traces/$TRACE/observations/${spanId(2)}").statusCode() shouldBe 404
                sender.get("/view/traces/$OTHER/observations/${spanId(1)}").statusCode() shouldBe 404
            }
        }

        context("names that are no ids find nothing and do no harm") {
            withData(
                "traces/..%2f..%2fetc",
                "traces/%00",
                "traces/%3Cscript%3E",
                "traces/a/observations",
                "traces/a/observations/b/c",
                "traces/",
                "media/..%2f..%2fetc%2fpasswd",
                "media/",
                "media/a/b",
            ) { path ->
                withLangfuse { _, sender ->
                    val answer = sender.get("/view/$path")
                    answer.statusCode() shouldBe 404
                    answer.headers().firstValue("Content-Type").get() shouldContain "application/json"
                }
            }
        }

        context("media") {
            withData<Pair<String, String?>>(
                { (type, disposition) -> "$type is ${disposition ?: "shown"}" },
                "image/png" to null,
                "audio/mpeg" to null,
                "video/mp4" to null,
                "image/svg+xml" to "attachment",
                "text/html" to "attachment",
                "application/pdf" to "attachment",
                "text/plain" to "attachment",
            ) { (type, disposition) ->
                withLangfuse { langfuse, sender ->
                    val id = upload(sender, type, "<script>".toByteArray())
                    langfuse.awaitMedia(1, SOON)
                    val file = sender.get("/view/media/$id", authorization = null)
                    file.statusCode() shouldBe 200
                    file.body() shouldBe "<script>"
                    val headers = file.headers()
                    headers.firstValue("Content-Type").get() shouldBe type
                    headers.firstValue("Content-Disposition").orElse(null) shouldBe disposition
                    headers.firstValue("X-Content-Type-Options").get() shouldBe "nosniff"
                    headers.firstValue("Content-Security-Policy").get() shouldBe "sandbox; default-src 'none'"
                    headers.firstValue("Cache-Control").get() shouldBe "no-store"
                }
            }

            test("that nobody has, or only announced") {
                withLangfuse { langfuse, sender ->
                    sender.get("/view/media/nothing").statusCode() shouldBe 404
                    announce(sender, "image/png", "x".toByteArray())
                    sender.get("/view/media/${langfuse.media().single().id()}").statusCode() shouldBe 404
                }
            }
        }

        test("events tell of each change, and end with the server") {
            val langfuse = LocalLangfuse.start()
            val sender = Sender(langfuse)
            events(langfuse).use { first ->
                events(langfuse).use { second ->
                    val before = first.version()
                    second.version() shouldBe before
                    sender.post(export(span("news")))
                    val after = first.version()
                    after shouldBeGreaterThan before
                    second.version() shouldBe after
                    sender.view("traces")["version"].longValue() shouldBe after
                    score(sender, """"traceId":"$TRACE","value":2""")
                    first.version() shouldBeGreaterThan after
                    langfuse.close()
                    first.readToEnd()
                    second.readToEnd()
                }
            }
        }

        test("many changes at once are few events") {
            withLangfuse { langfuse, sender ->
                events(langfuse).use { stream ->
                    stream.version()
                    val began = Instant.now()
                    repeat(200) { sender.post(export(span("news", id = it + 1))) }
                    val last = sender.view("traces")["version"].longValue()
                    var events = 0
                    do events++ while (stream.version() < last)
                    val seconds = (Instant.now().toEpochMilli() - began.toEpochMilli()) / 1000.0
                    (events <= 2 + 4 * seconds) shouldBe true
                }
            }
        }

        test("there is room for so many pages, and again when some have gone") {
            withLangfuse { langfuse, sender ->
                val open = List(32) { events(langfuse).also { it.version() } }
                sender.get("/view/events").let {
                    it.statusCode() shouldBe 503
                    it.body() shouldContain "Too many pages are open"
                }
                open.forEach { it.close() }
                // A page that has gone is noticed when there is something to tell it.
                val deadline = Instant.now() + SOON
                var id = 0
                while (events(langfuse).use { it.status } != 200) {
                    (Instant.now() < deadline) shouldBe true
                    sender.post(export(span("news", id = ++id)))
                }
                id shouldBeGreaterThan 0
            }
        }

        test("how to point an SDK here") {
            withLangfuse { langfuse, sender ->
                sender.get("/view/about", authorization = null).body() shouldBe
                    """{"baseUrl":"${langfuse.baseUrl()}","publicKey":"pk-lf-local","secretKey":"sk-lf-local","version":null}"""
            }
        }
    })

private fun score(sender: Sender, fields: String) {
    sender.api("POST", "/api/public/scores", """{"name":"good",$fields}""").statusCode() shouldBe 200
}

private fun announce(sender: Sender, type: String, bytes: ByteArray): JsonNode {
    val body =
        mapOf(
            "contentLength" to bytes.size,
            "traceId" to TRACE,
            "field" to "input",
            "contentType" to type,
            "sha256Hash" to sha256(bytes),
        )
    return Json.parse(sender.api("POST", "/api/public/media", Json.text(body)).body())!!
}

private fun upload(sender: Sender, type: String, bytes: ByteArray): String {
    val announced = announce(sender, type, bytes)
    val headers = mapOf("Content-Type" to type, "x-amz-checksum-sha256" to sha256(bytes))
    sender.send("PUT", announced["uploadUrl"].textValue(), bytes, headers).statusCode() shouldBe 200
    return announced["mediaId"].textValue()
}

private fun sha256(bytes: ByteArray): String =
    Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-256").digest(bytes))

/** Looks at the stream of events as a browser does. */
private class Events(private val socket: Socket) : AutoCloseable by socket {
    private val lines: BufferedReader = socket.getInputStream().bufferedReader()
    val status: Int

    init {
        socket.soTimeout = SOON.toMillis().toInt()
        val request = "GET /view/events HTTP/1.1\r\nHost: localhost\r\n\r\n"
        socket.getOutputStream().write(request.toByteArray())
        status = lines.readLine().split(" ")[1].toInt()
    }

    /** Of the next event. */
    fun version(): Long {
        val data = generateSequence(lines::readLine).first { it.startsWith("data: ") }
        return Json.parse(data.removePrefix("data: "))!!["version"].longValue()
    }

    fun readToEnd() {
        runCatching { lines.readText() }.exceptionOrNull().let { it !is java.net.SocketTimeoutException } shouldBe true
    }
}

private fun events(langfuse: LocalLangfuse) = Events(Socket(langfuse.baseUrl().host, langfuse.baseUrl().port))
