package com.langfuse.sdk.media

import com.langfuse.sdk.DEADLINE
import com.langfuse.sdk.LangfuseBuilder
import com.langfuse.sdk.Mask
import com.langfuse.sdk.ObservationType.GENERATION
import com.langfuse.sdk.bareBuilder
import com.langfuse.sdk.block
import com.langfuse.sdk.client
import com.langfuse.sdk.local.Fault
import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.local.LocalMedia
import com.langfuse.sdk.withLangfuse
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.opentelemetry.sdk.trace.SdkTracerProvider
import org.springframework.ai.chat.messages.UserMessage
import org.springframework.ai.content.Media
import org.springframework.util.MimeTypeUtils
import software.amazon.awssdk.core.SdkBytes
import software.amazon.awssdk.services.bedrockruntime.model.ContentBlock
import software.amazon.awssdk.services.bedrockruntime.model.DocumentBlock
import software.amazon.awssdk.services.bedrockruntime.model.DocumentSource
import software.amazon.awssdk.services.bedrockruntime.model.ImageBlock
import software.amazon.awssdk.services.bedrockruntime.model.ImageSource
import java.nio.ByteBuffer
import java.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.measureTime

/** Files in observations, from the application's call to Langfuse. */
class MediaEndToEndTest :
    FunSpec({
        val png = LangfuseMedia.of(PNG, "image/png")
        val pngReference = reference("image/png", PNG, "bytes")

        test("an image among texts, as input, output and metadata") {
            data class Answer(val text: String, val picture: LangfuseMedia)
            withLangfuse { local, langfuse ->
                langfuse.observation("draw", GENERATION).block { generation ->
                    generation.input(mapOf("question" to "more like this?", "photo" to png))
                    generation.output(Answer("yes", png))
                    generation.metadata(mapOf("thumbnail" to png, "plain" to 1))
                }
                val report = langfuse.flush(DEADLINE)
                report.isComplete shouldBe true
                report.media().exported() shouldBe 3
                val observation = local.awaitObservation("draw", DEADLINE)
                observation.input() shouldBe """{"question":"more like this?","photo":"$pngReference"}"""
                observation.output() shouldBe """{"text":"yes","picture":"$pngReference"}"""
                val media = local.awaitMedia(1, DEADLINE).single()
                media.bytes() shouldBe PNG
                media.links() shouldContainExactlyInAnyOrder
                    listOf("input", "output", "metadata").map {
                        LocalMedia.Link(observation.traceId(), observation.id(), it)
                    }
            }
        }

        test("a file alone is the input") {
            withLangfuse { local, langfuse ->
                langfuse.observation("look").input(png).start().end()
                langfuse.flush(DEADLINE).isComplete shouldBe true
                local.awaitObservation("look", DEADLINE).input() shouldBe pngReference
            }
        }

        test("metadata that is a file, or a list of them, is not lost either") {
            withLangfuse { local, langfuse ->
                langfuse.observation("a").metadata(png).start().end()
                langfuse.observation("b").metadata(listOf(png, png)).start().end()
                langfuse.flush(DEADLINE).isComplete shouldBe true
                local.awaitObservation("a", DEADLINE).toString() shouldContain pngReference
                local.awaitObservation("b", DEADLINE).toString() shouldContain pngReference
                local.awaitMedia(1, DEADLINE).single().links() shouldHaveSize 2
            }
        }

        test("what vendors' clients were given is found by itself") {
            withLangfuse { local, langfuse ->
                val messages =
                    listOf(
                        mapOf("role" to "user", "content" to listOf(mapOf("image_url" to mapOf("url" to PNG_URI)))),
                        mapOf(
                            "source" to mapOf("type" to "base64", "media_type" to "image/png", "data" to base64(PNG)),
                        ),
                    )
                langfuse.observation("chat").input(messages).start().end()
                langfuse.flush(DEADLINE).isComplete shouldBe true
                local.awaitObservation("chat", DEADLINE).input() shouldBe
                    """[{"role":"user","content":[{"image_url":{"url":"$PNG_REFERENCE"}}]},""" +
                    """{"source":{"type":"base64","media_type":"image/png","data":"$PNG_REFERENCE"}}]"""
                local.media().single().bytes() shouldBe PNG
            }
        }

        test("spans of other tracers too, on a provider of the application's") {
            LocalLangfuse.start().use { local ->
                val builder = bareBuilder().publicKey(local.publicKey()).secretKey(local.secretKey())
                    .baseUrl(local.baseUrl().toString())
                val processor = builder.buildProcessor()
                SdkTracerProvider.builder().addSpanProcessor(processor).build().use { provider ->
                    val langfuse = builder.attachTo(provider, processor)
                    langfuse.observation("ours").input(png).start().end()
                    provider.get(
                        "some.llm",
                    ).spanBuilder("theirs").setAttribute("gen_ai.prompt", PNG_URI).startSpan().end()
                    processor.flush(DEADLINE).isComplete shouldBe true
                    local.media().single().links().map { it.field() } shouldBe listOf("input", "input")
                    local.awaitObservation("ours", DEADLINE).input() shouldBe pngReference
                }
            }
        }

        context("switched off") {
            val off = mapOf<String, LangfuseBuilder.() -> Unit>(
                "in code" to { mediaUpload(false) },
            )
            off.forEach { (name, configure) ->
                test("$name: texts stay as they are, and what was handed in says what it was") {
                    withLangfuse(configure) { local, langfuse ->
                        langfuse.observation("off").input(PNG_URI).output(listOf(png)).start().end()
                        langfuse.flush(DEADLINE).isComplete shouldBe true
                        local.awaitObservation("off", DEADLINE).input() shouldBe PNG_URI
                        local.observations().single().output() shouldBe
                            """["<media image/png 8 bytes, not uploaded>"]"""
                        local.media().shouldBeEmpty()
                    }
                }
            }
        }

        test("switched off in the environment") {
            LocalLangfuse.start().use { local ->
                bareBuilder(mapOf("LANGFUSE_MEDIA_UPLOAD_ENABLED" to "false"))
                    .publicKey(local.publicKey())
                    .secretKey(local.secretKey())
                    .baseUrl(local.baseUrl().toString())
                    .build()
                    .use { it.observation("off").input(PNG_URI).start().end() }
                local.awaitObservation("off", DEADLINE).input() shouldBe PNG_URI
                local.media().shouldBeEmpty()
            }
        }

        test("a mask sees the object, and may take it away") {
            withLangfuse({
                mask(
                    Mask { value ->
                        if (value is LangfuseMedia) "no pictures" else value
                    },
                )
            }) { local, langfuse ->
                langfuse.observation("masked").input(png).start().end()
                langfuse.flush(DEADLINE).isComplete shouldBe true
                local.awaitObservation("masked", DEADLINE).input() shouldBe "no pictures"
                local.media().shouldBeEmpty()
            }
        }

        test("a value that is cut leaves the file whole") {
            withLangfuse({ maxValueLength(20) }) { local, langfuse ->
                langfuse.observation("cut").input(png).start().end()
                langfuse.flush(DEADLINE).isComplete shouldBe true
                local.awaitObservation("cut", DEADLINE).input() shouldBe pngReference
            }
        }

        test("while uploads hang, observations arrive all the same, and the report says what is pending") {
            withLangfuse({ flushAt(1) }) { local, langfuse ->
                local.always(Fault.hang().on("/api/public/media"))
                langfuse.observation("o").input(png).start().end()
                local.awaitObservation("o", DEADLINE).input() shouldBe pngReference
                val report = langfuse.flush(Duration.ofMillis(100))
                report.observations().exported() shouldBe 1
                report.media().pending() shouldBe 1
                report.isComplete shouldBe false
                langfuse.close(Duration.ofMillis(10)).media().pending() shouldBe 1
            }
        }

        test("an upload that is not found leaves a text in every place, and the report counts it") {
            withLangfuse { local, langfuse ->
                local.always(Fault.status(404).on("/local-media-upload"))
                langfuse.observation(
                    "o",
                ).input(png).output(mapOf("a" to PNG)).metadata(mapOf("m" to PNG_URI)).start().end()
                val report = langfuse.flush(DEADLINE)
                report.observations().exported() shouldBe 1
                report.media().failed() shouldBe 3
                val lost = "<media image/png 8 bytes, upload failed: status 404>"
                val observation = local.awaitObservation("o", DEADLINE)
                observation.input() shouldBe lost
                observation.output() shouldBe """{"a":"$lost"}"""
                observation.toString() shouldContain lost
            }
        }

        test("an upload that is not found leaves a text when the program ends with it, too") {
            LocalLangfuse.start().use { local ->
                local.always(Fault.status(404).on("/local-media-upload"))
                local.client().use { it.observation("last").input(png).start().end() }
                local.awaitObservation("last", DEADLINE).input() shouldBe
                    "<media image/png 8 bytes, upload failed: status 404>"
            }
        }

        test("bytes with a known signature are files, alone and inside, others are not") {
            data class Page(val number: Int, val scan: ByteArray)
            withLangfuse { local, langfuse ->
                langfuse.observation("alone").input(PNG).output(ByteBuffer.wrap(PNG)).start().end()
                langfuse
                    .observation("inside")
                    .input(listOf(Page(1, PNG), ByteBuffer.wrap(PNG).asReadOnlyBuffer(), "text".toByteArray()))
                    .output(mapOf("hash" to byteArrayOf(0x89.toByte(), 0x50, 1, 2)))
                    .start()
                    .end()
                langfuse.flush(DEADLINE).isComplete shouldBe true
                val alone = local.awaitObservation("alone", DEADLINE)
                alone.input() shouldBe pngReference
                alone.output() shouldBe pngReference
                val inside = local.awaitObservation("inside", DEADLINE)
                inside.input() shouldBe """[{"number":1,"scan":"$pngReference"},"$pngReference","text"]"""
                inside.output() shouldBe """{"hash":"<bytes 4>"}"""
                local.media().single().bytes() shouldBe PNG
            }
        }

        test("bytes are recorded as they were when they were given") {
            withLangfuse { local, langfuse ->
                val bytes = PNG + ByteArray(100) { 7 }
                val before = bytes.clone()
                val observation = langfuse.observation("o").input(mapOf("a" to bytes)).start()
                bytes.fill(0)
                observation.end()
                langfuse.flush(DEADLINE).isComplete shouldBe true
                local.awaitMedia(1, DEADLINE).single().bytes() shouldBe before
            }
        }

        test("files in the classes of Spring AI, LangChain4j and the AWS SDK") {
            val spring =
                UserMessage
                    .builder()
                    .text("what?")
                    .media(Media.builder().mimeType(MimeTypeUtils.IMAGE_JPEG).data(byteArrayOf(1, 2, 3)).build())
                    .build()
            val langChain =
                dev.langchain4j.data.message.UserMessage.from(
                    dev.langchain4j.data.message.ImageContent(base64(PNG), "image/png"),
                )
            val amazon =
                ContentBlock.fromImage(
                    ImageBlock
                        .builder()
                        .format("png")
                        .source(ImageSource.fromBytes(SdkBytes.fromByteArray(PNG)))
                        .build(),
                )
            val document =
                ContentBlock.fromDocument(
                    DocumentBlock
                        .builder()
                        .format("csv")
                        .name("d")
                        .source(DocumentSource.fromBytes(SdkBytes.fromUtf8String("a,b\n1,2")))
                        .build(),
                )
            withLangfuse { local, langfuse ->
                langfuse.observation("o").input(listOf(spring, langChain, amazon, document)).start().end()
                langfuse.flush(DEADLINE).isComplete shouldBe true
                val input = local.awaitObservation("o", DEADLINE).input()!!
                input shouldContain reference("image/jpeg", byteArrayOf(1, 2, 3), "bytes")
                input shouldContain """{"url":"$PNG_REFERENCE","""
                input shouldContain """{"format":"png","source":{"bytes":"$pngReference"}}"""
                input shouldContain """"source":{"bytes":"${reference("text/csv", "a,b\n1,2".toByteArray())}"}"""
                local.media() shouldHaveSize 3
            }
        }

        test("recording a large file takes the caller no longer than a small one") {
            val film = LangfuseMedia.of(ByteArray(30 * 1024 * 1024) { it.toByte() }, "video/mp4")
            // To hash or to encode it takes longer than that each time, not only when the machine is busy.
            val wasQuick =
                (1..10).any {
                    withLangfuse { local, langfuse ->
                        langfuse.observation("warm").input(png).start().end()
                        val took = measureTime { langfuse.observation("film").input(listOf(film)).start().end() }
                        langfuse.flush(DEADLINE).isComplete shouldBe true
                        local.awaitObservation("film", DEADLINE).input()!! shouldContain "type=video/mp4"
                        took < 50.milliseconds
                    }
                }
            wasQuick shouldBe true
        }

        test("close uploads what was recorded last") {
            LocalLangfuse.start().use { local ->
                local.client().use { it.observation("last").input(png).start().end() }
                local.media().single().bytes() shouldBe PNG
            }
        }
    })
