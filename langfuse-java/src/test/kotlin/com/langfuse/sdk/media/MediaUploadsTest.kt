package com.langfuse.sdk.media

import com.fasterxml.jackson.core.json.JsonWriteFeature
import com.fasterxml.jackson.databind.SerializationFeature
import com.fasterxml.jackson.databind.json.JsonMapper
import com.fasterxml.jackson.databind.jsontype.impl.LaissezFaireSubTypeValidator
import com.langfuse.sdk.DEADLINE
import com.langfuse.sdk.internal.JsonEncoder
import com.langfuse.sdk.internal.QuietLog
import com.langfuse.sdk.local.Fault
import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.local.LocalMedia
import com.langfuse.sdk.warningsOf
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.longs.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldMatch
import io.kotest.matchers.string.shouldNotContain
import io.kotest.matchers.types.shouldBeSameInstanceAs
import java.time.Duration
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.CountDownLatch
import kotlin.concurrent.thread

/** From a text on its way out to files in Langfuse, over real sockets. */
class MediaUploadsTest :
    FunSpec({
        val put = "PUT /put/$PNG_ID"
        val patch = "PATCH /media/$PNG_ID"

        fun bytes(size: Int, seed: Int = 0) = ByteArray(size) { (it + seed).toByte() }

        fun uri(bytes: ByteArray) = "data:image/png;base64," + base64(bytes)

        test("announced, uploaded, reported: and the text leaves after that") {
            withMedia { local, wire ->
                wire.sent("see $PNG_URI") shouldBe "see $PNG_REFERENCE"
                wire.flush() shouldBe 0
                local.calls() shouldBe listOf("POST /media", put, patch)
                val media = local.media().single()
                media.id() shouldBe PNG_ID
                media.contentType() shouldBe "image/png"
                media.bytes() shouldBe PNG
                media.links() shouldBe listOf(LocalMedia.Link(TRACE, SPAN, "input"))
                media.uploadHttpStatus() shouldBe 200
                media.uploadHttpError() shouldBe null
                media.uploadedAt() shouldNotBe null
                wire.counts() shouldBe listOf(1, 0, 0)
            }
        }

        test("the upload carries what stores of blobs ask for, and none of our keys") {
            withMedia { local, wire ->
                wire.sent(PNG_URI)
                wire.flush()
                val headers = local.requests().single { it.method() == "PUT" }.headers()
                headers["content-type"] shouldBe "image/png"
                headers["x-amz-checksum-sha256"] shouldBe MediaHash.of(PNG).base64()
                headers["x-ms-blob-type"] shouldBe "BlockBlob"
                headers.keys.filter { it == "authorization" || it.startsWith("x-langfuse") }.shouldBeEmpty()
            }
        }

        context("Google's hosts get the content type alone, others that sound like them do not") {
            withData(
                "storage.googleapis.com" to true,
                "bucket.storage.googleapis.com" to true,
                "notstorage.googleapis.com" to false,
                "storage.googleapis.com.example.org" to false,
            ) { (host, isGoogle) ->
                LocalLangfuse.builder().uploadHost(host).start().use { local ->
                    MediaWire(local, http = { it.proxy(ProxyTo(local.baseUrl())) }).use { wire ->
                        wire.sent(PNG_URI)
                        wire.flush() shouldBe 0
                        wire.counts() shouldBe listOf(1, 0, 0)
                        val sent = local.requests().single { it.method() == "PUT" }.headers().keys
                        sent.any { it.startsWith("x-amz-") || it.startsWith("x-ms-") } shouldBe !isGoogle
                    }
                }
            }
        }

        test("the same bytes are uploaded once, and announced for each place that shows them") {
            withMedia { local, wire ->
                wire.sent("$PNG_URI and $PNG_URI")
                wire.sent(PNG_URI, span = "0000000000000002")
                wire.sent(PNG_URI, OUTPUT)
                wire.sent(PNG_URI, "$METADATA.photo")
                wire.sent(PNG_URI, "$METADATA.again")
                wire.flush()
                wire.sent(PNG_URI, trace = "0".repeat(31) + "1")
                wire.sent(PNG_URI)
                wire.flush()
                local.calls().count { it == put } shouldBe 1
                local.calls().count { it == patch } shouldBe 1
                local.media().single().links() shouldContainExactlyInAnyOrder
                    listOf(
                        LocalMedia.Link(TRACE, SPAN, "input"),
                        LocalMedia.Link(TRACE, "0000000000000002", "input"),
                        LocalMedia.Link(TRACE, SPAN, "output"),
                        LocalMedia.Link(TRACE, SPAN, "metadata"),
                        LocalMedia.Link("0".repeat(31) + "1", SPAN, "input"),
                    )
                wire.counts() shouldBe listOf(5, 0, 0)
            }
        }

        test("what the server has already is not uploaded") {
            LocalLangfuse.start().use { local ->
                repeat(2) { process ->
                    MediaWire(local).use { wire ->
                        wire.sent(PNG_URI, span = "000000000000000$process") shouldBe PNG_REFERENCE
                        wire.flush() shouldBe 0
                        wire.counts() shouldBe listOf(1, 0, 0)
                    }
                }
                local.calls().count { it == put } shouldBe 1
                local.media().single().links() shouldHaveSize 2
            }
        }

        context("which attribute becomes which field") {
            withData(
                INPUT to "input",
                OUTPUT to "output",
                METADATA to "metadata",
                "$METADATA.a.b" to "metadata",
                "langfuse.trace.input" to "input",
                "langfuse.trace.output" to "output",
                "langfuse.trace.metadata" to "metadata",
                "langfuse.trace.metadata.x" to "metadata",
                "gen_ai.prompt.0.content" to "input",
                "gen_ai.input.messages" to "input",
                "gen_ai.completion.0.content" to "output",
                "gen_ai.output.messages" to "output",
                "input.value" to "input",
                "llm.output_messages.0.message.content" to "output",
                "traceloop.entity.output" to "output",
                "ai.response.text" to "output",
                "gen_ai.system_instructions" to "input",
            ) { (attribute, field) ->
                withMedia { local, wire ->
                    wire.sent(PNG_URI, attribute) shouldBe PNG_REFERENCE
                    wire.flush()
                    local.media().single().links().single().field() shouldBe field
                }
            }
        }

        context("other attributes are left alone") {
            withData(
                "langfuse.observation.status_message",
                "langfuse.observation.inputs",
                "langfuse.observation.model.parameters",
                "db.statement",
                "url.full",
            ) { attribute ->
                withMedia { local, wire ->
                    wire.sent(PNG_URI, attribute) shouldBe PNG_URI
                    wire.flush()
                    local.requests().shouldBeEmpty()
                }
            }
        }

        test("what was handed in is found again, alone and inside whatever held it") {
            data class Question(val text: String, val photo: LangfuseMedia)
            val photo = LangfuseMedia.of(PNG, "image/png")
            val reference = reference("image/png", PNG, "bytes")
            withMedia { local, wire ->
                wire.sent(photo) shouldBe reference
                wire.sent(listOf(1, photo)) shouldBe """[1,"$reference"]"""
                wire.sent(mapOf("a" to mapOf("b" to photo)), OUTPUT) shouldBe """{"a":{"b":"$reference"}}"""
                wire.sent(Question("what?", photo), "$METADATA.q") shouldBe """{"text":"what?","photo":"$reference"}"""
                wire.sent(photo, "langfuse.observation.model.parameters") shouldBe reference
                wire.flush() shouldBe 0
                local.media().single().bytes() shouldBe PNG
                local.media().single().links().map { it.field() } shouldBe listOf("input", "output", "metadata")
                local.calls().count { it == put } shouldBe 1
            }
        }

        test("the application's own mapper makes no difference") {
            withMedia { local, wire ->
                val mapper = JsonMapper.builder()
                    .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .activateDefaultTyping(
                        LaissezFaireSubTypeValidator.instance,
                    ).build()
                val encoder = JsonEncoder(
                    mapper,
                    50,
                    MediaUploads.texts(wire.uploads),
                    QuietLog(false),
                )
                val media = LangfuseMedia.of(PNG, "image/png")
                val reference = reference("image/png", PNG, "bytes")
                wire.sent(encoder.encode(media)!!) shouldBe reference
                val wide = JsonEncoder(
                    mapper,
                    5_000,
                    MediaUploads.texts(wire.uploads),
                    QuietLog(false),
                )
                wire.sent(wide.encode(arrayOf<Any>("é", media))!!) shouldContain "\"$reference\""
            }
        }

        test("the caller neither hashes nor uploads: that is left to the delivery threads") {
            withMedia { local, wire ->
                val text = wire.encoder.encode(listOf(LangfuseMedia.of(PNG, "image/png")))!!
                text shouldMatch Regex("\\[\"@@@langfusePending:[0-9a-f]+\\|image/png 8 bytes@@@\"]")
                wire.flush()
                local.requests().shouldBeEmpty()
                wire.sent(text) shouldBe "[\"${reference("image/png", PNG, "bytes")}\"]"
            }
        }

        test("a text that is met twice says the same, whoever meets it first") {
            withMedia { local, wire ->
                val text = wire.encoder.encode(LangfuseMedia.of(bytes(3_000_000), "image/png"))!!
                val results = ConcurrentLinkedQueue<String>()
                (1..8).map { i ->
                    thread { results += wire.sent(text, span = "000000000000000$i") }
                }.forEach { it.join() }
                results.toSet() shouldBe setOf(reference("image/png", bytes(3_000_000), "bytes"))
                wire.flush() shouldBe 0
                local.calls().count { it.startsWith("PUT") } shouldBe 1
                wire.counts() shouldBe listOf(8, 0, 0)
            }
        }

        test("what cannot be read is counted, and says so once in the log") {
            withMedia { local, wire ->
                val warnings = warningsOf {
                    repeat(3) {
                        wire.sent(mapOf("a" to LangfuseMedia.ofDataUri("nonsense"))) shouldBe
                            """{"a":"<media: cannot read data URI: write data:<type>;base64,<data>>"}"""
                    }
                }
                warnings.single() shouldContain "cannot be read"
                wire.counts() shouldBe listOf(0, 0, 3)
                wire.flush() shouldBe 0
                local.requests().shouldBeEmpty()
            }
        }

        test("what waits for its observation is bounded by bytes: the oldest leaves a marker") {
            withMedia(mostBytes = 1_000) { _, wire ->
                val first = wire.encoder.encode(LangfuseMedia.of(bytes(600), "image/png"))!!
                val second = wire.encoder.encode(LangfuseMedia.of(bytes(600, 1), "image/png"))!!
                wire.sent(listOf(first, second).joinToString(" ")) shouldBe
                    "<media image/png 600 bytes, dropped: not in memory any more> " +
                    reference("image/png", bytes(600, 1), "bytes")
                wire.flush()
                wire.counts() shouldBe listOf(1, 0, 1)
                wire.losses shouldBe listOf("1 media dropped")
            }
        }

        test("one that is heavier than all may be together still gets through") {
            withMedia(mostBytes = 1_000) { local, wire ->
                wire.sent(LangfuseMedia.of(bytes(5_000), "image/png")) shouldBe
                    reference("image/png", bytes(5_000), "bytes")
                wire.flush() shouldBe 0
                local.media().single().bytes() shouldBe bytes(5_000)
            }
        }

        test("what waits for its upload is bounded by bytes: the newest leaves a marker, and spans never wait") {
            withMedia(mostBytes = 10_000, patience = IMPATIENT) { local, wire ->
                local.always(Fault.hang())
                wire.sent(uri(bytes(6_000))) shouldBe reference("image/png", bytes(6_000))
                wire.sent(uri(bytes(6_000, 1))) shouldBe "<media image/png 6000 bytes, dropped: upload queue full>"
                wire.sent("""{"a":"${uri(bytes(6_000, 2))}"}""") shouldBe
                    """{"a":"<media image/png 6000 bytes, dropped: upload queue full>"}"""
                // Only its place is new: the bytes are there already.
                wire.sent(uri(bytes(6_000)), OUTPUT) shouldBe reference("image/png", bytes(6_000))
                wire.counts() shouldBe listOf(0, 0, 2)
                wire.flush(Duration.ofMillis(50)) shouldBe 2
            }
        }

        test("bytes are let go of when they have arrived, so that there is room again") {
            withMedia(mostBytes = 10_000) { local, wire ->
                (0..9).forEach {
                    wire.sent(uri(bytes(6_000, it))) shouldBe reference("image/png", bytes(6_000, it))
                    wire.flush() shouldBe 0
                }
                local.media() shouldHaveSize 10
                wire.counts() shouldBe listOf(10, 0, 0)
            }
        }

        test("a file that the store always fails with does not hold up others") {
            withMedia(patience = IMPATIENT) { local, wire ->
                local.always(Fault.status(500).on("/local-media-upload/$PNG_ID"))
                wire.sent(PNG_URI)
                wire.sent(HELLO_URI)
                wire.flush() shouldBe 0
                wire.counts() shouldBe listOf(1, 1, 0)
                wire.uploads.ledger().failures() shouldBe mapOf(500 to 1L)
            }
        }

        context("passing troubles are waited out") {
            withData(
                nameFn = { it.toString() },
                Fault.status(503).on("/api/public/media"),
                Fault.status(429).retryAfter("0").on("/api/public/media"),
                Fault.status(500).on("/local-media-upload"),
                Fault.reset().on("/local-media-upload"),
                Fault.status(502).on("/api/public/media/"),
            ) { fault ->
                withMedia { local, wire ->
                    local.enqueue(fault)
                    wire.sent(PNG_URI)
                    wire.flush() shouldBe 0
                    wire.counts() shouldBe listOf(1, 0, 0)
                    wire.uploads.ledger().retried() shouldBe 1
                    local.media().single().bytes() shouldBe PNG
                    local.media().single().uploadHttpStatus() shouldBe 200
                }
            }
        }

        test("an announcement that is refused is counted with its status, and warned of once") {
            withMedia { local, wire ->
                local.always(Fault.status(400).on("/api/public/media"))
                val warnings = warningsOf(atLeast = 1) {
                    wire.sent(PNG_URI) shouldBe "<media image/png 8 bytes, upload failed: status 400>"
                    wire.sent(HELLO_URI) shouldBe "<media text/plain 5 bytes, upload failed: status 400>"
                    wire.flush() shouldBe 0
                }
                warnings.single() shouldMatch Regex("1 media are lost: Langfuse at ${local.baseUrl()} answered 400.*")
                wire.uploads.ledger().failures() shouldBe mapOf(400 to 2L)
                wire.losses.sumOf { it.removeSuffix(" media failed 400").toInt() } shouldBe 2
                local.calls() shouldBe listOf("POST /media", "POST /media")
            }
        }

        test("a type that the server does not take is its decision") {
            withMedia { _, wire ->
                wire.sent("data:font/woff2;base64,AAECAwQF") shouldBe
                    "<media font/woff2 6 bytes, upload failed: status 400>"
                wire.flush() shouldBe 0
                wire.uploads.ledger().failures() shouldBe mapOf(400 to 1L)
            }
        }

        test("an upload that fails is reported, counted, and tried again with the next that shows the file") {
            withMedia { local, wire ->
                local.enqueue(Fault.status(403).on("/local-media-upload"))
                val warnings = warningsOf(atLeast = 1) {
                    wire.sent(PNG_URI) shouldBe "<media image/png 8 bytes, upload failed: status 403>"
                    wire.flush() shouldBe 0
                }
                warnings.single() shouldContain "gave an upload URL that answered 403"
                warnings.single() shouldNotContain "token="
                local.media().single().uploadHttpStatus() shouldBe 403
                local.media().single().uploadHttpError()!! shouldContain "403"
                wire.counts() shouldBe listOf(0, 1, 0)

                wire.sent(PNG_URI) shouldBe PNG_REFERENCE
                wire.flush() shouldBe 0
                local.media().single().bytes() shouldBe PNG
                local.media().single().uploadHttpStatus() shouldBe 200
                wire.counts() shouldBe listOf(1, 1, 0)
            }
        }

        test(
            "a file that was handed in and lost says so when its text is met again, and comes through when handed in again",
        ) {
            withMedia { local, wire ->
                local.enqueue(Fault.status(400).on("/api/public/media"))
                val media = LangfuseMedia.of(PNG, "image/png")
                val text = wire.encoder.encode(media)!!
                wire.sent(text) shouldBe "<media image/png 8 bytes, upload failed: status 400>"
                wire.flush()
                wire.sent(text, OUTPUT) shouldBe "<media image/png 8 bytes, dropped: upload failed before>"
                wire.sent(media, OUTPUT) shouldBe reference("image/png", PNG, "bytes")
                wire.flush()
                local.media().single().bytes() shouldBe PNG
                wire.counts() shouldBe listOf(1, 1, 1)
            }
        }

        test("a report that is lost is made up for with the next place, without a second upload") {
            // As the real server: it asks for an upload until one is reported.
            val calls = CopyOnWriteArrayList<String>()
            val answers =
                { method: String, host: String ->
                    calls += method
                    when (method) {
                        "POST" -> 201 to """{"mediaId":"$PNG_ID","uploadUrl":"http://$host/blob"}"""
                        "PATCH" -> (if (calls.count { it == "PATCH" } == 1) 400 else 200) to "{}"
                        else -> 200 to ""
                    }
                }
            StubServer(answers).use { server ->
                LocalLangfuse.start().use { local ->
                    MediaWire(local, http = { it.proxy(ProxyTo(server.address, all = true)) }).use { wire ->
                        wire.sent(PNG_URI) shouldBe "<media image/png 8 bytes, upload failed: status 400>"
                        wire.flush() shouldBe 0
                        wire.counts() shouldBe listOf(0, 1, 0)
                        wire.sent(PNG_URI, OUTPUT) shouldBe PNG_REFERENCE
                        wire.flush() shouldBe 0
                        wire.counts() shouldBe listOf(1, 1, 0)
                        calls shouldBe listOf("POST", "PUT", "PATCH", "POST", "PATCH")
                    }
                }
            }
        }

        context("a server that says nonsense") {
            withData(
                nameFn = { it.first },
                "another id" to """{"mediaId":"other","uploadUrl":null}""",
                "no URL" to """{"mediaId":"$PNG_ID","uploadUrl":"::"}""",
                "a file" to """{"mediaId":"$PNG_ID","uploadUrl":"file:///etc/passwd"}""",
                "a relative URL" to """{"mediaId":"$PNG_ID","uploadUrl":"/upload"}""",
                "a host without a name" to """{"mediaId":"$PNG_ID","uploadUrl":"http:///x"}""",
            ) { (_, body) ->
                StubServer { _, _ -> 201 to body }.use { server ->
                    LocalLangfuse.start().use { local ->
                        MediaWire(local, http = { it.proxy(ProxyTo(server.address, all = true)) }).use { wire ->
                            wire.sent(PNG_URI) shouldBe "<media image/png 8 bytes, upload failed>"
                            wire.flush() shouldBe 0
                            wire.counts() shouldBe listOf(0, 1, 0)
                            wire.uploads.ledger().failures() shouldBe mapOf(0 to 1L)
                        }
                    }
                }
            }
        }

        context("an answer that is none of Langfuse's is no upload") {
            val announced = """{"mediaId":"$PNG_ID","uploadUrl":"http://store.invalid/blob"}"""
            val page = "<!DOCTYPE html><title>Sign in</title>"
            withData(
                nameFn = { it.toString() },
                mapOf("POST" to page) to 201,
                mapOf("POST" to "") to 201,
                mapOf("POST" to "[]") to 201,
                mapOf("POST" to "{}") to 201,
                mapOf("POST" to """{"mediaId":"$PNG_ID"}""") to 201,
                mapOf("POST" to """{"uploadUrl":null}""") to 201,
                mapOf("POST" to """{"mediaId":"$PNG_ID","uploadUrl":{}}""") to 201,
                mapOf("POST" to announced, "PUT" to page) to 200,
                mapOf("POST" to announced, "PUT" to "<?xml version='1.0'?><Error><Code>x</Code></Error>") to 200,
                mapOf("POST" to announced, "PUT" to "", "PATCH" to page) to 200,
                mapOf("POST" to announced, "PUT" to "", "PATCH" to """{"error":"no"}""") to 200,
            ) { (bodies, status) ->
                val calls = CopyOnWriteArrayList<String>()
                StubServer { method, _ ->
                    calls += method
                    (if (method == "POST") 201 else 200) to (bodies[method] ?: "{}")
                }.use { server ->
                    LocalLangfuse.start().use { local ->
                        val http = { it: java.net.http.HttpClient.Builder ->
                            it.proxy(ProxyTo(server.address, all = true))
                            Unit
                        }
                        MediaWire(local, retryFor = Duration.ZERO, http = http).use { wire ->
                            wire.sent(PNG_URI)
                            wire.flush() shouldBe 0
                            wire.counts() shouldBe listOf(0, 1, 0)
                            wire.uploads.ledger().failures() shouldBe mapOf(status to 1L)
                        }
                    }
                }
                calls.filter { it != "POST" } shouldBe bodies.keys.filter { it != "POST" } // a page is not reported
            }
        }

        test("an upload to a host that nobody knows says so at once, with its name") {
            StubServer { method, _ ->
                201 to """{"mediaId":"$PNG_ID","uploadUrl":"http://minio.invalid:9000/blob?token=secret"}"""
            }.use { server ->
                LocalLangfuse.start().use { local ->
                    val warnings = warningsOf(atLeast = 1) {
                        val toLangfuse = object : java.net.ProxySelector() {
                            override fun select(uri: java.net.URI) =
                                if (uri.host.endsWith(".invalid")) {
                                    listOf(java.net.Proxy.NO_PROXY)
                                } else {
                                    ProxyTo(server.address, all = true).select(uri)
                                }

                            override fun connectFailed(
                                uri: java.net.URI,
                                address: java.net.SocketAddress,
                                e: java.io.IOException,
                            ) = Unit
                        }
                        MediaWire(local, patience = IMPATIENT, http = { it.proxy(toLangfuse) }).use { wire ->
                            wire.sent(PNG_URI)
                            wire.line.giveUpIfUnreachable(true)
                            wire.flush(Duration.ofMinutes(2)) shouldBe 1
                            wire.line.problem()!! shouldContain "unknown host minio.invalid"
                        }
                    }
                    warnings.first() shouldContain "at minio.invalid:9000 that could not be reached: unknown host"
                    warnings.forEach { it shouldNotContain "secret" }
                }
            }
        }

        context("an upload that fails for good leaves a text in its place, whatever it fails at") {
            withData(
                nameFn = { it.first.toString() },
                Fault.status(400).on("/api/public/media") to 400,
                Fault.status(404).on("/api/public/media") to 404,
                Fault.status(413).on("/api/public/media") to 413,
                Fault.status(403).on("/local-media-upload") to 403,
                Fault.status(404).on("/local-media-upload") to 404,
            ) { (fault, status) ->
                withMedia { local, wire ->
                    local.always(fault)
                    val text = "<media image/png 8 bytes, upload failed: status $status>"
                    wire.sent("see $PNG_URI") shouldBe "see $text"
                    wire.sent("""{"b64_json":"${base64(PNG)}"}""", OUTPUT) shouldBe """{"b64_json":"$text"}"""
                    wire.sent(LangfuseMedia.of(PNG, "image/png"), "$METADATA.photo") shouldBe text
                    wire.sent(mapOf("photo" to PNG)) shouldBe """{"photo":"$text"}"""
                    wire.flush() shouldBe 0
                }
            }
        }

        test("passing troubles that do not pass leave a text, too, when the time for retries is up") {
            LocalLangfuse.start().use { local ->
                MediaWire(local, retryFor = Duration.ZERO).use { wire ->
                    local.always(Fault.status(503).on("/local-media-upload"))
                    wire.sent(PNG_URI) shouldBe "<media image/png 8 bytes, upload failed: status 503>"
                    local.always(Fault.reset().on("/local-media-upload"))
                    wire.sent(HELLO_URI) shouldBe "<media text/plain 5 bytes, upload failed>"
                }
            }
        }

        test("one upload that takes long is waited for once: the next spans leave with their references") {
            withMedia(patience = Duration.ofMillis(500)) { local, wire ->
                local.always(Fault.hang())
                val start = System.nanoTime()
                (1..100).forEach {
                    val picture = bytes(100, it)
                    wire.sent(uri(picture)) shouldBe reference("image/png", picture)
                }
                System.nanoTime() - start shouldBeLessThan DEADLINE.toNanos()
                wire.uploads.pending() shouldBe 100
            }
        }

        test("a flush does not wait where the keys are refused") {
            LocalLangfuse.start().use { local ->
                MediaWire(local, secretKey = "sk-wrong", patience = IMPATIENT).use { wire ->
                    wire.sent(PNG_URI)
                    wire.sent(HELLO_URI)
                    val start = System.nanoTime()
                    wire.flush() shouldBe 1
                    System.nanoTime() - start shouldBeLessThan DEADLINE.toNanos() / 2
                }
            }
        }

        test("a flush returns at its deadline, and says what is pending") {
            withMedia(patience = IMPATIENT) { local, wire ->
                local.always(Fault.hang())
                wire.sent("$PNG_URI $HELLO_URI")
                wire.flush(Duration.ofMillis(50)) shouldBe 2
            }
        }

        test("closing drops what is left, counts it, and stops the thread") {
            withMedia(patience = IMPATIENT) { local, wire ->
                local.always(Fault.hang())
                wire.sent("$PNG_URI $HELLO_URI")
                local.awaitRequests(1, DEADLINE)
                wire.uploads.close()
                wire.flush() shouldBe 0
                wire.counts() shouldBe listOf(0, 0, 2)
                wire.sent(PNG_URI, OUTPUT) shouldBe "<media image/png 8 bytes, dropped: client closed>"
                wire.counts() shouldBe listOf(0, 0, 3)
            }
        }

        test("a last flush refuses what is handed in, and takes what is on its way") {
            withMedia { local, wire ->
                val before = wire.encoder.encode(LangfuseMedia.of(PNG, "image/png"))!!
                wire.uploads.refuse()
                wire.encoder.encode(LangfuseMedia.of(PNG, "image/png")) shouldBe
                    "<media image/png 8 bytes, dropped: client closed>"
                wire.sent(before) shouldBe reference("image/png", PNG, "bytes")
                wire.sent(HELLO_URI) shouldBe HELLO_REFERENCE
                wire.flush() shouldBe 0
                local.media() shouldHaveSize 2
                wire.counts() shouldBe listOf(2, 0, 1)
            }
        }

        test("16 threads, 100 files in 1,600 places: each file arrives once, each place is announced") {
            withMedia(mostBytes = 1L shl 26) { local, wire ->
                val go = CountDownLatch(1)
                val threads = (0 until 16).map { t ->
                    thread {
                        go.await()
                        (0 until 100).forEach {
                            wire.sent(
                                uri("picture $it".toByteArray()),
                                span = "%016x".format(t * 1_000 + it + 1),
                            )
                        }
                    }
                }
                go.countDown()
                threads.forEach { it.join() }
                wire.flush() shouldBe 0
                local.media() shouldHaveSize 100
                local.calls().count { it.startsWith("PUT") } shouldBe 100
                local.media().sumOf { it.links().size } shouldBe 1_600
                wire.counts() shouldBe listOf(1_600, 0, 0)
            }
        }

        test("texts without media cost nothing and are the same instance") {
            withMedia { _, wire ->
                val text = "{\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}"
                wire.uploads.mayChange(text.toByteArray()) shouldBe false
                wire.sent(text) shouldBeSameInstanceAs text
                wire.sent(PNG_REFERENCE) shouldBe PNG_REFERENCE
            }
        }
    })
