package com.langfuse.sdk.line

import com.langfuse.sdk.DEADLINE
import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.client
import com.langfuse.sdk.counts
import com.langfuse.sdk.eventually
import com.langfuse.sdk.local.Fault
import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.threads
import com.langfuse.sdk.withLangfuse
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import java.io.IOException
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.time.Duration
import java.util.concurrent.ExecutorService
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread
import kotlin.time.Duration.Companion.seconds
import kotlin.time.measureTime

/** The JDK's HTTP client can break for good, and is replaced then. */
class RenewableHttpClientTest :
    FunSpec({
        val selectors = Regex("HttpClient-\\d+-SelectorManager")

        fun Langfuse.record(count: Int) = repeat(count) { observation("o-$it").input("in").start().end() }

        /** As an OutOfMemoryError ends them: the JDK's client answers nothing after that. */
        fun endSelectors() {
            val ending = threads(selectors)
            ending.forEach { it.interrupt() }
            ending.forEach { it.join(DEADLINE.toMillis()) }
            threads(selectors).filter { it in ending }.shouldBeEmpty()
        }

        test("after the selector thread has ended everything arrives, by another client") {
            withLangfuse { local, langfuse ->
                langfuse.record(10)
                langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(10, 0, 0, 0)
                endSelectors()
                langfuse.record(10)
                measureTime {
                    langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(10, 0, 0, 0)
                } shouldBeLessThan 8.seconds
                langfuse.traceUrl("t")!!.endsWith("/traces/t") shouldBe true
                local.duplicates() shouldBe 0
            }
        }

        test("requests under way when the selector thread ends are sent again") {
            withLangfuse { local, langfuse ->
                local.always(Fault.hang())
                langfuse.record(10)
                langfuse.flush(Duration.ZERO)
                local.awaitRequests(1, DEADLINE)
                local.always(null)
                endSelectors()
                measureTime {
                    langfuse.flush(DEADLINE).pending() shouldBe 0
                } shouldBeLessThan 8.seconds
                langfuse.delivery().counts shouldBe listOf<Long>(10, 0, 0, 0)
            }
        }

        test("scores and media get through, too") {
            withLangfuse { local, langfuse ->
                langfuse.record(1)
                langfuse.flush(DEADLINE)
                endSelectors()
                langfuse.observation("o").start().score("s", 1.0).input("data:text/plain;base64,aGVsbG8=").end()
                langfuse.flush(DEADLINE)
                local.awaitScores(1, DEADLINE)
                local.awaitMedia(1, DEADLINE)
            }
        }

        test("clients that end again and again leave no threads and no connections behind") {
            val threadsBefore = threads(selectors).size
            withLangfuse { _, langfuse ->
                repeat(8) {
                    langfuse.record(5)
                    langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(5, 0, 0, 0)
                    endSelectors()
                }
                langfuse.record(1)
                langfuse.flush(DEADLINE).exported() shouldBe 1
                eventually { threads(selectors).size - threadsBefore <= 1 } shouldBe true
                eventually { threads(Regex("langfuse-http")).size <= 8 } shouldBe true
            }
            eventually { threads(Regex("langfuse-http")).isEmpty() } shouldBe true
            eventually { threads(selectors).size <= threadsBefore } shouldBe true
        }

        test("closing lets the threads go, also on a JDK whose client cannot be closed") {
            withLangfuse { _, langfuse ->
                langfuse.record(1)
                langfuse.flush(DEADLINE).exported() shouldBe 1
                val ours = threads(selectors) + threads(Regex("langfuse-http"))
                langfuse.close()
                eventually { ours.none { it.isAlive && it.name.startsWith("langfuse") } } shouldBe true
                eventually { threads(selectors).isEmpty() } shouldBe true
            }
        }

        test("a client whose executor is shut down, or that was shut down itself, is replaced") {
            LocalLangfuse.start().use { local ->
                val client = RenewableHttpClient(HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1))

                fun request() = HttpRequest.newBuilder(local.baseUrl().resolve("/api/public/health")).build()

                fun ask() = client.send(request(), HttpResponse.BodyHandlers.ofString(), DEADLINE).statusCode()

                fun part(name: String): Any {
                    val current = RenewableHttpClient::class.java.getDeclaredField("current").apply { isAccessible = true }
                    val instance = current.get(client)
                    return instance.javaClass.getDeclaredField(name).apply { isAccessible = true }.get(instance)
                }

                fun recovers() =
                    eventually {
                        try {
                            ask() < 500
                        } catch (e: IOException) {
                            false
                        }
                    }
                ask()
                (part("executor") as ExecutorService).shutdownNow()
                recovers() shouldBe true
                HttpClient::class.java.methods.find { it.name == "shutdownNow" }?.let {
                    it.invoke(part("client"))
                    recovers() shouldBe true
                }
                client.close()
                shouldThrow<IOException> { ask() }
                threads(Regex("langfuse-http")).filter { it.isAlive }.let { left ->
                    eventually { left.none { it.isAlive } } shouldBe true
                }
            }
        }

        test("a request that is under way when the client is closed ends") {
            LocalLangfuse.start().use { local ->
                local.always(Fault.hang())
                val client = RenewableHttpClient(HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1))
                val ended = LinkedBlockingQueue<Throwable>()
                thread {
                    val request = HttpRequest.newBuilder(local.baseUrl().resolve("/api/public/projects")).build()
                    ended += runCatching {
                        client.send(request, HttpResponse.BodyHandlers.ofString(), Duration.ofHours(1))
                    }.exceptionOrNull()!!
                }
                local.awaitRequests(1, DEADLINE) shouldHaveSize 1
                client.close()
                (ended.poll(DEADLINE.toSeconds(), TimeUnit.SECONDS) is IOException) shouldBe true
            }
        }
    })
