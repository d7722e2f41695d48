package com.langfuse.sdk.media

import com.fasterxml.jackson.databind.ObjectMapper
import com.langfuse.sdk.internal.JsonEncoder
import com.langfuse.sdk.internal.QuietLog
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldMatch
import io.kotest.matchers.string.shouldNotContain
import java.nio.file.Path

/** What the application hands in. */
class LangfuseMediaTest :
    FunSpec({
        val folder = tempdir().toPath()

        fun file(name: String, bytes: ByteArray = PNG): Path = folder.resolve(name).also {
            it.toFile().writeBytes(bytes)
        }

        fun notUploaded(value: Any) =
            JsonEncoder(null, Int.MAX_VALUE, MediaUploads.texts(null), QuietLog(false)).encode(value)

        context("the id is a hash of the bytes") {
            withData(
                nameFn = { it.second },
                "Hello".toByteArray() to "GF-NsyJx_iX1Yab8k4suJk",
                byteArrayOf(0, 1, 2, 0xff.toByte()) to "PR9XyYSXjvmKGDeMgWbBy4",
                PNG to PNG_ID,
            ) { (bytes, id) ->
                LangfuseMedia.of(bytes, "image/png").id() shouldBe id
            }
            MediaHash.of("Hello".toByteArray()).base64() shouldBe "GF+NsyJx/iX1Yab8k4suJkMG7DBO2lGAB9F2SCY4GWk="
        }

        test("the reference names type, id and source") {
            LangfuseMedia.of(PNG, "image/png").reference() shouldBe
                "@@@langfuseMedia:type=image/png|id=$PNG_ID|source=bytes@@@"
            LangfuseMedia.ofFile(file("a.png")).reference() shouldBe
                "@@@langfuseMedia:type=image/png|id=$PNG_ID|source=file@@@"
            LangfuseMedia.ofDataUri(PNG_URI).reference() shouldBe PNG_REFERENCE
        }

        test("the bytes are copied, so that a buffer may be used again") {
            val buffer = PNG.clone()
            val media = LangfuseMedia.of(buffer, "image/png")
            buffer.fill(0)
            media.id() shouldBe PNG_ID
            media.length() shouldBe PNG.size
        }

        context("content types are taken as the server knows them") {
            withData(
                "image/png" to "image/png",
                " Image/PNG " to "image/png",
                "audio/webm;codecs=opus" to "audio/webm",
                "image/svg+xml" to "image/svg+xml",
                "png" to "application/octet-stream",
                "" to "application/octet-stream",
                "a/b|id=1@@@" to "application/octet-stream",
            ) { (given, taken) ->
                LangfuseMedia.of(PNG, given).contentType() shouldBe taken
            }
        }

        context("a file's name says what it is") {
            withData(
                "photo.JPG" to "image/jpeg",
                "a.b.mp3" to "audio/mpeg",
                "report.pdf" to "application/pdf",
                "table.xlsx" to "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                "unknown.zzz" to "application/octet-stream",
                "none" to "application/octet-stream",
            ) { (name, type) ->
                LangfuseMedia.ofFile(file(name)).contentType() shouldBe type
            }
            LangfuseMedia.ofFile(file("mine.bin"), "image/webp").contentType() shouldBe "image/webp"
        }

        context("data URIs") {
            withData(
                PNG_URI to PNG_ID,
                "data:image/png;base64,iVBORw0KGgo" to PNG_ID,
                "data:image/png;name=a.png;base64,iVBORw0KGgo=" to PNG_ID,
            ) { (uri, id) ->
                LangfuseMedia.ofDataUri(uri).id() shouldBe id
                LangfuseMedia.ofDataUri(uri).contentType() shouldBe "image/png"
            }
        }

        context("what cannot be read is a text that says so, and no exception") {
            @Suppress("UNCHECKED_CAST")
            fun <T> hostile() = null as T
            withData(
                nameFn = { it.second },
                LangfuseMedia.ofFile(folder.resolve("absent.png")) to "<media: cannot read absent.png (no such file)>",
                LangfuseMedia.ofFile(folder) to "<media: cannot read ${folder.fileName} (Is a directory)>",
                LangfuseMedia.ofDataUri("data:text/plain,hello") to
                    "<media: cannot read data URI: write data:<type>;base64,<data>>",
                LangfuseMedia.ofDataUri("data:image/png;base64,!") to
                    "<media: cannot read data URI: write data:<type>;base64,<data>>",
                LangfuseMedia.ofDataUri("data:image/png;base64,") to "<media: cannot read it is empty>",
                LangfuseMedia.of(byteArrayOf(), "image/png") to "<media: cannot read it is empty>",
                LangfuseMedia.of(hostile(), "image/png") to "<media: cannot read null>",
                LangfuseMedia.ofFile(hostile<Path>()) to "<media: cannot read null (NullPointerException)>",
                LangfuseMedia.ofDataUri(hostile()) to
                    "<media: cannot read data URI: write data:<type>;base64,<data>>",
            ) { (media, marker) ->
                media.reference() shouldBe marker
                media.id() shouldBe ""
                media.toString() shouldContain "LangfuseMedia["
                notUploaded(media) shouldBe marker
            }
        }

        test("a file name cannot break the JSON around its marker") {
            val marker = LangfuseMedia.ofFile(folder.resolve("a\"b\\c")).reference()
            marker shouldBe "<media: cannot read a?b?c (no such file)>"
        }

        test("other JSON writers write the reference, so the application's own records stay readable") {
            ObjectMapper().writeValueAsString(mapOf("photo" to LangfuseMedia.of(PNG, "image/png"))) shouldBe
                """{"photo":"@@@langfuseMedia:type=image/png|id=$PNG_ID|source=bytes@@@"}"""
        }

        test("where nothing is uploaded, the text says what would be there") {
            notUploaded(LangfuseMedia.of(PNG, "image/png")) shouldBe "<media image/png 8 bytes, not uploaded>"
            notUploaded(listOf(LangfuseMedia.of(PNG, "image/png"))) shouldBe
                """["<media image/png 8 bytes, not uploaded>"]"""
        }

        test("it says what it is, not its bytes") {
            LangfuseMedia.of(PNG, "image/png").toString() shouldBe "LangfuseMedia[image/png 8 bytes]"
        }

        test("on its way it is a short text without its hash") {
            val pending = LangfuseMedia.of(PNG, "image/png").pending()
            pending shouldMatch Regex("@@@langfusePending:[0-9a-f]+\\|image/png 8 bytes@@@")
            pending shouldNotContain PNG_ID
        }
    })
