package com.langfuse.sdk.media

import com.fasterxml.jackson.databind.ObjectMapper
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldHaveLength
import io.kotest.matchers.types.shouldBeSameInstanceAs
import io.kotest.property.Arb
import io.kotest.property.arbitrary.Codepoint
import io.kotest.property.arbitrary.choice
import io.kotest.property.arbitrary.constant
import io.kotest.property.arbitrary.list
import io.kotest.property.arbitrary.of
import io.kotest.property.arbitrary.string
import io.kotest.property.checkAll
import java.util.Base64
import kotlin.random.Random
import kotlin.time.Duration.Companion.seconds
import kotlin.time.measureTimedValue

private const val PNG_HEAD = "data:image/png;base64,"

/** Files in texts that others wrote. */
class MediaInTextTest :
    FunSpec({
        fun replaced(text: String, basket: Basket = Basket()) = MediaText.replaceIn(text, basket)

        context("data URIs, and the text around them") {
            withData(
                nameFn = { "'${it.first}'" },
                PNG_URI to PNG_REFERENCE,
                "see $PNG_URI end" to "see $PNG_REFERENCE end",
                "$PNG_URI,$HELLO_URI" to "$PNG_REFERENCE,$HELLO_REFERENCE",
                "![alt]($PNG_URI)" to "![alt]($PNG_REFERENCE)",
                "data:image/png;base64,iVBORw0KGgo and" to "$PNG_REFERENCE and",
                "data:data:image/png;base64,iVBORw0KGgo=" to "data:$PNG_REFERENCE",
                "<img src=\"$PNG_URI\">" to "<img src=\"$PNG_REFERENCE\">",
                """["$PNG_URI","data:text/plain,x"]""" to """["$PNG_REFERENCE","data:text/plain,x"]""",
                """{"a": 1.0E2, "b" : "$PNG_URI" }""" to """{"a": 1.0E2, "b" : "$PNG_REFERENCE" }""",
                """{"$PNG_URI":1}""" to """{"$PNG_URI":1}""",
                "\"$PNG_URI\"" to "\"$PNG_REFERENCE\"",
                "{'python': '$PNG_URI'}" to "{'python': '$PNG_REFERENCE'}",
                "{\"cut\": \"$PNG_URI\", \"rest\": \"no e" to "{\"cut\": \"$PNG_REFERENCE\", \"rest\": \"no e",
                "{\"a\":\"$PNG_URI\"}\n{\"b\":\"$HELLO_URI\"}" to
                    "{\"a\":\"$PNG_REFERENCE\"}\n{\"b\":\"$HELLO_REFERENCE\"}",
            ) { (text, expected) -> replaced(text) shouldBe expected }
        }

        test("types with parameters, as browsers record them, except for texts, whose charset would be lost") {
            val basket = Basket()
            replaced("data:audio/webm;codecs=opus;base64,AAECAwQF", basket) shouldBe
                reference("audio/webm", byteArrayOf(0, 1, 2, 3, 4, 5))
            replaced("data:IMAGE/PNG;base64,iVBORw0KGgo=") shouldBe PNG_REFERENCE
            val text = "data:text/plain;charset=utf-8;base64,aGVsbG8="
            replaced(text) shouldBeSameInstanceAs text
        }

        context("escapes of JSON are understood where they stand") {
            withData(
                nameFn = { "'${it.first}'" },
                """{"a":"data:image\/png;base64,iVBORw0KGgo="}""" to """{"a":"$PNG_REFERENCE"}""",
                """{"a":"data:image/png;base64,iVBORw0KGgo\u003d"}""" to """{"a":"$PNG_REFERENCE"}""",
                """{"a":"\u00e9\n$PNG_URI \"x\""}""" to """{"a":"é\n$PNG_REFERENCE \"x\""}""",
                """{"arguments":"{\"image\":\"$PNG_URI\"}"}""" to """{"arguments":"{\"image\":\"$PNG_REFERENCE\"}"}""",
                """{"data":"\/\/\/\/\/\/\/\/","type":"base64","media_type":"image\/png"}""" to
                    """{"data":"${reference("image/png", ByteArray(6) { -1 })}",""" +
                    """"type":"base64","media_type":"image\/png"}""",
            ) { (text, expected) -> replaced(text) shouldBe expected }
        }

        context("what is none stays, and so does what would be broken") {
            withData(
                nameFn = { "'$it'" },
                "",
                "plain",
                "data:image/png;base64, iVBOR",
                "data:image/png;base64,",
                "data:image/png;base64,A",
                "data:image/png;base64,iVBORw0KGgo===",
                "data:text/plain,hello",
                "data:;base64,AAAA",
                "data:nonsense;base64,AAAA",
                ";base64,AAAA",
                "data:image/png;base64,iVBORw… [cut: 5000 characters]",
                """{"inner":"{\"a\":\"data:image\\/png;base64,iVBO\\/Rw0KGgo=\"}"}""",
                """{\"a\":\"data:image/png;base64,iVBO\/Rw0KGgo=\"}""",
                """{"type":"base64","media_type":"image/png","data":"not base64!"}""",
                """{"type":"base64","media_type":"image/png","data":"AAAA"}""",
                """{"type":"base64","media_type":"image/png","data":12345678}""",
                """{"type":"text","mimeType":"text/plain","data":"AAAAAAAA"}""",
                """{"mimeType":"text/plain","content":"AAAAAAAA"}""",
                """{"type":"base64","data":"AAAAAAAA"}""",
                """{"audio":{"voice":"alloy","format":"wav"}}""",
                """{"type":"base64","media_type":"image/png","data":"AAAAAAAA"""",
                "@@@langfuseMedia:type=image/png|id=$PNG_ID|source=bytes@@@",
                "@@@langfusePending:",
                "@@@langfusePending:abc@@@",
            ) { text ->
                val basket = Basket()
                replaced(text, basket) shouldBeSameInstanceAs text
                basket.taken.shouldBeEmpty()
            }
        }

        context("how vendors write files into JSON") {
            val data = Base64.getEncoder().encodeToString(PNG)
            withData(
                nameFn = { "'${it.first}'" },
                """{"type":"image","source":{"type":"base64","media_type":"TYPE","data":"DATA"}}""" to "image/jpeg",
                """{"data":"DATA","media_type":"TYPE","extra":{"a":[1]},"type":"base64"}""" to "image/jpeg",
                """{"type":"media","mime_type":"TYPE","data":"DATA"}""" to "video/mp4",
                """{"parts":[{"inline_data":{"data":"DATA","mime_type":"TYPE"}}]}""" to "image/png",
                """{"inlineData":{"mimeType":"TYPE","data":"DATA"}}""" to "image/png",
                """{"type":"file","mediaType":"TYPE","data":"DATA"}""" to "application/pdf",
                """{"type":"blob","mime_type":"TYPE","modality":"image","content":"DATA"}""" to "image/png",
                """{"type":"image","data":"DATA","mimeType":"TYPE"}""" to "image/png",
                """{"uri":"file:///a","mimeType":"TYPE","blob":"DATA"}""" to "image/png",
                """{"image":{"url":null,"base64Data":"DATA","mimeType":"TYPE"}}""" to "image/png",
            ) { (shape, type) ->
                val json = shape.replace("TYPE", type)
                val basket = Basket()
                replaced(json.replace("DATA", data), basket) shouldBe json.replace("DATA", reference(type, PNG))
                basket.taken.single().second shouldBe PNG
            }
        }

        context("files that say themselves what they are") {
            fun signed(signature: String) =
                (signature.toByteArray(Charsets.ISO_8859_1) + ByteArray(60)).let { it to base64(it) }
            val png = signed("\u0089PNG\r\n\u001a\n")
            withData(
                nameFn = { "'${it.first}'" },
                """{"created":1,"data":[{"b64_json":"DATA","revised_prompt":"x"}]}""" to png,
                """{"type":"response.image_generation_call.partial_image","partial_image_b64":"DATA"}""" to png,
                """{"output":[{"id":"ig_1","type":"image_generation_call","result":"DATA","status":"completed"}]}""" to
                    png,
                """{"type":"image","image":"DATA"}""" to png,
                """{"type":"image","image":"DATA","mediaType":"image/*"}""" to png,
                """{"role":"user","content":"what?","images":["DATA"]}""" to png,
                """{"artifacts":[{"base64":"DATA","finishReason":"SUCCESS"}]}""" to png,
                """{"source":{"bytes":"DATA"}}""" to png,
                """{"type":"input_file","filename":"a.png","file_data":"DATA"}""" to png,
                """{"id":null,"mimeType":{"type":"image","subtype":"png"},"data":"DATA","name":"a"}""" to png,
                """{"mimeType":"image/png","data":"DATA"}""" to png,
                """{"image":{"source":{"bytes":"DATA"}}}""" to png,
            ) { (shape, file) ->
                replaced(shape.replace("DATA", file.second)) shouldBe
                    shape.replace("DATA", reference("image/png", file.first))
            }
            withData(
                nameFn = { it.second },
                "\u00ff\u00d8\u00ff\u00e0" to "image/jpeg",
                "GIF89a" to "image/gif",
                "RIFF\u0024\u0000\u0000\u0000WEBPVP8 " to "image/webp",
                "RIFF\u0024\u0000\u0000\u0000WAVEfmt " to "audio/wav",
                "%PDF-1.7" to "application/pdf",
                "OggS" to "audio/ogg",
                "fLaC" to "audio/flac",
                "ID3\u0004" to "audio/mpeg",
                "\u00ff\u00fb\u0090d" to "audio/mpeg",
                "\u0000\u0000\u0000\u0018ftypisom" to "video/mp4",
                "\u0000\u0000\u0000\u0018ftypM4A " to "audio/mp4",
                "\u001aE\u00df\u00a3" to "video/webm",
            ) { (signature, type) ->
                val (bytes, data) = signed(signature)
                replaced("""{"images":["none","$data"]}""") shouldBe
                    """{"images":["none","${reference(type, bytes)}"]}"""
            }
        }

        context("files of Bedrock's converse API, in any order of their fields") {
            val data = base64("some content".toByteArray())
            withData(
                nameFn = { "'${it.first}'" },
                """{"image":{"format":"jpeg","source":{"bytes":"DATA"}}}""" to "image/jpeg",
                """{"image":{"source":{"bytes":"DATA"},"format":"png"}}""" to "image/png",
                """{"document":{"format":"docx","name":"d","source":{"bytes":"DATA"}}}""" to
                    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                """{"document":{"name":"d","source":{"bytes":"DATA"},"format":"txt"}}""" to "text/plain",
                """{"video":{"format":"mov","source":{"bytes":"DATA"}}}""" to "video/quicktime",
                """[{"content":[{"text":"x"},{"video":{"format":"mp4","source":{"bytes":"DATA"}}}]}]""" to "video/mp4",
            ) { (shape, type) ->
                replaced(shape.replace("DATA", data)) shouldBe
                    shape.replace("DATA", reference(type, "some content".toByteArray()))
            }
        }

        context("texts that could be base64 stay: words, ids, hashes, addresses") {
            withData(
                nameFn = { it },
                """{"type":"image","image":"cats"}""",
                """{"type":"image","image":"catpicture12","mediaType":"image/png"}""",
                """{"type":"image","image":"https://example.org/a.png","mediaType":"image/png"}""",
                """{"images":["0af7651916cd43dd8448eb211c80319c","3f786850e387550fdab836ed7e6dc881de23001b"]}""",
                """{"images":["https://example.org/a.png","aGVsbG8gd29ybGQgaGVsbG8gd29ybGQ="]}""",
                """{"type":"function_call_output","result":"iVBORw0KGgoAAAANSUhEUg=="}""",
                """{"base64":"aGVsbG8gd29ybGQ=","bytes":"aGVsbG8gd29ybGQ="}""",
                """{"mimeType":"text/plain","data":"aGVsbG8gd29ybGQ=","file_data":"aGVsbG8gd29ybGQ="}""",
                """{"image":"ubuntu/22.04/latest","bytes":"12345678"}""",
                """{"document":{"format":"A4","source":{"bytes":"not base64!"}}}""",
                """{"b64_json":null,"url":"https://example.org/a.png"}""",
            ) { text ->
                val basket = Basket()
                replaced(text, basket) shouldBeSameInstanceAs text
                basket.taken.shouldBeEmpty()
            }
        }

        test("base64 without padding, and of the alphabet for URLs") {
            val bytes = byteArrayOf(-1, -17, -66, 1, 2, 3, 4)
            val data = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes)
            val basket = Basket()
            replaced("""{"inlineData":{"mimeType":"image/png","data":"$data"}}""", basket) shouldBe
                """{"inlineData":{"mimeType":"image/png","data":"${reference("image/png", bytes)}"}}"""
            replaced("data:image/png;base64,$data") shouldBe reference("image/png", bytes)
        }

        context("sound, as OpenAI writes it") {
            fun sound(bytes: String) = base64(bytes.toByteArray() + ByteArray(20))
            withData(
                nameFn = { it.first + " " + it.second.take(4) },
                Triple(""""format":"wav",""", "any", "audio/wav"),
                Triple(""""format":"mp3",""", "any", "audio/mpeg"),
                Triple(""""format":"FLAC",""", "any", "audio/flac"),
                Triple("", "RIFF", "audio/wav"),
                Triple("", "ID3", "audio/mpeg"),
                Triple("", "OggS", "audio/ogg"),
                Triple("", "fLaC", "audio/flac"),
            ) { (format, start, type) ->
                val expected = reference(type, start.toByteArray() + ByteArray(20))
                listOf("input_audio", "audio").forEach {
                    replaced("""{"$it":{$format"data":"${sound(start)}","transcript":"hi"}}""") shouldBe
                        """{"$it":{$format"data":"$expected","transcript":"hi"}}"""
                }
            }
        }

        test("all else in a JSON text stays to the letter: order, spaces, numbers, equal keys, escapes") {
            val text =
                " {\"z\" :\t[1.50, 1E400, 123456789012345678901234567890, -0.0],\n \"z\":\"\\u0041\\/\"," +
                    " \"uri\" : \"HERE\", \"a\": {\"😀\": \"\\ud83d\\ude00\"} } "
            replaced(text.replace("HERE", PNG_URI)) shouldBe text.replace("HERE", PNG_REFERENCE)
        }

        test("in long texts the places are right, whatever comes before them") {
            val filler = "é😀\\n\\\"" + "x".repeat(3_999)

            fun text(png: String, hello: String) =
                (1..50).joinToString(",", "[", "]") { """{"n":$it,"t":"$filler","u":"$png","v":"\\"$hello"}""" }
            val expected = text(PNG_REFERENCE, HELLO_REFERENCE)
            (replaced(text(PNG_URI, HELLO_URI)) == expected) shouldBe true
        }

        test("property: a text without media is the same instance") {
            val pieces = Arb.choice(
                Arb.string(0..20),
                Arb.constant("data:"),
                Arb.constant("base64"),
                Arb.constant("{\"a\":"),
                Arb.constant("\"mime_type\""),
                Arb.constant("\""),
                Arb.constant("\\"),
                Arb.constant("}"),
            )
            checkAll(2_000, Arb.list(pieces, 0..12)) { list ->
                val text = list.joinToString("")
                replaced(text) shouldBeSameInstanceAs text
            }
        }

        test("property: what is put together of anything and a data URI never breaks, nor do JSON strings") {
            checkAll(1_000, Arb.string(0..50), Arb.string(0..50)) { before, after ->
                val value = "$before $PNG_URI $after"
                replaced(value) shouldBe "$before $PNG_REFERENCE $after"
                val json = ObjectMapper().writeValueAsString(listOf(value))
                ObjectMapper().readTree(replaced(json))[0].textValue() shouldBe "$before $PNG_REFERENCE $after"
            }
        }

        context("hostile texts neither throw nor take long") {
            val large = base64(Random(1).nextBytes(15 * 1024 * 1024))
            val largeReference = reference("image/png", Base64.getDecoder().decode(large))
            val head = { text: String -> if (PNG_HEAD in text) PNG_HEAD.length else 0 }
            val deep = 1_000
            withData(
                mapOf(
                    "a data URI of 20 MB" to "$PNG_HEAD$large",
                    "the same in JSON" to """{"a":"$PNG_HEAD$large"}""",
                    "the same as Anthropic's" to """{"type":"base64","media_type":"image/png","data":"$large"}""",
                    "5 MB without end" to "{\"a\":\"" + "mime_type\"".repeat(500_000),
                    "5 MB of signs" to ";base64,".repeat(600_000),
                    "5 MB of headers" to "data:image/png;base64,".repeat(250_000),
                    "5 MB of broken headers" to "data:a/b;".repeat(500_000) + ";base64,AAAA",
                    "5 MB of small strings" to "[" + "\";base64,\",\"mime_type\",".repeat(250_000) + "0]",
                    "5 MB of backslashes" to "[\"mime_type\",\"" + "\\\\".repeat(2_500_000) + "\"]",
                    "5 MB of pending signs" to "@@@langfusePending:".repeat(260_000),
                    "5 MB of pending bars" to "@@@langfusePending:|".repeat(250_000) + "@@@",
                    "nested deep" to "[".repeat(deep) + "\"$PNG_URI\"" + "]".repeat(deep),
                    "nested too deep" to "[".repeat(100_000) + "\"$PNG_URI\"" + "]".repeat(100_000),
                    "objects deep" to "{\"data\":".repeat(900) + "\"$PNG_URI\"" + "}".repeat(900),
                    "broken amid" to "[\"$PNG_URI\",,]",
                    "half a surrogate" to "[\"\ud83d $PNG_URI\"]",
                    "nothing but a quote" to "\" ;base64,",
                    "NUL" to "{\"a\":\"\u0000$PNG_URI\"}",
                ),
            ) { text ->
                val (result, time) = measureTimedValue { replaced(text) }
                time shouldBeLessThan 30.seconds
                if (large in text) {
                    result shouldHaveLength text.length - large.length - head(text) + largeReference.length
                }
            }
        }

        test("thousands of data URIs in one text") {
            val basket = Basket()
            val uris = (1..5_000).map { "data:image/png;base64," + base64("picture $it".toByteArray()) }
            val expected = (1..5_000).map { reference("image/png", "picture $it".toByteArray()) }
            replaced(uris.joinToString("\",\"", "[\"", "\"]"), basket) shouldBe
                expected.joinToString("\",\"", "[\"", "\"]")
            replaced(uris.joinToString(" ")) shouldBe expected.joinToString(" ")
            basket.taken shouldHaveSize 5_000
        }

        test("what a taker does not take stays") {
            val text = "see $PNG_URI"
            val nothing =
                object : MediaTaker {
                    override fun take(contentType: String, bytes: ByteArray) = null

                    override fun takePending(token: String, description: String) = ""
                }
            MediaText.replaceIn(text, nothing) shouldBeSameInstanceAs text
        }

        test("property: words are found wherever they stand, and nowhere else") {
            val words = listOf("abcabab", "cabbacbaca", "bbbbbbb")
            val search = SignSearch(words)
            val texts = Arb.string(0..30, Arb.of("abc".map { Codepoint(it.code) }))
            checkAll(20_000, texts, Arb.of(words + ""), texts) { before, word, after ->
                val text = before + word + after
                search.anyIn(text.toByteArray()) shouldBe words.any { it in text }
            }
        }

        test("a word that the search could overlook is refused") {
            shouldThrow<IllegalArgumentException> { SignSearch(listOf("abcdef")) }
        }

        test("a request without media is known by a look at its bytes") {
            val request = { text: String -> byteArrayOf(10, -1, 0) + text.toByteArray() + byteArrayOf(-128) }
            listOf("", "hello", "data:text/plain,x", "base64", "image/png").forEach {
                MediaText.mayHaveMedia(request(it)) shouldBe false
            }
            listOf(
                PNG_URI,
                """{"type":"base64","media_type":"image/png"}""",
                """{"inline_data":{"mime_type":""}}""",
                """{"inlineData":{"mimeType":""}}""",
                """{"input_audio":{}}""",
                """{"audio":{}}""",
                "@@@langfusePending:1|x@@@",
            ).forEach { MediaText.mayHaveMedia(request(it)) shouldBe true }
        }
    })
