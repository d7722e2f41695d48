package com.langfuse.sdk.samples

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.ObservationType.AGENT
import com.langfuse.sdk.ObservationType.GENERATION
import com.langfuse.sdk.ObservationType.RETRIEVER
import com.langfuse.sdk.ObservationType.TOOL
import com.langfuse.sdk.coroutines.observation
import com.langfuse.sdk.coroutines.observed
import com.langfuse.sdk.ktor.LangfuseTracing
import com.langfuse.sdk.ktor.langfuse
import io.ktor.server.application.Application
import io.ktor.server.application.install
import io.ktor.server.cio.CIO
import io.ktor.server.engine.embeddedServer
import io.ktor.server.request.receiveText
import io.ktor.server.response.respondTextWriter
import io.ktor.server.routing.RoutingRoot
import io.ktor.server.routing.post
import io.ktor.server.routing.routing
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeoutOrNull
import java.io.Writer
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse.BodyHandlers
import java.time.LocalTime
import kotlin.time.Duration.Companion.seconds

/** A chat server that looks two things up at the same time, and streams its answer. */
fun main(vararg args: String) {
    val question = args.joinToString(" ").ifBlank { "When does the tea room sell scones?" }
    TraceTarget.fromEnv().use { target ->
        ChatModel.fromEnv().use { model ->
            println("Question  $question\nModel     $model")
            withServer({ chat(target.langfuse, model) }) { url -> ask(url, question, "visitor-1", ::print) }
            println()
            target.show()
        }
    }
}

// region chat
fun Application.chat(langfuse: Langfuse, model: ChatModel) {
    install(LangfuseTracing) {
        this.langfuse = langfuse
        type = AGENT
        userId { call -> call.request.headers["X-User"] }
    }
    routing {
        post("/chat") {
            val question = call.receiveText()
            call.langfuse.input(question)
            val prompt = prepare(question)
            call.respondTextWriter {
                call.langfuse.output(write(model, prompt))
            }
        }
    }
}
// endregion

private val index by lazy { Bm25(passages(handbook()), Passage::text) }

/** Both tools at once; each is a child of the call. */
private suspend fun prepare(question: String): List<Message> =
    coroutineScope {
        val passages =
            async {
                observation("search-handbook", RETRIEVER, { input(question) }) { retriever ->
                    index.search(question, limit = 3).map { it.item }.also { retriever.output(it) }
                }
            }
        val time =
            async {
                observation("look-at-the-clock", TOOL) { tool -> LocalTime.now().toString().also { tool.output(it) } }
            }
        listOf(Message("system", "It is ${time.await()}.")) + answerPrompt(question, passages.await())
    }

/** Hands on the answer piece by piece, as it comes. */
private suspend fun Writer.write(model: ChatModel, prompt: List<Message>): String {
    val text = StringBuilder()
    model
        .stream(prompt)
        .observed("write-answer", GENERATION, { model(model.name).input(prompt) }, usage = { it.usage }) { it.text }
        .collect { chunk ->
            text.append(chunk.text)
            write(chunk.text)
            flush()
        }
    return text.toString()
}

/** Runs a server on a free port of this machine until the block has made its call. */
internal fun withServer(module: Application.() -> Unit, block: (url: String) -> Unit) {
    val server = embeddedServer(CIO, port = 0, host = "127.0.0.1", module = module).start()
    val called = CompletableDeferred<Unit>()
    server.monitor.subscribe(RoutingRoot.RoutingCallFinished) { called.complete(Unit) }
    try {
        val port = runBlocking { server.engine.resolvedConnectors() }.first().port
        block("http://127.0.0.1:$port")
        // The client has its last byte before the server is done with the call.
        runBlocking { withTimeoutOrNull(5.seconds) { called.await() } }
    } finally {
        server.stop(0, 1_000)
    }
}

/** Hands out the answer piece by piece, as it comes. */
internal fun ask(url: String, question: String, user: String, onText: (String) -> Unit) {
    val request =
        HttpRequest
            .newBuilder(URI("$url/chat"))
            .header("X-User", user)
            .POST(BodyPublishers.ofString(question))
            .build()
    val answer = HttpClient.newHttpClient().send(request, BodyHandlers.ofInputStream()).body().bufferedReader()
    val piece = CharArray(1024)
    generateSequence { answer.read(piece).takeIf { it > 0 } }.forEach { onText(String(piece, 0, it)) }
}
