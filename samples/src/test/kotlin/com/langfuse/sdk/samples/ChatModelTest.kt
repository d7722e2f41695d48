package com.langfuse.sdk.samples

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldEndWith
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeout
import java.io.IOException
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.Socket
import kotlin.time.Duration.Companion.minutes

class ChatModelTest :
    FunSpec({
        val prompt = answerPrompt("What did the cat do?", listOf(Passage("a.txt", "It rained all day. The cat slept.")))

        /** Runs the block with a model at that endpoint. */
        suspend fun <T> at(endpoint: Endpoint, block: suspend (ChatModel) -> T): T =
            endpoint.use { HttpChatModel("m-1", it.baseUrl, "secret").use { model -> block(model) } }

        test("an answer arrives in pieces, and the usage with the last") {
            StandInModel.start().use { model ->
                val chunks = model.stream(prompt).toList()
                chunks.size shouldBeGreaterThan 2
                chunks.joinToString("") { it.text } shouldBe model.ask(prompt).text
                chunks.filter { it.usage != null } shouldHaveSize 1
                chunks.last().usage?.asMap() shouldBe model.ask(prompt).usage?.asMap()
            }
        }

        test("a stream can be collected again, which asks again") {
            StandInModel.start().use { model ->
                val stream = model.stream(prompt)
                stream.toList().map { it.text } shouldBe stream.toList().map { it.text }
            }
        }

        test("it sends the key, the model, the messages and the parameters") {
            val seen = CompletableDeferred<String>()
            val endpoint =
                Endpoint { call ->
                    val body = call.requestBody.readAllBytes().decodeToString()
                    seen.complete("${call.requestURI} ${call.requestHeaders.getFirst("Authorization")} $body")
                    call.reply(200, """{"choices": [{"message": {"content": "hi"}}]}""")
                }
            val greeting = listOf(Message("user", "hello"))
            at(endpoint) { it.ask(greeting, mapOf("temperature" to 0)) } shouldBe ChatReply("hi", null)
            seen.await() shouldBe
                "/v1/chat/completions Bearer secret " +
                """{"temperature":0,"model":"m-1","messages":[{"role":"user","content":"hello"}]}"""
        }

        test("cached tokens are counted once, in a bucket of their own") {
            val details = """{"cached_tokens": 80}"""
            val usage = """{"prompt_tokens": 100, "completion_tokens": 7, "prompt_tokens_details": $details}"""
            val reply = at(Endpoint.answering(200, """{"choices": [], "usage": $usage}""")) { it.ask(prompt) }
            reply.usage?.asMap() shouldBe mapOf("input" to 20L, "output" to 7L, "input_cached_tokens" to 80L)
        }

        test("an error status becomes an exception with the server's message") {
            val refusal = """{"error": {"message": "The model is overloaded", "type": "server_error"}}"""
            at(Endpoint.answering(503, refusal)) { model ->
                listOf<suspend () -> Any>({ model.ask(prompt) }, { model.stream(prompt).toList() }).forEach { call ->
                    val thrown = shouldThrow<ChatException> { call() }
                    thrown.status shouldBe 503
                    thrown.message shouldEndWith "/v1/chat/completions answered 503: The model is overloaded"
                }
            }
        }

        test("an error page that is not JSON is quoted") {
            at(Endpoint.answering(502, "<h1>Bad gateway</h1>")) { model ->
                shouldThrow<ChatException> { model.ask(prompt) }.message shouldEndWith
                    "answered 502: <h1>Bad gateway</h1>"
            }
        }

        test("a server that is not there is named") {
            // Nothing listens on a socket that is bound and no more, and nothing else gets its port.
            Socket().use { reserved ->
                reserved.bind(InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                val gone = "http://127.0.0.1:${reserved.localPort}/v1"
                HttpChatModel("m-1", gone).use { model ->
                    val thrown = shouldThrow<ChatException> { model.ask(prompt) }
                    thrown.status shouldBe null
                    thrown.message shouldBe "$gone/chat/completions cannot be reached: ConnectException"
                }
            }
        }

        test("the stand-in refuses what it does not understand") {
            StandInModel.start().use { model ->
                val thrown = shouldThrow<ChatException> { model.ask(listOf(Message("system", "Be brief."))) }
                thrown.status shouldBe 400
                thrown.message shouldContain "a message of the user is needed"
            }
        }

        test("an error in the middle of a stream is thrown, after the pieces before it") {
            val events = piece("It ") + event("""{"error": {"message": "out of memory"}}""")
            at(Endpoint.answering(200, events)) { model ->
                val pieces = mutableListOf<String>()
                val thrown = shouldThrow<ChatException> { model.stream(prompt).collect { pieces += it.text } }
                thrown.message shouldEndWith "broke off: out of memory"
                pieces shouldBe listOf("It ")
            }
        }

        test("comments and other fields of the event stream are skipped") {
            val events = ": keep-alive\n\nevent: message\n" + piece("hi") + event("[DONE]")
            at(Endpoint.answering(200, events)) { model ->
                model.stream(prompt).toList() shouldBe listOf(ChatChunk("hi", null))
            }
        }

        test("who has enough of a stream hangs up") {
            val hungUp = CompletableDeferred<Unit>()
            at(endless(hungUp)) { model ->
                model.stream(prompt).first().text shouldBe "on and "
                withTimeout(2.minutes) { hungUp.await() }
            }
        }

        test("cancelling the caller hangs up") {
            val hungUp = CompletableDeferred<Unit>()
            val begun = CompletableDeferred<Unit>()
            at(endless(hungUp, begun)) { model ->
                val caller = launch { model.ask(prompt) }
                begun.await()
                caller.cancelAndJoin()
                withTimeout(2.minutes) { hungUp.await() }
            }
        }
    })

/** Talks until the client hangs up. */
private fun endless(hungUp: CompletableDeferred<Unit>, begun: CompletableDeferred<Unit> = CompletableDeferred()) =
    Endpoint { call ->
        call.sendResponseHeaders(200, 0)
        try {
            while (true) {
                call.responseBody.write(piece("on and ").toByteArray())
                call.responseBody.flush()
                begun.complete(Unit)
            }
        } catch (_: IOException) {
            hungUp.complete(Unit)
        }
    }

private fun piece(text: String) = event("""{"choices": [{"delta": {"content": "$text"}}]}""")

private fun event(data: String) = "data: $data\n\n"
