package com.langfuse.sdk.local

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.longs.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldStartWith
import java.io.IOException
import java.io.OutputStream
import java.net.Socket
import java.time.Duration
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit

/** Every request gets an answer, and the next one is served normally. */
class LargeBodyTest :
    FunSpec({

        fun Sender.goesOn() {
            get("/api/public/health").statusCode() shouldBe 200
            post(export(span("after"))).statusCode() shouldBe 200
        }

        /** Sends a body of any size while it reads the answer, as a browser would; nothing of it is in memory. */
        fun stream(
            langfuse: LocalLangfuse,
            vararg lines: String,
            chunked: Boolean = false,
            bytes: Long,
        ): String =
            Socket(langfuse.baseUrl().host, langfuse.baseUrl().port).use { socket ->
                socket.soTimeout = SOON.toMillis().toInt()
                val out = socket.getOutputStream()
                val head = lines.toList() + listOf("Host: localhost", "Connection: close", "", "")
                out.write(head.joinToString("\r\n").toByteArray())
                val sending = Thread { out.fill(bytes, chunked) }.apply { start() }
                val answer = String(socket.getInputStream().readNBytes(12))
                val rest = runCatching { String(socket.getInputStream().readAllBytes()) }.getOrDefault("")
                sending.join(SOON.toMillis())
                withClue("still sending") { sending.isAlive shouldBe false }
                answer + rest
            }

        context("600 MB get 413, and the client can finish sending and read it") {
            withData<Triple<String, String, Boolean>>(
                { "${it.first} ${it.second} ${if (it.third) "in chunks" else "by length"}" },
                Triple("POST", TRACES_PATH, false),
                Triple("POST", TRACES_PATH, true),
                Triple("POST", "/api/public/otel/v1/metrics", false),
                Triple("POST", "/api/public/ingestion", false),
                Triple("POST", "/api/public/ingestion", true),
                Triple("POST", "/api/public/scores", true),
                Triple("POST", "/api/public/media", false),
            ) { (method, path, chunked) ->
                withLangfuse { langfuse, sender ->
                    val length = 600_000_000L
                    val answer =
                        stream(
                            langfuse,
                            "$method $path HTTP/1.1",
                            "Authorization: ${sender.basic()}",
                            "Content-Type: application/json",
                            if (chunked) "Transfer-Encoding: chunked" else "Content-Length: $length",
                            chunked = chunked,
                            bytes = length,
                        )
                    answer shouldStartWith "HTTP/1.1 413"
                    answer shouldContain "The body has more than"
                    langfuse.requests().single().let {
                        it.status() shouldBe 413
                        it.body().size shouldBe 0
                    }
                    sender.goesOn()
                }
            }
        }

        test("without the keys, and where nothing is, they get their answer as well") {
            withLangfuse { langfuse, sender ->
                val length = 600_000_000L
                val byLength = "Content-Length: $length"
                stream(langfuse, "POST $TRACES_PATH HTTP/1.1", byLength, bytes = length) shouldStartWith "HTTP/1.1 401"
                stream(
                    langfuse,
                    "POST /nowhere HTTP/1.1",
                    "Transfer-Encoding: chunked",
                    chunked = true,
                    bytes = length,
                ) shouldStartWith "HTTP/1.1 404"
                stream(langfuse, "POST /view/traces HTTP/1.1", byLength, bytes = length) shouldStartWith "HTTP/1.1 405"
                langfuse.requests().forEach { it.body().size shouldBe 0 }
                sender.goesOn()
            }
        }

        test("a body in chunks that never ends is answered, and the connection closed") {
            withLangfuse { langfuse, sender ->
                stream(
                    langfuse,
                    "POST $TRACES_PATH HTTP/1.1",
                    "Authorization: ${sender.basic()}",
                    "Transfer-Encoding: chunked",
                    chunked = true,
                    bytes = Long.MAX_VALUE,
                ) shouldStartWith "HTTP/1.1 413"
                sender.goesOn()
            }
        }

        context("a client that stops in the middle of a large body stops no other") {
            withData("Content-Length: 60000000", "Transfer-Encoding: chunked") { framing ->
                withLangfuse { langfuse, sender ->
                    val stopped =
                        List(3) {
                            Socket(langfuse.baseUrl().host, langfuse.baseUrl().port).apply {
                                val head =
                                    listOf(
                                        "POST $TRACES_PATH HTTP/1.1",
                                        "Host: localhost",
                                        "Authorization: ${sender.basic()}",
                                        framing,
                                        "",
                                        "",
                                    )
                                getOutputStream().write(head.joinToString("\r\n").toByteArray())
                                getOutputStream().write("F4240\r\n".repeat(20_000).toByteArray()) // a chunk of 1 MB
                            }
                        }
                    try {
                        val large = mapOf("langfuse.observation.input" to "x".repeat(200_000))
                        repeat(3) { sender.post(export(span("large", attributes = large))).statusCode() shouldBe 200 }
                    } finally {
                        stopped.forEach { it.close() }
                    }
                    sender.goesOn()
                }
            }
        }

        test("bodies that inflate without end take no memory, eight of them at once either") {
            withLangfuse { langfuse, sender ->
                val member = gzip(ByteArray(16 shl 20))
                val bomb = ByteArray(member.size * 1_000) { member[it % member.size] } // 16 GB
                val threads = Executors.newFixedThreadPool(8)
                try {
                    val answers =
                        (1..8).map { threads.submit<Int> { sender.post(bomb, headers = gzipped).statusCode() } }
                    answers.map { it.get(SOON.toSeconds() * 6, TimeUnit.SECONDS) }.toSet() shouldBe setOf(413)
                } finally {
                    threads.shutdownNow()
                }
                langfuse.observations().shouldBeEmpty()
                sender.goesOn()
            }
        }

        test("the largest body is a setting, for what is sent and for what it inflates to") {
            val spans = export(span("x", attributes = mapOf("langfuse.observation.input" to "x".repeat(20_000))))
            withLangfuse(LocalLangfuse.builder().largestBody(spans.size)) { langfuse, sender ->
                sender.post(spans).statusCode() shouldBe 200
                sender.post(gzip(spans), headers = gzipped).statusCode() shouldBe 200
                val more = export(span("x", attributes = mapOf("langfuse.observation.input" to "x".repeat(20_001))))
                sender.post(more).statusCode() shouldBe 413
                sender.post(gzip(more), headers = gzipped).let {
                    it.statusCode() shouldBe 413
                    it.body() shouldBe """{"message":"The body has more than ${spans.size} bytes"}"""
                }
                langfuse.duplicates() shouldBe 1
            }
            shouldThrow<IllegalArgumentException> { LocalLangfuse.builder().largestBody(0) }
                .message shouldBe "largestBody is 0 bytes: write 1 or more"
        }

        test("an upload larger than was announced is not read") {
            withLangfuse { langfuse, sender ->
                val announcement =
                    """{"sha256Hash":"${"A".repeat(43)}=","contentType":"image/png","contentLength":5,
                    "traceId":"$TRACE","field":"input"}"""
                val url = sender.api("POST", "/api/public/media", announcement).body()
                val target = url.substringAfter("/local-media-upload/").substringBefore('"')
                val length = 600_000_000L
                stream(
                    langfuse,
                    "PUT /local-media-upload/$target HTTP/1.1",
                    "Content-Type: image/png",
                    "x-amz-checksum-sha256: ${"A".repeat(43)}=",
                    "Content-Length: $length",
                    bytes = length,
                ) shouldStartWith "HTTP/1.1 413"
                sender.goesOn()
            }
        }

        test("millions of empty messages and objects are refused before they fill the memory, not so a large text") {
            withLangfuse { langfuse, sender ->
                fun empties(field: Int) = ByteArray(40_000_000) { if (it % 2 == 0) (field * 8 + 2).toByte() else 0 }
                val nested = wire { writeByteArray(1, empties(2)) }
                val lists = generateSequence<Any>(true) { listOf(it) }.elementAt(40)
                val attribute = span("x", attributes = mapOf("a" to lists)).getAttributes(0).toByteArray()
                val resource = wire { repeat(150_000) { writeByteArray(1, attribute) } }
                val chains = wire { writeByteArray(1, wire { writeByteArray(1, resource) }) }
                listOf(empties(1), nested, empties(15), chains).forEach { body ->
                    sender.post(body).let {
                        it.statusCode() shouldBe 413
                        it.body() shouldContain "The export has more than"
                    }
                }
                sender.postJson("""{"resourceSpans":[${"{},".repeat(10_000_000)}{}]}""").statusCode() shouldBe 400
                val text = "x".repeat(20_000_000)
                sender.post(export(span("x", attributes = mapOf("langfuse.observation.input" to text))))
                langfuse.observations().single().input() shouldBe text
                sender.goesOn()
            }
        }

        context("nesting without end is refused") {
            val depth = 5_000_000
            withData<Triple<String, String, Int>>(
                { "${it.first}, ${it.second.take(20)}" },
                Triple(TRACES_PATH, "[".repeat(depth), 400),
                Triple(TRACES_PATH, """{"resourceSpans":""" + "[".repeat(depth), 400),
                Triple(
                    TRACES_PATH,
                    """{"resourceSpans":[{"resource":{"attributes":[{"key":"k","value":""" +
                        """{"arrayValue":{"values":[""".repeat(100_000),
                    400,
                ),
                Triple("/api/public/ingestion", """{"batch":""" + "[".repeat(depth / 2), 400),
                Triple("/api/public/scores", """{"metadata":""" + """{"a":""".repeat(100_000), 400),
                Triple("/api/public/media", "[".repeat(900_000), 400),
            ) { (path, body, status) ->
                withLangfuse { _, sender ->
                    sender.api("POST", path, body).statusCode() shouldBe status
                    sender.goesOn()
                }
            }

            test("in an attribute of a span it is text like any other") {
                withLangfuse { langfuse, sender ->
                    val nested = "{\"a\":".repeat(100_000)
                    val keys =
                        listOf("usage_details", "cost_details", "metadata", "model.parameters", "input", "output")
                    val attributes = keys.associate { "langfuse.observation.$it" to nested }
                    sender.post(export(span("x", attributes = attributes))).statusCode() shouldBe 200
                    sender.get("/view/traces/$TRACE").statusCode() shouldBe 200
                    sender.get("/view/traces/$TRACE/observations/${spanId(1)}?full=true").statusCode() shouldBe 200
                    sender.get("/api/public/v2/observations?fields=io,metadata,model,usage").statusCode() shouldBe 200
                    langfuse.observations().single().input() shouldBe nested
                }
            }
        }

        test("long texts where short ones belong take no stack and no time") {
            withLangfuse { langfuse, sender ->
                val attributes =
                    mapOf(
                        "langfuse.environment" to "langfuse-".repeat(100_000) + "prod",
                        "gen_ai.usage.input_tokens" to "9".repeat(2_000_000),
                        "gen_ai.usage.cost" to "9".repeat(2_000_000),
                        "langfuse.observation.completion_start_time" to "9".repeat(2_000_000),
                        "langfuse.trace.tags" to ",".repeat(1_000_000),
                    )
                val start = System.nanoTime()
                sender.post(export(span("x", attributes = attributes))).statusCode() shouldBe 200
                Duration.ofNanos(System.nanoTime() - start).toMillis() shouldBeLessThan SOON.toMillis()
                langfuse.observations().single().let {
                    it.environment() shouldBe "prod"
                    it.usage() shouldBe emptyMap()
                }
            }
        }

        context("an Error while a request is served becomes a 500 with its text") {
            withData<Throwable>(
                { it.javaClass.simpleName },
                StackOverflowError("deep"),
                OutOfMemoryError("full"),
                NoClassDefFoundError("com/example/Gone"),
                AssertionError("never"),
                IllegalStateException("odd"),
            ) { error ->
                withLangfuse { langfuse, sender ->
                    var broken = true
                    langfuse.follow(TraceTree(false, Palette.PLAIN)) { if (broken) throw error }
                    repeat(5) {
                        sender.post(export(span("x"))).let {
                            it.statusCode() shouldBe 500
                            it.body() shouldContain "Could not take this request: $error"
                        }
                    }
                    broken = false
                    sender.goesOn()
                }
            }

            test("also while the refusal of one is noted, after its answer was decided") {
                withLangfuse { langfuse, sender ->
                    val hour = Duration.ofHours(1)
                    val error = StackOverflowError("deep")
                    langfuse.print(TraceTree(false, Palette.PLAIN), { throw error }, hour, hour).use {
                        repeat(5) { sender.get("/nowhere").statusCode() shouldBe 500 }
                        sender.goesOn()
                    }
                }
            }
        }
    }) {
    private companion object {
        val gzipped = mapOf("Content-Encoding" to "gzip")

        /** Until all is sent, or the other side has had enough. */
        fun OutputStream.fill(
            bytes: Long,
            chunked: Boolean,
        ) {
            val block = ByteArray(1 shl 16) { ' '.code.toByte() }
            val before = if (chunked) "10000\r\n".toByteArray() else ByteArray(0)
            val after = if (chunked) "\r\n".toByteArray() else ByteArray(0)
            try {
                var left = bytes
                while (left > 0) {
                    val size = if (chunked) block.size else minOf(left, block.size.toLong()).toInt()
                    write(before)
                    write(block, 0, size)
                    write(after)
                    left -= size
                }
                if (chunked) {
                    write("0\r\n\r\n".toByteArray())
                }
                flush()
            } catch (enough: IOException) {
                // The answer says why.
            }
        }
    }
}
