package com.langfuse.sdk.samples

import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.ObjectMapper
import com.sun.net.httpserver.HttpExchange
import com.sun.net.httpserver.HttpServer
import java.net.InetAddress
import java.net.InetSocketAddress
import java.time.Duration
import java.util.concurrent.ExecutorService
import kotlin.math.roundToInt

/**
 * No language model, but something that can stand where one would: it rates a passage by the words that it shares
 * with the question, and answers with the passages' own sentences that fit the question best. Always the same for
 * the same prompt. Served over HTTP in OpenAI's format, so that the pipeline cannot tell the difference.
 */
class StandInModel private constructor(
    private val server: HttpServer,
    private val threads: ExecutorService,
    private val client: HttpChatModel,
) : ChatModel by client {
    /** The address, for a client of your own. */
    val baseUrl: String = baseUrl(server)

    override fun close() {
        client.close()
        server.stop(0)
        threads.shutdownNow()
    }

    override fun toString() = "$name, which counts words and is no language model; set OPENAI_API_KEY to use one"

    companion object {
        const val NAME = "stand-in-1"

        /** @param pace how long to wait between two words of a streamed answer, so that one can watch */
        fun start(pace: Duration = Duration.ZERO): StandInModel {
            val threads = daemonThreads(NAME)
            val server = HttpServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0)
            server.executor = threads
            server.createContext("/v1/chat/completions") { it.use { call -> answer(call, pace) } }
            server.start()
            return StandInModel(server, threads, HttpChatModel(NAME, baseUrl(server)))
        }

        private fun baseUrl(server: HttpServer) = "http://127.0.0.1:${server.address.port}/v1"
    }
}

private val json = ObjectMapper()

private fun answer(call: HttpExchange, pace: Duration) {
    val request = runCatching { json.readTree(call.requestBody) }.getOrNull()
    val messages = request?.path("messages")?.associate { it.path("role").asText() to it.path("content").asText() }
    val prompt = messages?.get("user")
    if (request == null || prompt == null) {
        return call.send(400, mapOf("error" to mapOf("message" to "A JSON body with a message of the user is needed")))
    }
    val reply = reply(messages["system"].orEmpty(), prompt)
    val usage = mapOf("prompt_tokens" to messages.values.sumOf(::tokens), "completion_tokens" to tokens(reply))
    if (request.path("stream").asBoolean()) {
        call.stream(reply, usage.takeIf { request.at("/stream_options/include_usage").asBoolean() }, pace)
    } else {
        val choice = mapOf("message" to mapOf("role" to "assistant", "content" to reply))
        call.send(200, mapOf("model" to StandInModel.NAME, "choices" to listOf(choice), "usage" to usage))
    }
}

/** Understands the two prompts of the samples: one wants a number from 0 to 10, the other an answer. */
private fun reply(task: String, prompt: String): String {
    val question = prompt.lineSequence().first().removePrefix("Question:")
    val passages = prompt.lineSequence().drop(1).filterNot { it.startsWith("Passage from") }.joinToString("\n")
    return if ("0 to 10" in task) rating(question, passages) else quotation(question, passages)
}

private fun rating(question: String, passage: String): String {
    val wanted = words(question).toSet()
    val shared = wanted intersect words(passage).toSet()
    return if (wanted.isEmpty()) "0" else (10.0 * shared.size / wanted.size).roundToInt().toString()
}

private fun quotation(question: String, passages: String): String {
    val sentences = passages.split(Regex("(?<=[.!?])\\s+")).map(String::trim).filter(String::isNotEmpty)
    val found = Bm25(sentences) { it }.search(question, limit = 3)
    val fitting = found.filter { it.score > found.first().score / 2 }.map { it.item }
    return sentences.filter { it in fitting }.joinToString(" ").ifEmpty { "The passages do not say." }
}

/** A word is about a token. */
private fun tokens(text: String): Int = text.split(Regex("\\s+")).count(String::isNotEmpty)

private fun HttpExchange.send(status: Int, body: Any) {
    responseHeaders["Content-Type"] = "application/json"
    val bytes = json.writeValueAsBytes(body)
    sendResponseHeaders(status, bytes.size.toLong())
    responseBody.write(bytes)
}

/** One event per word. The usage comes last, in an event without choices, and only for those who ask. */
private fun HttpExchange.stream(reply: String, usage: Map<String, Int>?, pace: Duration) {
    responseHeaders["Content-Type"] = "text/event-stream"
    sendResponseHeaders(200, 0)
    reply.split(Regex("(?<= )")).forEach { word ->
        event(json.writeValueAsString(mapOf("choices" to listOf(mapOf("delta" to mapOf("content" to word))))))
        Thread.sleep(pace.toMillis())
    }
    usage?.let { event(json.writeValueAsString(mapOf("choices" to emptyList<Any>(), "usage" to it))) }
    event("[DONE]")
}

private fun HttpExchange.event(data: String) {
    responseBody.write("data: $data\n\n".toByteArray())
    responseBody.flush()
}
