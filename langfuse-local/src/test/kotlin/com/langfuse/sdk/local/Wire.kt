package com.langfuse.sdk.local

import com.fasterxml.jackson.databind.ObjectMapper
import com.google.protobuf.ByteString
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest
import io.opentelemetry.proto.common.v1.AnyValue
import io.opentelemetry.proto.common.v1.ArrayValue
import io.opentelemetry.proto.common.v1.KeyValue
import io.opentelemetry.proto.common.v1.KeyValueList
import io.opentelemetry.proto.resource.v1.Resource
import io.opentelemetry.proto.trace.v1.ResourceSpans
import io.opentelemetry.proto.trace.v1.ScopeSpans
import io.opentelemetry.proto.trace.v1.Span
import io.opentelemetry.proto.trace.v1.Status
import java.io.ByteArrayOutputStream
import java.net.Socket
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.security.MessageDigest
import java.time.Duration
import java.time.Instant
import java.util.Base64
import java.util.HexFormat
import java.util.zip.DeflaterOutputStream
import java.util.zip.GZIPOutputStream

/** Long enough for a busy machine; reached only by a test that fails. */
val SOON: Duration = Duration.ofMinutes(2)

const val TRACE = "0af7651916cd43dd8448eb211c80319c"
const val TRACES_PATH = "/api/public/otel/v1/traces"
val START: Instant = Instant.parse("2026-01-02T03:04:05.123456789Z")

/** A span by what a test cares about; `id` and `parent` are small numbers, times milliseconds after START. */
fun span(
    name: String,
    id: Int = 1,
    parent: Int? = null,
    trace: String = TRACE,
    from: Long = 0,
    millis: Long = 100,
    attributes: Map<String, Any> = emptyMap(),
    status: Status.StatusCode = Status.StatusCode.STATUS_CODE_UNSET,
    statusMessage: String = "",
): Span {
    val start = nanos(START) + from * 1_000_000
    return Span
        .newBuilder()
        .setName(name)
        .setTraceId(hex(trace))
        .setSpanId(hex(spanId(id)))
        .setParentSpanId(if (parent == null) ByteString.EMPTY else hex(spanId(parent)))
        .setStartTimeUnixNano(start)
        .setEndTimeUnixNano(start + millis * 1_000_000)
        .addAllAttributes(pairs(attributes))
        .setStatus(Status.newBuilder().setCode(status).setMessage(statusMessage))
        .build()
}

fun export(
    vararg spans: Span,
    resource: Map<String, Any> = emptyMap(),
): ByteArray = export(spans.toList(), resource)

fun export(
    spans: List<Span>,
    resource: Map<String, Any> = emptyMap(),
): ByteArray {
    val scoped = ScopeSpans.newBuilder().addAllSpans(spans)
    scoped.scopeBuilder.setName("langfuse-sdk").setVersion("1.2.3")
    val resourced =
        ResourceSpans
            .newBuilder()
            .setResource(Resource.newBuilder().addAllAttributes(pairs(resource)))
            .addScopeSpans(scoped)
    return ExportTraceServiceRequest.newBuilder().addResourceSpans(resourced).build().toByteArray()
}

fun spanId(number: Int): String = "%016x".format(number)

fun nanos(instant: Instant): Long = instant.epochSecond * 1_000_000_000 + instant.nano

fun gzip(bytes: ByteArray): ByteArray =
    ByteArrayOutputStream().also { out -> GZIPOutputStream(out).use { it.write(bytes) } }.toByteArray()

fun deflate(bytes: ByteArray): ByteArray =
    ByteArrayOutputStream().also { out -> DeflaterOutputStream(out).use { it.write(bytes) } }.toByteArray()

private fun hex(text: String): ByteString = ByteString.copyFrom(HexFormat.of().parseHex(text))

private fun pairs(attributes: Map<String, Any>): List<KeyValue> =
    attributes.map { (key, value) ->
        KeyValue
            .newBuilder()
            .setKey(key)
            .setValue(anyValue(value))
            .build()
    }

private fun anyValue(value: Any): AnyValue {
    val any = AnyValue.newBuilder()
    when (value) {
        is String -> {
            any.setStringValue(value)
        }

        is Boolean -> {
            any.setBoolValue(value)
        }

        is Int -> {
            any.setIntValue(value.toLong())
        }

        is Long -> {
            any.setIntValue(value)
        }

        is Double -> {
            any.setDoubleValue(value)
        }

        is ByteArray -> {
            any.setBytesValue(ByteString.copyFrom(value))
        }

        is List<*> -> {
            any.setArrayValue(ArrayValue.newBuilder().addAllValues(value.map { anyValue(it!!) }))
        }

        is Map<*, *> -> {
            any.setKvlistValue(
                KeyValueList.newBuilder().addAllValues(pairs(value.entries.associate { "${it.key}" to it.value!! })),
            )
        }

        else -> {
            error("no attribute type for $value")
        }
    }
    return any.build()
}

