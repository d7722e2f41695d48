package com.langfuse.sdk.local

import com.fasterxml.jackson.databind.ObjectMapper
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.maps.shouldContain
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldStartWith
import java.net.URI
import java.time.Duration
import java.time.Instant

class MediaTest :
    FunSpec({

        val media = "/api/public/media"
        val hello = "Hello".toByteArray()
        val hash = "GF+NsyJx/iX1Yab8k4suJkMG7DBO2lGAB9F2SCY4GWk="
        val id = "GF-NsyJx_iX1Yab8k4suJk"
        val headers = mapOf("Content-Type" to "image/png", "x-amz-checksum-sha256" to hash)

        fun announcement(vararg changes: Pair<String, Any?>) =
            Json.text(
                mapOf(
                    "contentLength" to 5,
                    "traceId" to TRACE,
                    "observationId" to spanId(1),
                    "field" to "input",
                    "contentType" to "image/png",
                    "sha256Hash" to hash,
                ) + changes,
            )

        fun Sender.announce(vararg changes: Pair<String, Any?>) = api("POST", media, announcement(*changes))

        fun Sender.uploadUrl(): String = Json.parse(announce().body())!!["uploadUrl"].textValue()

        val uploaded = """{"uploadedAt":"2026-01-02T03:04:05Z","uploadHttpStatus":200,"uploadTimeMs":12}"""

        test("announced, uploaded without keys, reported and looked up") {
            withLangfuse { langfuse, sender ->
                val url = sender.uploadUrl()
                url shouldStartWith "${langfuse.baseUrl()}/local-media-upload/$id?token="
                langfuse.media().single().bytes().shouldBeNull()
                sender.get("$media/$id").statusCode() shouldBe 404

                sender.send("PUT", url, hello, headers + ("x-ms-blob-type" to "BlockBlob")).statusCode() shouldBe 200
                sender.get("$media/$id").statusCode() shouldBe 404
                sender.api("PATCH", "$media/$id", uploaded).statusCode() shouldBe 200

                Json.parse(sender.get("$media/$id").body())!!.let {
                    it["mediaId"].textValue() shouldBe id
                    it["contentType"].textValue() shouldBe "image/png"
                    it["contentLength"].intValue() shouldBe 5
                    it["uploadedAt"].textValue() shouldBe "2026-01-02T03:04:05Z"
                }
                langfuse.media().single().let {
                    it.id() shouldBe id
                    it.sha256() shouldBe hash
                    it.contentType() shouldBe "image/png"
                    it.contentLength() shouldBe 5
                    it.bytes()!!.toList() shouldBe hello.toList()
                    it.links() shouldBe listOf(LocalMedia.Link(TRACE, spanId(1), "input"))
                    it.uploadHttpStatus() shouldBe 200
                    it.uploadHttpError().shouldBeNull()
                    it.uploadedAt() shouldBe Instant.parse("2026-01-02T03:04:05Z")
                }
                sender.api("PATCH", "$media/$id", uploaded.replace("200", "201")).statusCode() shouldBe 200
                sender.get("$media/$id").statusCode() shouldBe 200
                langfuse.clear()
                langfuse.media().shouldBeEmpty()
            }
        }

        test("bytes that are stored are not asked for again, but linked from one more place") {
            withLangfuse { langfuse, sender ->
                val url = sender.uploadUrl()
                sender.uploadUrl() shouldBe url
                sender.send("PUT", url, hello, headers)

                val response = sender.announce("observationId" to null, "field" to "output")
                response.statusCode() shouldBe 201
                response.body() shouldBe """{"mediaId":"$id","uploadUrl":null}"""
                langfuse.media().single().links() shouldBe
                    listOf(LocalMedia.Link(TRACE, spanId(1), "input"), LocalMedia.Link(TRACE, null, "output"))
            }
        }

        test("under another content type they are asked for again") {
            withLangfuse { langfuse, sender ->
                val url = sender.uploadUrl()
                sender.send("PUT", url, hello, headers)

                sender.announce("contentType" to "text/plain").body() shouldContain url
                langfuse.media().single().let {
                    it.contentType() shouldBe "text/plain"
                    it.bytes().shouldBeNull()
                }
            }
        }

        test("a failed upload is reported") {
            withLangfuse { langfuse, sender ->
                sender.announce()
                val report =
                    """{"uploadedAt":"2026-01-02T03:04:05+01:00","uploadHttpStatus":503,"uploadHttpError":"x"}"""
                sender.api("PATCH", "$media/$id", report).statusCode() shouldBe 200

                langfuse.media().single().let {
                    it.uploadHttpStatus() shouldBe 503
                    it.uploadHttpError() shouldBe "x"
                    it.bytes().shouldBeNull()
                }
                sender.get("$media/$id").statusCode() shouldBe 404
            }
        }

        test("reports that make no sense, and media nobody knows") {
            withLangfuse { _, sender ->
                sender.announce()
                listOf(
                    """{"uploadHttpStatus":200}""",
                    """{"uploadedAt":"now","uploadHttpStatus":200}""",
                    """{"uploadedAt":"2026-01-02T03:04:05Z"}""",
                    """{"uploadedAt":"2026-01-02T03:04:05Z","uploadHttpStatus":"200"}""",
                    """{"uploadedAt":"2026-01-02T03:04:05Z","uploadHttpStatus":200,"uploadTimeMs":"1"}""",
                    "x",
                ).forEach { sender.api("PATCH", "$media/$id", it).statusCode() shouldBe 400 }
                sender.api("PATCH", "$media/other", uploaded).statusCode() shouldBe 404
                sender.get("$media/other").statusCode() shouldBe 404
                sender.get("$media/$id/x").statusCode() shouldBe 404
                sender.api("DELETE", "$media/$id", "").statusCode() shouldBe 405
                sender.get(media).statusCode() shouldBe 405
            }
        }

        context("uploads refused as by a store of blobs") {
            withData<Pair<Triple<Map<String, String>, String, String>, Int>>(
                { (sent, status) -> "$sent gets $status" },
                listOf(
                    Triple(headers + ("Authorization" to "Basic x"), "Hello", "") to 400,
                    Triple(headers + ("Content-Type" to "image/jpeg"), "Hello", "") to 400,
                    Triple(headers - "Content-Type", "Hello", "") to 400,
                    Triple(headers + ("x-amz-checksum-sha256" to hash.reversed()), "Hello", "") to 400,
                    Triple(headers - "x-amz-checksum-sha256", "Hello", "") to 400,
                    Triple(headers, "Hello!", "") to 400,
                    Triple(headers, "Hellx", "") to 400,
                    Triple(headers, "Hello", "x") to 403,
                    Triple(headers, "Hello", "") to 200,
                ),
            ) { (sent, status) ->
                withLangfuse { langfuse, sender ->
                    val response =
                        sender.send("PUT", sender.uploadUrl() + sent.third, sent.second.toByteArray(), sent.first)

                    response.statusCode() shouldBe status
                    langfuse.media().count { it.bytes() != null } shouldBe if (status == 200) 1 else 0
                }
            }
        }

        test("keys sent to the store of blobs are there to be seen") {
            withLangfuse { langfuse, sender ->
                sender.send("PUT", sender.uploadUrl(), hello, headers + ("Authorization" to "Basic x"))
                langfuse.requests().last().headers() shouldContain ("authorization" to "Basic x")
            }
        }

        test("uploads nobody announced, and other methods") {
            withLangfuse { _, sender ->
                val url = sender.uploadUrl()
                sender.send("PUT", url.replace(id, "other"), hello, headers).statusCode() shouldBe 404
                sender.send("GET", url, byteArrayOf(), emptyMap()).statusCode() shouldBe 403
                sender.send("POST", url, byteArrayOf(), emptyMap()).statusCode() shouldBe 405
            }
        }

        test("what was uploaded is there to be fetched, for an hour and by whoever has the URL, and is never run") {
            withLangfuse { _, sender ->
                val before = Instant.now()
                sender.send("PUT", sender.uploadUrl(), hello, headers)
                sender.api("PATCH", "$media/$id", uploaded)
                val file = ObjectMapper().readTree(sender.get("$media/$id").body())
                file.fieldNames().asSequence().toList() shouldBe
                    listOf("mediaId", "contentType", "contentLength", "uploadedAt", "url", "urlExpiry")
                Duration.between(before, Instant.parse(file["urlExpiry"].textValue())).toMinutes() shouldBe 60

                val url = file["url"].textValue()
                sender.send("GET", url, byteArrayOf(), emptyMap()).let {
                    it.statusCode() shouldBe 200
                    it.body() shouldBe "Hello"
                    it.headers().firstValue("Content-Type").get() shouldBe "image/png"
                    it.headers().firstValue("Content-Security-Policy").get() shouldBe "sandbox; default-src 'none'"
                    it.headers().firstValue("X-Content-Type-Options").get() shouldBe "nosniff"
                }
                sender.send("GET", "${url}x", byteArrayOf(), emptyMap()).statusCode() shouldBe 403
                sender.send("GET", url.replace(id, "other"), byteArrayOf(), emptyMap()).statusCode() shouldBe 404
                val keys = mapOf("Authorization" to sender.basic())
                sender.send("GET", url, byteArrayOf(), keys).statusCode() shouldBe 400
                sender.send("PUT", url, hello, headers).statusCode() shouldBe 403
            }
        }

        test("a page that was uploaded is a download") {
            withLangfuse { langfuse, sender ->
                sender.upload("<script>".toByteArray(), contentType = "text/html")
                val uploaded = langfuse.media().single().id()
                val report = """{"uploadedAt":"2026-01-02T03:04:05Z","uploadHttpStatus":200}"""
                sender.api("PATCH", "$media/$uploaded", report).statusCode() shouldBe 200
                val url = ObjectMapper().readTree(sender.get("$media/$uploaded").body())["url"].textValue()
                val answer = sender.send("GET", url, byteArrayOf(), emptyMap())
                answer.headers().firstValue("Content-Disposition").get() shouldBe "attachment"
            }
        }

        test("Google's store wants no headers but the content type") {
            withLangfuse(LocalLangfuse.builder().uploadHost("x.storage.googleapis.com")) { langfuse, sender ->
                val url = URI.create(sender.uploadUrl())
                url.authority shouldBe "x.storage.googleapis.com:${langfuse.baseUrl().port}"
                val target = "${url.path}?${url.query}"
                val type = mapOf("Content-Type" to "image/png")
                sender.send("PUT", target, hello, headers).statusCode() shouldBe 400
                sender.send("PUT", target, hello, type + ("x-ms-blob-type" to "BlockBlob")).statusCode() shouldBe 400
                sender.send("PUT", target, hello, type).statusCode() shouldBe 200
            }
            withLangfuse(LocalLangfuse.builder().uploadHost("blobs.example")) { _, sender ->
                val url = URI.create(sender.uploadUrl())
                sender.send("PUT", "${url.path}?${url.query}", hello, headers).statusCode() shouldBe 200
            }
        }

        context("announcements refused with 400 and a message") {
            withData<Pair<Pair<String, Any?>, String>>(
                { (change, message) -> "$change: $message" },
                listOf(
                    ("contentLength" to 0) to "contentLength must be an integer",
                    ("contentLength" to 1.5) to "contentLength must be an integer",
                    ("contentLength" to "5") to "contentLength must be an integer",
                    ("contentLength" to 1_000_000_001) to "at most",
                    ("traceId" to null) to "traceId",
                    ("observationId" to 1) to "observationId",
                    ("field" to "tags") to "field must be one of",
                    ("contentType" to "image/nonsense") to "contentType",
                    ("contentType" to "png") to "contentType",
                    ("contentType" to "text/plain; charset=utf-8") to "contentType",
                    ("sha256Hash" to id) to "44 characters",
                    ("sha256Hash" to hash.replace('+', '-')) to "44 characters",
                ),
            ) { (change, message) ->
                withLangfuse { langfuse, sender ->
                    val response = sender.announce(change)
                    response.statusCode() shouldBe 400
                    response.body() shouldContain message
                    langfuse.media().shouldBeEmpty()
                }
            }
        }

        test("content types of every kind are taken") {
            withLangfuse { _, sender ->
                listOf("image/svg+xml", "audio/mp4", "video/x-matroska", "text/x-python", "application/x-tar")
                    .forEach { sender.announce("contentType" to it).statusCode() shouldBe 201 }
            }
        }

        test("waiting for media is waiting for bytes") {
            withLangfuse { langfuse, sender ->
                val url = sender.uploadUrl()
                shouldThrow<AssertionError> { langfuse.awaitMedia(1, Duration.ZERO) }
                    .message shouldContain "for the bytes of at least 1 media, of 1 announced."
                val waiting = Thread { sender.send("PUT", url, hello, headers) }.apply { start() }
                langfuse.awaitMedia(1, SOON).single().id() shouldBe id
                waiting.join()
            }
        }

        test("announcing needs the keys") {
            withLangfuse { langfuse, sender ->
                sender
                    .api("POST", media, announcement(), mapOf("Authorization" to "Basic nope"))
                    .statusCode() shouldBe 401
                langfuse.media().shouldBeEmpty()
            }
        }
    })
