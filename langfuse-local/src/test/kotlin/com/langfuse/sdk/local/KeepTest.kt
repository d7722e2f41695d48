package com.langfuse.sdk.local

import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.ObjectMapper
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.ints.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.opentelemetry.proto.trace.v1.Span
import io.opentelemetry.proto.trace.v1.Status
import java.io.IOException
import java.io.UncheckedIOException
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.attribute.PosixFilePermissions
import kotlin.io.path.appendText
import kotlin.io.path.deleteExisting
import kotlin.io.path.fileSize
import kotlin.io.path.listDirectoryEntries
import kotlin.io.path.name
import kotlin.io.path.readLines
import kotlin.io.path.readText

class KeepTest :
    FunSpec({

        fun folder(): Path = tempdir().toPath()

        fun keeping(folder: Path) = LocalLangfuse.builder().data(folder)

        fun Path.files(kind: String) = listDirectoryEntries("$kind-*.jsonl").sorted()

        fun Path.lines(kind: String) = files(kind).flatMap { it.readLines() }

        fun json(text: String): JsonNode = ObjectMapper().readTree(text)

        fun score(id: String) =
            """{"batch":[{"id":"e","type":"score-create","timestamp":"2026-01-02T03:04:05Z","body":
                {"id":"$id","name":"n","value":0.5,"traceId":"$TRACE"}}]}"""

        test("what arrived is there again after a restart: traces, scores, media") {
            val folder = folder()
            val before =
                withLangfuse(keeping(folder)) { langfuse, sender ->
                    sender.post(export(span("root"), span("child", 2, 1), resource = mapOf("service.name" to "s")))
                    sender.postJson(
                        """{"resourceSpans":[{"scopeSpans":[{"spans":[
                           {"traceId":"$TRACE","spanId":"00000000000000ff","name":"of JSON"}]}]}]}""",
                    )
                    sender.api("POST", "/api/public/ingestion", score("s-1")).statusCode() shouldBe 207
                    sender.api("POST", "/api/public/scores", """{"name":"alone","value":1,"traceId":"$TRACE"}""")
                    sender.upload("picture".toByteArray())
                    sender.upload("picture".toByteArray(), trace = "another")
                    langfuse
                }

            withLangfuse(keeping(folder)) { langfuse, sender ->
                langfuse.observations().map { it.name() } shouldBe before.observations().map { it.name() }
                langfuse.observations().first() shouldBe before.observations().first()
                langfuse.scores() shouldBe before.scores()
                val picture = langfuse.media().single()
                String(picture.bytes()!!) shouldBe "picture"
                picture.links().map { it.traceId() } shouldBe listOf(TRACE, "another")
                sender.get("/api/public/media/${picture.id()}").statusCode() shouldBe 200
            }
        }

        test("a score that came in a batch without an id keeps the one it was given") {
            val folder = folder()
            val before =
                withLangfuse(keeping(folder)) { langfuse, sender ->
                    sender.api("POST", "/api/public/ingestion", score("")).statusCode() shouldBe 207
                    langfuse.scores().single().id()
                }
            withLangfuse(keeping(folder)) { langfuse, _ -> langfuse.scores().single().id() shouldBe before }
        }

        test("a line of traces is an export in OTLP's JSON, whole, that any Langfuse takes") {
            val folder = folder()
            val attributes =
                mapOf(
                    "text" to "ü\n\"<\u0001",
                    "flag" to false,
                    "whole" to Long.MIN_VALUE,
                    "number" to 0.1,
                    "not a number" to Double.NaN,
                    "bytes" to byteArrayOf(0, -1),
                    "list" to listOf("a", 1, listOf(true)),
                    "map" to mapOf("k" to mapOf("deep" to "v")),
                    "empty" to "",
                )
            val sent = span("x", 7, 6, attributes = attributes, status = STATUS_ERROR, statusMessage = "broken")
            val linked =
                sent
                    .toBuilder()
                    .addLinks(Span.Link.newBuilder().setTraceId(sent.traceId).setSpanId(sent.spanId))
                    .addEvents(Span.Event.newBuilder().setName("exception").setTimeUnixNano(nanos(START)))
                    .setTraceState("a=b")
                    .setKind(Span.SpanKind.SPAN_KIND_CLIENT)
                    .setFlags(-1)
                    .build()
            val before =
                withLangfuse(keeping(folder)) { langfuse, sender ->
                    sender.post(gzip(export(linked)), headers = mapOf("Content-Encoding" to "gzip"))
                    langfuse.observations().single()
                }

            val line = folder.lines("traces").single()
            val span = json(line)["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
            span["traceId"].textValue() shouldBe TRACE
            span["spanId"].textValue() shouldBe spanId(7)
            span["parentSpanId"].textValue() shouldBe spanId(6)
            span["startTimeUnixNano"].textValue() shouldBe nanos(START).toString()
            span["kind"].intValue() shouldBe 3
            span["flags"].longValue() shouldBe 4_294_967_295
            span["traceState"].textValue() shouldBe "a=b"
            span["links"][0]["spanId"].textValue() shouldBe spanId(7)
            span["status"] shouldBe json("""{"message":"broken","code":2}""")

            withLangfuse { langfuse, sender ->
                sender.postJson(line).statusCode() shouldBe 200
                val after = langfuse.observations().single()
                after.attributes().toString().replace(HASH, "") shouldBe
                    before.attributes().toString().replace(HASH, "")
                after.attributes()["bytes"] shouldBe byteArrayOf(0, -1)
                after.otherThanAttributes() shouldBe before.otherThanAttributes()
            }
        }

        test("the files are their owner's, and hold nothing that was refused") {
            val folder = folder()
            withLangfuse(keeping(folder)) { _, sender ->
                sender.post("rubbish".toByteArray()).statusCode() shouldBe 400
                sender.post(export(span("x")), headers = mapOf("Authorization" to "Basic wrong"))
                sender.api("POST", "/api/public/ingestion", """{"batch":[{"id":"e","type":"trace-create"}]}""")
                folder.files("traces").shouldBeEmpty()
                folder.files("scores").shouldBeEmpty()

                sender.post(export(span("x")))
                PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.files("traces").single())) shouldBe
                    "rw-------"
            }
        }

        test("a line that was cut off is left out, and nothing is written behind it") {
            val folder = folder()
            withLangfuse(keeping(folder)) { _, sender -> sender.post(export(span("whole"))) }
            folder.files("traces").single().appendText("""{"resourceSpans":[{"sco""")

            withLangfuse(keeping(folder)) { langfuse, sender ->
                langfuse.observations().map { it.name() } shouldBe listOf("whole")
                sender.post(export(span("next", 2)))
            }
            folder.files("traces") shouldHaveSize 2
            withLangfuse(keeping(folder)) { langfuse, _ -> langfuse.observations() shouldHaveSize 2 }
        }

        test("bytes and lines that make no sense do no harm") {
            val folder = folder()
            val unlinked =
                """{"sha256Hash":"${"A".repeat(43)}=","contentType":"image/png","contentLength":1,"links":[null]}"""
            val damaged =
                """{"sha256Hash":"${"A".repeat(43)}=","contentType":"image/png","contentLength":3,""" +
                    """"links":[{"traceId":"t","field":"input"}],"bytes":"AAAA"}"""
            val negative = damaged.replace(":3,", ":-3,").replace(",\"bytes\":\"AAAA\"", "")
            Files.write(folder.resolve("traces-00000001.jsonl"), byteArrayOf(-1, 10, 0, 10, 91, 93, 10, 10))
            Files.writeString(folder.resolve("scores-00000001.jsonl"), "{}\n[]\n{\"batch\":[1]}\n")
            Files.writeString(
                folder.resolve("media-00000001.jsonl"),
                "{}\n{\"sha256Hash\":\"x\"}\nnull\n$unlinked\n$damaged\n$negative\n",
            )
            Files.writeString(folder.resolve("traces-old.jsonl"), "somebody else's")

            withLangfuse(keeping(folder)) { langfuse, sender ->
                langfuse.observations().shouldBeEmpty()
                langfuse.media().shouldBeEmpty()
                sender.post(export(span("x"))).statusCode() shouldBe 200
                folder.files("traces").map { it.name } shouldBe
                    listOf("traces-00000001.jsonl", "traces-00000002.jsonl", "traces-old.jsonl")
            }
        }

        test("one server at a time has a folder; the next has to wait until it is closed") {
            val folder = folder()
            keeping(folder).start().use {
                shouldThrow<UncheckedIOException> { keeping(folder).start() }.message shouldBe
                    "Cannot keep data in $folder: another server uses it; stop that one, or name another folder"
            }
            keeping(folder).start().close()
        }

        test("a port that is taken leaves the folder free") {
            val folder = folder()
            LocalLangfuse.start().use { other ->
                shouldThrow<UncheckedIOException> { keeping(folder).port(other.baseUrl().port).start() }
            }
            keeping(folder).start().close()
        }

        test("a file where the folder should be is refused by name") {
            val file = Files.createFile(folder().resolve("file"))
            shouldThrow<UncheckedIOException> { keeping(file).start() }.message shouldContain
                "Cannot keep data in $file"
        }

        test("a folder that could not be read is free again") {
            val folder = folder()
            val broken = folder.resolve("traces-00000001.jsonl")
            Files.createSymbolicLink(broken, folder.resolve("nowhere"))
            shouldThrow<UncheckedIOException> { keeping(folder).start() }.message shouldContain "$broken"

            broken.deleteExisting()
            keeping(folder).start().close()
        }

        test("what cannot be written stays in memory, and is counted") {
            val folder = folder()
            withLangfuse(keeping(folder)) { langfuse, sender ->
                folder.listDirectoryEntries().forEach { it.deleteExisting() }
                folder.deleteExisting()
                sender.post(export(span("x"))).statusCode() shouldBe 200
                sender.post(export(span("y", 2))).statusCode() shouldBe 200

                langfuse.observations() shouldHaveSize 2
                langfuse.unsaved() shouldBe 2

                Files.createDirectory(folder)
                sender.post(export(span("z", 3)))
                langfuse.unsaved() shouldBe 2
                folder.lines("traces") shouldHaveSize 1
            }
        }

        test("full files are followed by new ones, and the oldest go") {
            val folder = folder()
            val line = "x".repeat(99).toByteArray()
            JsonLines(folder, "traces", JsonLines.Limits(1_000, 5_000)).use { lines ->
                repeat(100) { lines.append(line) }
            }

            val files = folder.files("traces")
            files.map { it.fileSize() }.distinct() shouldBe listOf(1_000)
            files.map { it.name } shouldBe (6..10).map { "traces-%08d.jsonl".format(it) }

            JsonLines(folder, "traces", JsonLines.Limits(1_000, 5_000)).use { lines ->
                lines.append("y".repeat(3_000).toByteArray())
                folder.files("traces").map { it.fileSize() } shouldBe listOf(1_000, 3_001)
                lines.append("z".toByteArray())
                folder.files("traces").map { it.fileSize() } shouldBe listOf(1_000, 3_001, 2)
            }
        }

        test("files that somebody else has deleted count no more") {
            val folder = folder()
            val line = "x".repeat(99).toByteArray()
            JsonLines(folder, "traces", JsonLines.Limits(1_000, 5_000)).use { lines ->
                repeat(45) { lines.append(line) }
                folder.files("traces").first().deleteExisting()
                repeat(20) { lines.append(line) }
            }
            folder.files("traces").map { it.name } shouldBe (3..7).map { "traces-%08d.jsonl".format(it) }
        }

        test("after it is closed nothing is written any more, when another server may have the folder") {
            val folder = folder()
            val lines = JsonLines(folder, "traces", JsonLines.Limits(1_000, 5_000))
            lines.append("x".toByteArray())
            lines.close()
            shouldThrow<IOException> { lines.append("y".toByteArray()) }.message shouldBe "it is closed"
            folder.lines("traces") shouldBe listOf("x")
        }

        test("no more is read than memory has room for, and that is the newest") {
            val folder = folder()
            JsonLines(folder, "traces", JsonLines.Limits(1_000, 100_000)).use { lines ->
                (10..99).forEach { lines.append("$it".repeat(50).drop(1).toByteArray()) }
                val read = mutableListOf<String>()
                lines.read(2_500) { read.add(it.takeLast(2)) } shouldBe 0

                read.size shouldBeLessThan 40
                read.last() shouldBe "99"
                read shouldBe read.sorted()
            }
        }

        test("20,000 observations from four threads are all in the files") {
            val folder = folder()
            withLangfuse(keeping(folder).keepBodies(false)) { _, sender ->
                (0 until 200)
                    .map { n -> sender.postAsync(export((1..100).map { span("o", n * 100 + it) })) }
                    .forEach { it.join().statusCode() shouldBe 200 }
            }
            withLangfuse(keeping(folder)) { langfuse, _ -> langfuse.observationCount() shouldBe 20_000 }
            folder.files("traces").single().readText().count { it == '\n' } shouldBe 200
        }
    }) {
    private companion object {
        val STATUS_ERROR = Status.StatusCode.STATUS_CODE_ERROR

        /** Arrays are printed by their hash. */
        val HASH = Regex("""\[B@[0-9a-f]+""")

        fun LocalObservation.otherThanAttributes(): Map<String, Any?> =
            javaClass.recordComponents.associate { it.name to it.accessor.invoke(this) } - "attributes"
    }
}