/** Sends to a [LocalLangfuse] over a real socket; HTTP/1.1, because the server drops upgrades. */
class Sender(private val langfuse: LocalLangfuse) {
    private val client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()

    fun post(
        body: ByteArray,
        contentType: String = "application/x-protobuf",
        headers: Map<String, String> = emptyMap(),
    ): HttpResponse<String> = client.send(request(body, contentType, headers), BODY)

    fun postAsync(body: ByteArray) = client.sendAsync(request(body, "application/x-protobuf", emptyMap()), BODY)

    fun postJson(body: String) = post(body.toByteArray(), "application/json")

    fun get(
        path: String,
        authorization: String? = basic(),
        method: String = "GET",
    ): HttpResponse<String> {
        val request =
            HttpRequest
                .newBuilder(langfuse.baseUrl().resolve(path))
                .timeout(SOON)
                .method(method, HttpRequest.BodyPublishers.noBody())
        authorization?.let { request.header("Authorization", it) }
        return client.send(request.build(), BODY)
    }

    /** A call of the public API with a body in JSON, unless the headers say otherwise. */
    fun api(
        method: String,
        path: String,
        body: String,
        headers: Map<String, String> = emptyMap(),
    ) = api(method, path, body.toByteArray(), headers)

    fun api(
        method: String,
        path: String,
        body: ByteArray,
        headers: Map<String, String> = emptyMap(),
    ) = send(method, path, body, mapOf("Content-Type" to "application/json", "Authorization" to basic()) + headers)

    /** A file on its whole way: announced, and uploaded unless it is there already. */
    fun upload(
        bytes: ByteArray,
        trace: String = TRACE,
        contentType: String = "image/png",
    ) {
        val hash = Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-256").digest(bytes))
        val announced =
            api(
                "POST",
                "/api/public/media",
                """{"sha256Hash":"$hash","contentType":"$contentType","contentLength":${bytes.size},
                "traceId":"$trace","field":"input"}""",
            )
        val url = ObjectMapper().readTree(announced.body())["uploadUrl"].textValue() ?: return
        val headers = mapOf("Content-Type" to contentType, "x-amz-checksum-sha256" to hash)
        check(send("PUT", url, bytes, headers).statusCode() == 200) { "$url refused the bytes" }
    }

    /** A request with these headers and no others; `target` may be a whole URL. */
    fun send(
        method: String,
        target: String,
        body: ByteArray,
        headers: Map<String, String>,
    ): HttpResponse<String> {
        val request =
            HttpRequest
                .newBuilder(langfuse.baseUrl().resolve(target))
                .timeout(SOON)
                .method(method, HttpRequest.BodyPublishers.ofByteArray(body))
        headers.forEach { (name, value) -> request.setHeader(name, value) }
        return send(request.build())
    }

    fun request(
        body: ByteArray,
        contentType: String,
        headers: Map<String, String>,
        timeout: Duration = SOON,
    ): HttpRequest {
        val request =
            HttpRequest
                .newBuilder(langfuse.baseUrl().resolve(TRACES_PATH))
                .timeout(timeout)
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .header("Content-Type", contentType)
                .header("Authorization", basic())
        headers.forEach { (name, value) -> request.setHeader(name, value) }
        return request.build()
    }

    fun send(request: HttpRequest): HttpResponse<String> = client.send(request, BODY)

    fun basic() =
        "Basic " +
            Base64.getEncoder().encodeToString("${langfuse.publicKey()}:${langfuse.secretKey()}".toByteArray())

    private companion object {
        val BODY: HttpResponse.BodyHandler<String> = HttpResponse.BodyHandlers.ofString()
    }
}

/** A request as it is written here, Host included, which Java's client would not let us choose. */
fun raw(
    langfuse: LocalLangfuse,
    vararg lines: String,
    body: String = "",
): String =
    Socket(langfuse.baseUrl().host, langfuse.baseUrl().port).use { socket ->
        socket.soTimeout = SOON.toMillis().toInt()
        val all = lines.toList() + listOf("Connection: close", "", body)
        socket.getOutputStream().write(all.joinToString("\r\n").toByteArray())
        String(socket.getInputStream().readAllBytes())
    }

/** One server for one test. */
fun <T> withLangfuse(
    settings: LocalLangfuse.Builder = LocalLangfuse.builder(),
    block: (LocalLangfuse, Sender) -> T,
): T = settings.start().use { block(it, Sender(it)) }

/** The observation one span becomes, by way of the wire. */
fun observationOf(
    attributes: Map<String, Any>,
    resource: Map<String, Any> = emptyMap(),
    status: Status.StatusCode = Status.StatusCode.STATUS_CODE_UNSET,
    statusMessage: String = "",
): LocalObservation {
    val body =
        export(
            span("span", attributes = attributes, status = status, statusMessage = statusMessage),
            resource = resource,
        )
    return ProtobufDecoder.decode(body).map { ObservationMapper.map(it, START) }.single()
}
