package com.langfuse.sdk.samples

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.local.LocalLangfuse
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.io.File
import java.time.Duration

class ScoresAndMediaTest :
    FunSpec({
        test("the file is uploaded, the input refers to it, and the score belongs to the observation") {
            val photo = File(tempdir(), "photo.png").apply { writeBytes(byteArrayOf(1, 2, 3)) }
            LocalLangfuse.start().use { local ->
                Langfuse
                    .builder()
                    .publicKey(local.publicKey())
                    .secretKey(local.secretKey())
                    .baseUrl("${local.baseUrl()}")
                    .flushOnExit(false)
                    .build()
                    .use { langfuse ->
                        ScoresAndMedia.record(langfuse, photo.toPath())
                        langfuse.flush(Duration.ofMinutes(2)).isComplete shouldBe true
                    }
                val observation = local.observations().single()
                val media = local.media().single()
                media.contentType() shouldBe "image/png"
                media.bytes() shouldBe byteArrayOf(1, 2, 3)
                observation.input.toString() shouldContain
                    "@@@langfuseMedia:type=image/png|id=${media.id()}|source=file@@@"
                local.scores().single().let {
                    it.name() shouldBe "relevance"
                    it.value() shouldBe 0.93
                    it.observationId() shouldBe observation.id
                }
            }
        }
    })
