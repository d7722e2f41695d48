package com.langfuse.sdk.opentelemetry

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.Observation
import com.langfuse.sdk.ObservationType.AGENT
import com.langfuse.sdk.ObservationType.TOOL
import com.openai.client.okhttp.OpenAIOkHttpClient
import com.openai.models.chat.completions.ChatCompletionCreateParams
import com.sun.net.httpserver.HttpServer
import io.opentelemetry.api.GlobalOpenTelemetry
import io.opentelemetry.api.OpenTelemetry
import io.opentelemetry.api.trace.Span
import io.opentelemetry.api.trace.SpanId
import io.opentelemetry.api.trace.SpanKind
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk
import org.springframework.boot.SpringApplication
import org.springframework.boot.WebApplicationType
import java.net.InetSocketAddress
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse

/** Knows OpenTelemetry's API and nothing else: not Langfuse, not the SDK. */
internal object PlainApplication {
    @JvmStatic
    fun main(arguments: Array<String>) = answer(GlobalOpenTelemetry.get())

    fun answer(openTelemetry: OpenTelemetry) {
        val request =
            openTelemetry
                .getTracer("web server")
                .spanBuilder("GET /answer")
                .setSpanKind(SpanKind.SERVER)
                .setAttribute("http.request.method", "GET")
                .startSpan()
        request.makeCurrent().use { chat(openTelemetry) }
        request.end()
        println("answered")
    }

    fun chat(openTelemetry: OpenTelemetry) {
        openTelemetry
            .getTracer("llm library")
            .spanBuilder("chat")
            .setAttribute("gen_ai.request.model", "gpt-4o")
            .startSpan()
            .end()
    }
}

/** The same, with an SDK that is set up by environment variables. */
internal object AutoConfiguredApplication {
    @JvmStatic
    fun main(arguments: Array<String>) =
        PlainApplication.answer(AutoConfiguredOpenTelemetrySdk.initialize().openTelemetrySdk)
}

/** Asks a stand-in for OpenAI by OpenAI's client. */
internal object OpenAiApplication {
    private const val COMPLETION =
        """{"id": "c-1", "object": "chat.completion", "created": 1700000000, "model": "gpt-4o-2024-08-06", "choices":
        [{"index": 0, "message": {"role": "assistant", "content": "A fog horn."}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 4, "total_tokens": 11}}"""

    @JvmStatic
    fun main(arguments: Array<String>) {
        val server = HttpServer.create(InetSocketAddress("127.0.0.1", 0), 0)
        server.createContext("/") { exchange ->
            exchange.requestBody.readAllBytes()
            exchange.responseHeaders["Content-Type"] = "application/json"
            exchange.sendResponseHeaders(200, COMPLETION.length.toLong())
            exchange.responseBody.use { it.write(COMPLETION.toByteArray()) }
        }
        server.start()
        val url = "http://127.0.0.1:${server.address.port}/v1"
        val client = OpenAIOkHttpClient.builder().apiKey("none").baseUrl(url).build()
        val question = ChatCompletionCreateParams.builder().model("gpt-4o").addUserMessage("What guides ships in fog?")
        println(client.chat().completions().create(question.build()).choices()[0].message().content().get())
        client.close()
        server.stop(0)
    }
}

/** Has the LLM library, and nothing that sets up OpenTelemetry. */
internal object SpringBootApplication {
    @JvmStatic
    fun main(arguments: Array<String>) {
        SpringApplication(SpringBootApplication::class.java).apply {
            webApplicationType = WebApplicationType.NONE
        }.run()
        PlainApplication.answer(GlobalOpenTelemetry.get())
    }
}

/** Records observations on a tracer provider of its own, as `Langfuse.fromEnv()` makes one. */
internal object LangfuseApplication {
    @JvmStatic
    fun main(arguments: Array<String>) {
        Langfuse.fromEnv().use { langfuse ->
            langfuse.propagate().userId("ada").asBaggage().makeCurrent().use {
                langfuse.observation("answer", AGENT).run<RuntimeException> { agent ->
                    agent.shouldBeCurrent()
                    val query = GlobalOpenTelemetry.get().getTracer("database driver").spanBuilder("SELECT").startSpan()
                    query.makeCurrent().use {
                        langfuse.observation("look up", TOOL).run<RuntimeException> { tool ->
                            tool.shouldBeCurrent()
                            println("${tool.traceId()} arrives as ${traceparentOfACall()}")
                        }
                    }
                    query.end()
                    agent.shouldBeCurrent()
                    agent.observation("by handle", TOOL).start().also {
                        it.observation("below", TOOL).start().end()
                    }.end()
                    PlainApplication.chat(GlobalOpenTelemetry.get())
                }
            }
            check(Observation.current().id() == SpanId.getInvalid()) { "something is current outside" }
        }
    }

    private fun Observation.shouldBeCurrent() {
        check(Observation.current().id() == id()) { "current is ${Observation.current().id()}, not ${id()}" }
        check(Span.current().spanContext.spanId == id()) { "the slot has ${Span.current().spanContext}" }
    }

    /** What a service is told that is called by the JDK's client, without any help of ours. */
    private fun traceparentOfACall(): String {
        val server = HttpServer.create(InetSocketAddress("127.0.0.1", 0), 0)
        server.createContext("/") { exchange ->
            val traceparent = exchange.requestHeaders.getFirst("traceparent").orEmpty().toByteArray()
            exchange.sendResponseHeaders(200, traceparent.size.toLong())
            exchange.responseBody.use { it.write(traceparent) }
        }
        server.start()
        try {
            val request = HttpRequest.newBuilder(URI("http://127.0.0.1:${server.address.port}/")).build()
            return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body()
        } finally {
            server.stop(0)
        }
    }
}
