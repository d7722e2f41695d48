package com.langfuse.sdk

import com.langfuse.sdk.ObservationType.TOOL
import com.langfuse.sdk.export.Java
import com.langfuse.sdk.local.LocalLangfuse
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldNotContain
import io.opentelemetry.sdk.common.CompletableResultCode
import io.opentelemetry.sdk.metrics.InstrumentType
import io.opentelemetry.sdk.metrics.SdkMeterProvider
import io.opentelemetry.sdk.metrics.data.AggregationTemporality
import io.opentelemetry.sdk.metrics.export.CollectionRegistration
import io.opentelemetry.sdk.metrics.export.MetricReader
import java.lang.ref.WeakReference
import java.net.URLClassLoader
import java.util.concurrent.ConcurrentHashMap
import java.util.stream.Stream
import kotlin.concurrent.thread

/** Clients that are never closed, and what their threads inherit. */
class AbandonedClientTest :
    FunSpec({
        val ours = Regex("HttpClient-.*|langfuse-(?!local).*")

        fun Langfuse.record() =
            observation("o").input("data:text/plain;base64,aGVsbG8=").start().score("s", 1.0).end()

        test("one that nothing holds delivers what it has, and is collected with its threads") {
            val before = threads(ours).toSet()
            val spool = tempdir().toPath().resolve("spool")
            val reader = IgnoringReader()
            val provider = SdkMeterProvider.builder().registerMetricReader(reader).build()
            LocalLangfuse.start().use { local ->
                fun abandoned(configure: LangfuseBuilder.() -> Unit): WeakReference<Langfuse> {
                    val langfuse =
                        local.client {
                            processDefault(false).flushOnExit(true)
                            configure()
                        }
                    langfuse.record()
                    return WeakReference(langfuse)
                }
                val clients =
                    listOf(
                        abandoned { },
                        abandoned { delivery { it.spool(spool) } },
                        abandoned { delivery { it.meterProvider(provider) } },
                    )
                (threads(ours) - before).size shouldBeGreaterThan 0
                eventually {
                    System.gc()
                    clients.all { it.refersTo(null) }
                } shouldBe true
                eventually { threads(ours).all { it in before } } shouldBe true
                local.observations() shouldHaveSize 3
                local.awaitScores(3, DEADLINE)
                local.awaitMedia(1, DEADLINE)
                spool.toFile().list()!!.toList().shouldBeEmpty()
            }
            provider.close()
        }

        test("one that is the process default stays it, though nothing else holds it") {
            LocalLangfuse.start().use { local ->
                val client = WeakReference(local.client())
                val default = ConcurrentHashMap.newKeySet<Boolean>()
                repeat(5) {
                    System.gc()
                    default += Langfuse.current() === client.get()
                }
                default shouldBe setOf(true)
                Langfuse.current().close()
            }
        }

        test("a spool that is idle has no files, and takes the next observation all the same") {
            val spool = tempdir().toPath().resolve("spool")
            withLangfuse({ delivery { it.spool(spool) } }) { local, langfuse ->
                repeat(2) {
                    langfuse.record()
                    spool.toFile().list()!!.isEmpty() shouldBe false
                    langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(1, 0, 0, 0)
                    eventually { spool.toFile().list()!!.isEmpty() } shouldBe true
                }
                local.observations() shouldHaveSize 2
            }
        }

        test("what is recorded after a time without work arrives when the program ends") {
            LocalLangfuse.start().use { local ->
                val output = Java().run(PausingProgram::class.java, local.baseUrl().toString())
                withClue(output) { local.observations().map { it.name } shouldBe listOf("before", "after") }
            }
        }

        test("what a shutdown hook of the application records and flushes arrives") {
            LocalLangfuse.start().use { local ->
                val output = Java().run(LateProgram::class.java, local.baseUrl().toString())
                withClue(output) { local.observations().map { it.name } shouldBe listOf("late") }
                output shouldNotContain "not everything was delivered"
            }
        }

        test("a stream that was left unread is an observation at the end of the program") {
            LocalLangfuse.start().use { local ->
                val output = Java().run(StreamingProgram::class.java, local.baseUrl().toString())
                withClue(output) { local.observations().map { it.name } shouldBe listOf("stream") }
            }
        }

        test("threads inherit nothing of the thread that starts them") {
            LocalLangfuse.start().use { local ->
                val before = threads(ours).toSet()
                val foreign = URLClassLoader(arrayOf(), javaClass.classLoader)
                val inherited = InheritableThreadLocal<String>()
                val seen = ConcurrentHashMap.newKeySet<String>()
                local.client {
                    delivery { delivery ->
                        delivery.httpClient { it.proxy(Inspecting { seen += "${inherited.get()}" }) }
                    }
                }.use { langfuse ->
                    thread(contextClassLoader = foreign) {
                        inherited.set("inherited")
                        langfuse.traceUrl("0af7651916cd43dd8448eb211c80319c")
                        seen.clear() // that was this thread
                        langfuse.record()
                        langfuse.flush(DEADLINE)
                        langfuse.record()
                    }.join()
                    val started = threads(ours) - before
                    started.size shouldBeGreaterThan 3
                    started.map { it.contextClassLoader }.toSet() shouldBe setOf(Langfuse::class.java.classLoader)
                    langfuse.flush(DEADLINE)
                    seen shouldBe setOf("null")
                }
            }
        }
    })

