package com.langfuse.sdk.samples

import com.fasterxml.jackson.databind.ObjectMapper
import com.langfuse.sdk.local.LocalTrace
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeSameInstanceAs
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineStart.UNDISPATCHED
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.catch
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.withContext
import java.util.concurrent.atomic.AtomicInteger

class RagPipelineTest :
    FunSpec({
        val standIn = autoClose(StandInModel.start())
        // Of equal length, so that the tree is the same in whatever order they are rated.
        val documents =
            listOf(
                Document("lamp.txt", "The lamp burned oil at first."),
                Document("bulb.txt", "The lamp is a bulb now."),
                Document("cat.txt", "The cat is asleep on it.\n\nThe cat guards the lamp well."),
            )
        val question = "What burned in the lamp?"

        suspend fun Tracing.answer(model: ChatModel, onText: (String) -> Unit = {}) =
            RagPipeline(langfuse, documents, model).answer(question, "u-1", "s-1", onText = onText)

        test("each rating has its generation, under the one root") {
            Tracing().use { tracing ->
                val answer = tracing.answer(standIn)
                answer.text shouldBe "The lamp burned oil at first."

                val trace = tracing.trace()
                trace.id shouldBe answer.traceId
                trace.toTree(false) shouldBe
                    """
                    answer-question  user=u-1 session=s-1 tags=sample  9 observations
                    └─ CHAIN answer-question
                       ├─ RETRIEVER search-handbook
                       ├─ EVALUATOR score-candidate
                       │  └─ GENERATION rate-passage  stand-in-1  33→1 tokens
                       ├─ EVALUATOR score-candidate
                       │  └─ GENERATION rate-passage  stand-in-1  33→1 tokens
                       ├─ EVALUATOR score-candidate
                       │  └─ GENERATION rate-passage  stand-in-1  33→1 tokens
                       └─ GENERATION write-answer  stand-in-1  45→6 tokens
                    """.trimIndent()
            }
        }

        test("user, session and tags are on every observation") {
            Tracing().use { tracing ->
                tracing.answer(standIn)
                tracing.trace().observations.forEach {
                    Triple(it.userId, it.sessionId, it.tags) shouldBe Triple("u-1", "s-1", listOf("sample"))
                }
            }
        }

        test("ratings at the same time do not mix up their inputs and outputs") {
            Tracing().use { tracing ->
                withContext(Dispatchers.Default) { tracing.answer(standIn) }
                val trace = tracing.trace()
                val rated =
                    trace.observations.filter { it.type() == "EVALUATOR" }.map { evaluator ->
                        val passage = json.readTree(evaluator.input())
                        val generation = trace.children(evaluator).single()
                        generation.input() shouldContain passage["text"].textValue()
                        generation.output() shouldBe evaluator.output()
                        passage["file"].textValue() to evaluator.output()
                    }
                rated shouldContainExactlyInAnyOrder listOf("lamp.txt" to "10", "bulb.txt" to "5", "cat.txt" to "5")
            }
        }

        test("the retriever shows what was found, the root what was asked and answered") {
            Tracing().use { tracing ->
                tracing.answer(standIn)
                val trace = tracing.trace()
                val found = json.readTree(trace.observation("search-handbook").output())
                found.map { it.at("/item/file").textValue() }.first() shouldBe "lamp.txt"
                trace.observation("search-handbook").input() shouldBe question
                trace.observation("answer-question").input() shouldBe question
                trace.observation("answer-question").output() shouldBe "The lamp burned oil at first."
            }
        }

        test("the streamed answer is a generation with everything Langfuse shows of one") {
            Tracing().use { tracing ->
                val pieces = mutableListOf<String>()
                val answer = tracing.answer(standIn) { pieces += it }
                val generation = tracing.trace().observation("write-answer")
                generation.output() shouldBe answer.text
                pieces.joinToString("") shouldBe answer.text
                generation.modelParameters() shouldBe mapOf("temperature" to "0.3")
                generation.usage() shouldBe mapOf("input" to 45L, "output" to 6L)
                json.readTree(generation.input()).map { it["role"].textValue() } shouldContainExactly
                    listOf("system", "user")
                val firstPiece = generation.completionStartTime().shouldNotBeNull()
                (firstPiece in generation.startTime()..generation.endTime().shouldNotBeNull()) shouldBe true
            }
        }

        test("a refused answer is an error of the generation and of the root, and of nothing else") {
            val refusing = autoClose(Endpoint.answering(500, """{"error": {"message": "overloaded"}}"""))
            val http = autoClose(HttpChatModel("m-1", refusing.baseUrl))
            lateinit var thrown: Throwable
            val model =
                object : ChatModel by standIn {
                    override fun stream(messages: List<Message>, parameters: Map<String, Any>): Flow<ChatChunk> =
                        http.stream(messages, parameters).catch {
                            thrown = it
                            throw it
                        }
                }
            Tracing().use { tracing ->
                shouldThrow<ChatException> { tracing.answer(model) } shouldBeSameInstanceAs thrown
                val trace = tracing.trace()
                trace.namesAt("ERROR") shouldContainExactly listOf("answer-question", "write-answer")
                trace.namesAt("WARNING") shouldBe emptyList()
                trace.observation("write-answer").statusMessage() shouldContain "answered 500: overloaded"
                trace.observation("write-answer").output() shouldBe null
            }
        }

        test("a refused rating is an error all the way up, and calls the other ratings off") {
            val others = AtomicInteger(2)
            val othersBegun = CompletableDeferred<Unit>()
            lateinit var thrown: Throwable
            val model =
                object : ChatModel by standIn {
                    override suspend fun ask(messages: List<Message>, parameters: Map<String, Any>): ChatReply {
                        if ("bulb.txt" !in messages.last().content) {
                            if (others.decrementAndGet() == 0) othersBegun.complete(Unit)
                            awaitCancellation()
                        }
                        othersBegun.await()
                        throw ChatException(500, "overloaded").also { thrown = it }
                    }
                }
            Tracing().use { tracing ->
                shouldThrow<ChatException> { tracing.answer(model) } shouldBeSameInstanceAs thrown
                val trace = tracing.trace()
                trace.namesAt("ERROR") shouldContainExactly listOf("answer-question", "score-candidate", "rate-passage")
                trace.namesAt("WARNING") shouldContainExactlyInAnyOrder
                    listOf("score-candidate", "rate-passage", "score-candidate", "rate-passage")
            }
        }

        test("whoever leaves while the answer streams leaves what was said so far, and no error") {
            Tracing().use { tracing ->
                val said = CompletableDeferred<Unit>()
                val model =
                    object : ChatModel by standIn {
                        override fun stream(messages: List<Message>, parameters: Map<String, Any>): Flow<ChatChunk> =
                            flow {
                                emit(ChatChunk("The lamp ", null))
                                said.complete(Unit)
                                awaitCancellation()
                            }
                    }
                val visitor = async(start = UNDISPATCHED) { tracing.answer(model) }
                said.await()
                visitor.cancelAndJoin()
                val trace = tracing.trace()
                trace.observation("write-answer").output() shouldBe "The lamp "
                trace.namesAt("WARNING") shouldContainExactly listOf("answer-question", "write-answer")
                trace.namesAt("ERROR") shouldBe emptyList()
            }
        }

        test("the program answers, draws its trace and leaves no thread behind") {
            val before = Thread.getAllStackTraces().keys
            val program = Class.forName(
                "com.langfuse.sdk.samples.RagPipelineKt",
            ).getMethod("main", Array<String>::class.java)
            val output = printed { program.invoke(null, arrayOf("How many steps are there?")) }
            output shouldContain "196 steps"
            output shouldContain "└─ CHAIN answer-question"
            output shouldContain "stand-in-1, which counts words and is no language model"

            val left = (Thread.getAllStackTraces().keys - before).filter { !it.isDaemon }
            left.onEach { it.join(120_000) }.filter { it.isAlive } shouldBe emptyList()
        }
    })

private val json = ObjectMapper()

private fun LocalTrace.namesAt(level: String): List<String> =
    observations.filter { it.level() == level }.map { it.name() }
