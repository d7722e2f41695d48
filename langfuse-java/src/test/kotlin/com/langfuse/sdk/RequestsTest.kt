package com.langfuse.sdk

import com.fasterxml.jackson.databind.ObjectMapper
import com.langfuse.sdk.RecordingServer.Received
import com.langfuse.sdk.RecordingServer.Reply
import com.langfuse.sdk.internal.SdkVersion
import com.langfuse.sdk.media.LangfuseMedia
import com.langfuse.sdk.score.Score
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest
import java.security.MessageDigest
import java.util.Base64
import java.util.zip.GZIPInputStream

/** Every request that the SDK sends: where to, in which encoding, with which headers. */
class RequestsTest :
    FunSpec({
        val ours =
            mapOf(
                "authorization" to "Basic " + Base64.getEncoder().encodeToString("pk:sk".toByteArray()),
                "x-langfuse-sdk-name" to "java",
                "x-langfuse-sdk-version" to SdkVersion.CURRENT,
                "x-langfuse-public-key" to "pk",
                "x-langfuse-ingestion-version" to "4",
                "x-gateway" to "open",
            )
        // What the HTTP client says of the connection and the length.
        val transport = setOf("host", "user-agent", "content-length", "connection")

        val traces = Route("POST", "/api/public/otel/v1/traces", "application/x-protobuf", ours) { it.spans() > 0 }
        val probe = traces.copy(isOne = { it.spans() == 0 })
        val ingestion = Route("POST", "/api/public/ingestion", "application/json", ours) { it.json().has("batch") }
        val score = Route("POST", "/api/public/scores", "application/json", ours) { it.json().has("name") }
        val announcement = Route("POST", "/api/public/media", "application/json", ours) { it.json().has("sha256Hash") }
        val report = Route("PATCH", "/api/public/media/[^/]+", "application/json", ours) { it.json().has("uploadedAt") }
        val projects = Route("GET", "/api/public/projects", null, ours) { it.body.isEmpty() }
        val toLangfuse = listOf(traces, probe, ingestion, score, announcement, report, projects)

        val bytes = byteArrayOf(1, 2, 3)
        val hash = Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-256").digest(bytes))
        val ofStores = mapOf("x-amz-checksum-sha256" to hash, "x-ms-blob-type" to "BlockBlob")
        val upload = Route("PUT", "/blob", "image/png", ofStores) { it.body.contentEquals(bytes) }

        fun check(request: Received, routes: List<Route>, gzip: Boolean): Route {
            val route = routes.singleOrNull { it.fits(request) }
            return withClue("$request is not in the table of routes, or does not look as it says") {
                checkNotNull(route)
                request.headers["content-type"] shouldBe route.contentType
                val isExport = route == traces || route == probe
                request.headers["content-encoding"] shouldBe if (gzip && isExport) "gzip" else null
                request.headers - transport - setOf("content-type", "content-encoding") shouldBe route.headers
                route
            }
        }

        listOf(true, false).forEach { gzip ->
            test("each request has its method, path, content type, encoding and headers; gzip for traces: $gzip") {
                var keysAreRefused = false
                var ingestionIsGone = false
                RecordingServer { Reply(200) }.use { store ->
                    RecordingServer { request ->
                        when {
                            keysAreRefused -> Reply(401, """{"message":"Invalid credentials"}""")
                            ingestionIsGone && request.path == ingestion.path -> Reply(404)
                            else -> langfuseReply(request, store.url + "/blob")
                        }
                    }.use { langfuse ->
                        fun client() =
                            langfuse.client {
                                header("X-Gateway", "open")
                                delivery { it.gzip(gzip) }
                            }

                        client().use {
                            val observation = it.observation("o").input(LangfuseMedia.of(bytes, "image/png")).start()
                            observation.score("s", 1.0)
                            observation.end()
                            it.flush(DEADLINE).toString() shouldBe
                                "observations: 1 exported; scores: 1 exported; media: 1 exported"
                            it.traceUrl("t") shouldBe "${langfuse.url}/project/p/traces/t"
                        }
                        ingestionIsGone = true
                        client().use {
                            it.scores().create(Score.numeric("s", 1.0).trace("0123456789abcdef0123456789abcdef"))
                            it.flush(DEADLINE).scores().exported() shouldBe 1
                        }
                        keysAreRefused = true
                        ingestionIsGone = false
                        client().use {
                            it.scores().create(Score.numeric("s", 1.0).trace("0123456789abcdef0123456789abcdef"))
                            it.flush(DEADLINE).scores().failures() shouldBe mapOf(401 to 1L)
                        }
                        val seen = langfuse.requests.map { check(it, toLangfuse, gzip) }
                        seen.toSet() shouldContainExactlyInAnyOrder toLangfuse.toSet()
                        store.requests.map { check(it, listOf(upload), gzip) } shouldBe listOf(upload)
                    }
                }
            }
        }

        test("headers that describe a body are not for the application to set: they differ from request to request") {
            listOf("Content-Encoding", "content-type").forEach { name ->
                shouldThrow<IllegalArgumentException> { bareBuilder().header(name, "gzip") }
                    .message!! shouldContain "'$name'"
            }
        }
    })

/** One row of the table. */
private data class Route(
    val method: String,
    val path: String,
    val contentType: String?,
    val headers: Map<String, String>,
    val isOne: (Received) -> Boolean,
) {
    fun fits(request: Received) =
        request.method == method && Regex(path).matches(request.path) && isOne(request)
}

private val JSON = ObjectMapper()

/** Fails for a compressed body, as the server does outside the traces route. */
private fun Received.json() = JSON.readTree(body)

private fun Received.spans(): Int {
    val plain = if (headers["content-encoding"] == "gzip") GZIPInputStream(body.inputStream()).readBytes() else body
    return ExportTraceServiceRequest
        .parseFrom(plain)
        .resourceSpansList
        .flatMap { it.scopeSpansList }
        .sumOf { it.spansCount }
}

/** As the server does it: only the traces route inflates. */
private fun langfuseReply(request: Received, uploadUrl: String): Reply {
    if (!request.path.endsWith("/traces") && "content-encoding" in request.headers) {
        return Reply(400, """{"message":"Invalid JSON"}""")
    }
    return when (request.path) {
        "/api/public/ingestion" -> {
            val successes = request.json()["batch"].joinToString { """{"id":"${it["id"].asText()}","status":201}""" }
            Reply(207, """{"successes":[$successes],"errors":[]}""", "Content-Type" to "application/json")
        }

        "/api/public/scores" -> {
            Reply(200, """{"id":"s"}""")
        }

        "/api/public/media" -> {
            val id = request.json()["sha256Hash"].asText().take(22).replace('+', '-').replace('/', '_')
            Reply(201, """{"mediaId":"$id","uploadUrl":"$uploadUrl"}""")
        }

        "/api/public/projects" -> {
            Reply(200, """{"data":[{"id":"p","name":"p"}]}""")
        }

        else -> {
            Reply(200, "{}")
        }
    }
}
