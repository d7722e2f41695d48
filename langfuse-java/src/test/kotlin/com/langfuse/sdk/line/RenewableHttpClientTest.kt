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
import java.net.http.HttpTimeoutException
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

        /** Those of other tests are among them. */
        fun ours() = (threads(selectors) + threads(Regex("langfuse-http"))).toSet()

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
            val before = ours()
            withLangfuse { _, langfuse ->
                repeat(8) {
                    langfuse.record(5)
                    langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(5, 0, 0, 0)
                    endSelectors()
                }
                langfuse.record(1)
                langfuse.flush(DEADLINE).exported() shouldBe 1
                eventually { (ours() - before).count { selectors.matches(it.name) } <= 1 } shouldBe true
                eventually { (ours() - before).size <= 9 } shouldBe true
            }
            eventually { (ours() - before).isEmpty() } shouldBe true
        }

        test("closing lets the threads go, also on a JDK whose client cannot be closed") {
            val before = ours()
            withLangfuse { _, langfuse ->
                langfuse.record(1)
                langfuse.flush(DEADLINE).exported() shouldBe 1
                (ours() - before).isEmpty() shouldBe false
                langfuse.close()
                eventually { (ours() - before).isEmpty() } shouldBe true
            }
        }

        test("a client whose executor is shut down, or that was shut down itself, is replaced") {
            val before = ours()
            LocalLangfuse.start().use { local ->
                val client = RenewableHttpClient(HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1))

                fun request() = HttpRequest.newBuilder(local.baseUrl().resolve("/api/public/health")).build()

                fun ask() = client.send(request(), HttpResponse.BodyHandlers.ofString(), DEADLINE).statusCode()

                fun part(name: String): Any {
                    val current = RenewableHttpClient::class.java.getDeclaredField("current").apply {
                        isAccessible =
                            true
                    }
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
                eventually { (ours() - before).isEmpty() } shouldBe true
            }
        }

        test("a client of which nothing comes back any more is replaced, one that is only slow is not") {
            LocalLangfuse.start().use { local ->
                val builder = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
                val client = RenewableHttpClient(builder, Duration.ZERO)

                fun ask(timeout: Duration) =
                    client.send(
                        HttpRequest.newBuilder(local.baseUrl().resolve("/api/public/projects")).build(),
                        HttpResponse.BodyHandlers.ofString(),
                        timeout,
                    )

                fun current(): Any? =
                    RenewableHttpClient::class.java.getDeclaredField("current").apply {
                        isAccessible = true
                    }.get(client)
                ask(DEADLINE)
                val first = current()
                local.enqueue(Fault.hang())
                val slow = LinkedBlockingQueue<Throwable>()
                val asking = thread { slow += runCatching { ask(Duration.ofSeconds(2)) }.exceptionOrNull()!! }
                local.awaitRequests(2, DEADLINE)
                ask(DEADLINE) // another one is answered meanwhile
                asking.join()
                (slow.poll() is HttpTimeoutException) shouldBe true
                (current() === first) shouldBe true
                local.enqueue(Fault.hang())
                shouldThrow<HttpTimeoutException> { ask(Duration.ofSeconds(1)) }
                (current() === first) shouldBe false
                ask(DEADLINE).statusCode() shouldBe 401
                client.close()
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
