package com.langfuse.sdk.ktor

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.LangfuseBuilder
import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.local.LocalObservation
import com.langfuse.sdk.local.LocalTrace
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.ktor.server.application.Application
import io.ktor.server.cio.CIO
import io.ktor.server.engine.ApplicationEngineFactory
import io.ktor.server.engine.embeddedServer
import io.ktor.server.netty.Netty
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.future.await
import kotlinx.coroutines.withContext
import java.net.InetAddress
import java.net.Socket
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.net.http.HttpResponse.BodyHandlers
import java.time.Duration
import java.util.concurrent.CopyOnWriteArrayList
import java.util.logging.Handler
import java.util.logging.Level
import java.util.logging.LogRecord
import java.util.logging.Logger

/** Reached only by a test that fails: long, for the machine may be busy. */
internal val DEADLINE: Duration = Duration.ofMinutes(2)

internal val HTTP: HttpClient = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()

/** Netty complains of connections that are open when it stops; kept, since the JDK forgets loggers. */
private val NETTY_LOG = Logger.getLogger("io.netty").also { it.level = Level.OFF }

internal enum class Engine(val factory: ApplicationEngineFactory<*, *>) { ON_CIO(CIO), ON_NETTY(Netty) }

/** The same behaviour, on each engine over real sockets. */
internal fun FunSpec.onEachEngine(name: String, test: suspend (Engine) -> Unit) {
    Engine.entries.forEach { engine -> test("$name [$engine]") { test(engine) } }
}

internal fun LocalLangfuse.builder(): LangfuseBuilder =
    Langfuse
        .builder()
        .publicKey(publicKey())
        .secretKey(secretKey())
        .baseUrl(baseUrl().toString())
        .flushOnExit(false)

internal fun LocalLangfuse.client(): Langfuse = builder().flushInterval(Duration.ofMillis(50)).build()

internal class Server(val port: Int) {
    val url = "http://127.0.0.1:$port"

    suspend fun get(path: String, vararg headers: String): HttpResponse<String> = send("GET", path, *headers)

    suspend fun send(method: String, path: String, vararg headers: String, body: String = ""): HttpResponse<String> {
        val request =
            HttpRequest
                .newBuilder(URI(url + path))
                .timeout(DEADLINE)
                .method(method, HttpRequest.BodyPublishers.ofString(body))
        headers.toList().chunked(2).forEach { (name, value) -> request.header(name, value) }
        return HTTP.sendAsync(request.build(), BodyHandlers.ofString()).await()
    }

    /** A client that can hang up whenever it likes. */
    fun socket(request: String): Socket =
        Socket(InetAddress.getLoopbackAddress(), port).also {
            it.soTimeout = DEADLINE.toMillis().toInt()
            it.getOutputStream().write("$request HTTP/1.1\r\nHost: localhost\r\n\r\n".toByteArray())
            it.getOutputStream().flush()
        }
}

/** Runs an application until the block is done. */
internal suspend fun <T> serving(engine: Engine, module: Application.() -> Unit, block: suspend (Server) -> T): T {
    check(NETTY_LOG.level == Level.OFF)
    val server = embeddedServer(engine.factory, port = 0, host = "127.0.0.1", module = module)
    withContext(Dispatchers.IO) { server.start() }
    try {
        val port =
            server.engine
                .resolvedConnectors()
                .first()
                .port
        return block(Server(port))
    } finally {
        withContext(NonCancellable + Dispatchers.IO) { server.stop(0, DEADLINE.toMillis()) }
    }
}

/** The observations of an application, [count] of them and no more. */
internal suspend fun recorded(
    engine: Engine,
    count: Int,
    module: Application.(Langfuse) -> Unit,
    requests: suspend (Server) -> Unit,
): List<LocalObservation> =
    LocalLangfuse.start().use { local ->
        local.client().use { langfuse ->
            serving(engine, { module(langfuse) }) { server ->
                requests(server)
                local.awaitObservations(count, DEADLINE)
            }
            langfuse.flush(DEADLINE).isComplete shouldBe true
            local.observations().shouldHaveSize(count)
        }
    }

internal fun List<LocalObservation>.named(name: String): LocalObservation = single { it.name == name }

internal fun List<LocalObservation>.traces(): List<LocalTrace> =
    groupBy { it.traceId }.map { (id, observations) -> LocalTrace(id, "", observations) }

internal fun List<LocalObservation>.childrenOf(parent: LocalObservation): List<String> =
    filter { it.parentId == parent.id }.map { it.name }.sorted()

/** The warnings of the SDK while the block runs. */
internal suspend fun warnings(block: suspend () -> Unit): List<String> {
    val messages = CopyOnWriteArrayList<String>()
    val log = Logger.getLogger("com.langfuse.sdk")
    val handler =
        object : Handler() {
            override fun publish(record: LogRecord) {
                messages += record.message
            }

            override fun flush() = Unit

            override fun close() = Unit
        }
    log.addHandler(handler)
    log.useParentHandlers = false
    try {
        block()
    } finally {
        log.removeHandler(handler)
        log.useParentHandlers = true
    }
    return messages
}
