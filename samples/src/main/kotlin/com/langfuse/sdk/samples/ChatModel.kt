package com.langfuse.sdk.samples

import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.ObjectMapper
import com.langfuse.sdk.Usage
import kotlinx.coroutines.channels.Channel.Factory.UNLIMITED
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.channelFlow
import kotlinx.coroutines.flow.filter
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.takeWhile
import kotlinx.coroutines.future.await
import kotlinx.coroutines.runBlocking
import java.io.IOException
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse
import java.net.http.HttpResponse.BodyHandler
import java.net.http.HttpResponse.BodyHandlers
import java.net.http.HttpResponse.BodySubscribers
import java.time.Duration
import java.util.concurrent.ExecutorService
import java.util.concurrent.Executors
import java.util.concurrent.Flow.Subscriber
import java.util.concurrent.Flow.Subscription

@JvmRecord
data class Message(val role: String, val content: String)

@JvmRecord
data class ChatReply(val text: String, val usage: Usage?)

/** A piece of a streamed answer; [usage] comes once, with the last piece, whose text is empty. */
@JvmRecord
data class ChatChunk(val text: String, val usage: Usage?)

/** The server refused, broke off, or was not there: then there is no [status]. */
class ChatException(val status: Int?, message: String, cause: Throwable? = null) : RuntimeException(message, cause)

/** A language model that answers messages, at once or piece by piece. Cancelling the caller cancels the call. */
interface ChatModel : AutoCloseable {
    val name: String

    suspend fun ask(messages: List<Message>, parameters: Map<String, Any> = emptyMap()): ChatReply

    /** Asks when collected. */
    fun stream(messages: List<Message>, parameters: Map<String, Any> = emptyMap()): Flow<ChatChunk>

    /** For callers that are no coroutines. */
    fun askBlocking(messages: List<Message>): ChatReply = runBlocking { ask(messages) }

    /** Said again because here, unlike in [AutoCloseable], Java callers see no checked exception. */
    override fun close()

    companion object {
        /** The endpoint named by `OPENAI_API_KEY`, `OPENAI_BASE_URL` and `OPENAI_MODEL`, else the stand-in. */
        @JvmStatic
        fun fromEnv(): ChatModel {
            val env = System.getenv().filterValues { it.isNotBlank() }
            val key = env["OPENAI_API_KEY"]
            val baseUrl = env["OPENAI_BASE_URL"]
            if (key == null && baseUrl == null) {
                return StandInModel.start(pace = Duration.ofMillis(15))
            }
            return HttpChatModel(env["OPENAI_MODEL"] ?: "gpt-4o-mini", baseUrl ?: "https://api.openai.com/v1", key)
        }
    }
}

/** Any server that speaks OpenAI's `POST /chat/completions`. */
class HttpChatModel(override val name: String, private val baseUrl: String, private val apiKey: String? = null) :
    ChatModel {
    private val address = URI("${baseUrl.removeSuffix("/")}/chat/completions")
    private val threads: ExecutorService = daemonThreads("chat-model")
    private val http: HttpClient =
        HttpClient
            .newBuilder()
            // Over plain text the JDK would first ask for an upgrade to HTTP/2, which small servers trip over.
            .version(if (address.scheme == "http") HttpClient.Version.HTTP_1_1 else HttpClient.Version.HTTP_2)
            .connectTimeout(Duration.ofSeconds(10))
            .executor(threads)
            .build()

    override suspend fun ask(messages: List<Message>, parameters: Map<String, Any>): ChatReply {
        val request = request(parameters + mapOf("model" to name, "messages" to messages))
        val answer = send(request, BodyHandlers.ofString())
        val json = JSON.readTree(answer)
        return ChatReply(json.at("/choices/0/message/content").asText(""), usage(json))
    }

    override fun stream(messages: List<Message>, parameters: Map<String, Any>): Flow<ChatChunk> {
        val body =
            parameters + mapOf("model" to name, "messages" to messages, "stream" to true, "stream_options" to USAGE)
        return events(request(body))
            .takeWhile { it != "[DONE]" }
            .map(::chunk)
            .filter { it.text.isNotEmpty() || it.usage != null }
    }

    /** The data of the server-sent events. Unlimited, because [Lines] cannot wait; no model outpaces its reader. */
    private fun events(request: HttpRequest): Flow<String> =
        channelFlow {
            val lines =
                BodyHandler { head ->
                    if (head.statusCode() == 200) eachLine(::trySend) else BodySubscribers.ofString(Charsets.UTF_8)
                }
            send(request, lines)
        }.buffer(UNLIMITED)
            .filter { it.startsWith("data:") }
            .map { it.removePrefix("data:").trim() }

    private fun chunk(event: String): ChatChunk {
        val json = JSON.readTree(event)
        // A server whose model fails half-way has sent its 200 already, so it says so in an event.
        if (json.has("error")) {
            throw ChatException(200, "$address broke off: ${errorMessage(event)}")
        }
        return ChatChunk(json.at("/choices/0/delta/content").asText(""), usage(json))
    }

    private fun request(body: Map<String, Any>): HttpRequest {
        val request =
            HttpRequest
                .newBuilder(address)
                .timeout(Duration.ofMinutes(1))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body)))
        apiKey?.let { request.header("Authorization", "Bearer $it") }
        return request.build()
    }

    private suspend fun send(request: HttpRequest, handler: BodyHandler<String>): String {
        val call = http.sendAsync(request, handler)
        val response =
            try {
                // Of a copy, because `await` cancels gently, and the JDK hangs up only on cancel(true).
                call.copy().await()
            } catch (e: IOException) {
                throw ChatException(null, "$address cannot be reached: ${e.message ?: e.javaClass.simpleName}", e)
            } finally {
                call.cancel(true)
            }
        val status = response.statusCode()
        if (status != 200) {
            throw ChatException(status, "$address answered $status: ${errorMessage(response.body())}")
        }
        return response.body()
    }

    override fun close() {
        threads.shutdownNow()
    }

    override fun toString() = "$name at $baseUrl"

    private companion object {
        val JSON = ObjectMapper()
        val USAGE = mapOf("include_usage" to true)

        /** OpenAI counts cached and reasoning tokens as part of the totals. */
        fun usage(json: JsonNode): Usage? {
            val usage = json.get("usage")?.takeIf { it.isObject } ?: return null
            return Usage
                .input(usage.path("prompt_tokens").asLong())
                .includingCached(usage.at("/prompt_tokens_details/cached_tokens").asLong())
                .output(usage.path("completion_tokens").asLong())
                .includingReasoning(usage.at("/completion_tokens_details/reasoning_tokens").asLong())
        }

        fun errorMessage(body: String): String =
            runCatching { JSON.readTree(body).at("/error/message").textValue() }.getOrNull() ?: body.take(200)

        fun eachLine(take: (String) -> Unit): HttpResponse.BodySubscriber<String> =
            BodySubscribers.fromLineSubscriber(Lines(take), { "" }, Charsets.UTF_8, null)
    }

    /** A broken connection is reported by the call itself, so there is nothing to do about it here. */
    private class Lines(private val take: (String) -> Unit) : Subscriber<String> {
        override fun onSubscribe(subscription: Subscription) = subscription.request(Long.MAX_VALUE)

        override fun onNext(line: String) = take(line)

        override fun onError(failure: Throwable) = Unit

        override fun onComplete() = Unit
    }
}

/** Threads that do not keep the program alive. */
internal fun daemonThreads(name: String): ExecutorService =
    Executors.newCachedThreadPool { task -> Thread(task, name).apply { isDaemon = true } }