/** Leaves a stream unread, and never closes its client. */
internal object StreamingProgram {
    @JvmStatic
    fun main(arguments: Array<String>) {
        val builder = Langfuse.builder().publicKey("pk-lf-local").secretKey("sk-lf-local").baseUrl(arguments.single())
        val numbers = builder.build().observed("stream", TOOL).supplier { Stream.of(1, 2) }
        val unread = WeakReference(numbers.get())
        check(eventually { System.gc().let { unread.refersTo(null) } })
        repeat(3) { System.gc() } // by then the JVM has queued what it found
    }
}

/** Records nothing until the JVM goes down. */
internal object LateProgram {
    @JvmStatic
    fun main(arguments: Array<String>) {
        val builder = Langfuse.builder().publicKey("pk-lf-local").secretKey("sk-lf-local").baseUrl(arguments.single())
        val langfuse = builder.build()
        Runtime.getRuntime().addShutdownHook(
            thread(start = false) {
                langfuse.observation("late").start().end()
                langfuse.flush()
            },
        )
    }
}

/** Records, waits until the SDK has no threads any more, records again and ends. */
internal object PausingProgram {
    @JvmStatic
    fun main(arguments: Array<String>) {
        val langfuse =
            Langfuse
                .builder()
                .publicKey("pk-lf-local")
                .secretKey("sk-lf-local")
                .baseUrl(arguments[0])
                .build()
        langfuse.observation("before").start().end()
        langfuse.flush(DEADLINE)
        check(eventually { threads(Regex("langfuse-.*|HttpClient-.*")).isEmpty() })
        langfuse.observation("after").start().end()
    }
}

/** Calls a block wherever a connection is made. */
private class Inspecting(
    private val block: () -> Unit,
) : java.net.ProxySelector() {
    override fun select(uri: java.net.URI): List<java.net.Proxy> {
        block()
        return listOf(java.net.Proxy.NO_PROXY)
    }

    override fun connectFailed(
        uri: java.net.URI,
        address: java.net.SocketAddress,
        failure: java.io.IOException,
    ) = Unit
}

private class IgnoringReader : MetricReader {
    override fun register(registration: CollectionRegistration) = Unit

    override fun forceFlush(): CompletableResultCode = CompletableResultCode.ofSuccess()

    override fun shutdown(): CompletableResultCode = CompletableResultCode.ofSuccess()

    override fun getAggregationTemporality(type: InstrumentType) = AggregationTemporality.CUMULATIVE
}
