package com.langfuse.sdk

import com.langfuse.sdk.ObservationType.GENERATION
import com.langfuse.sdk.ObservationType.RETRIEVER
import com.langfuse.sdk.export.Java
import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.media.LangfuseMedia
import com.langfuse.sdk.score.Score
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldNotContain
import java.io.File
import java.lang.ref.Reference
import java.lang.ref.WeakReference
import java.net.URLClassLoader
import java.nio.file.Path
import java.util.Optional
import java.util.concurrent.Callable
import java.util.concurrent.Executors
import java.util.stream.Stream

/** Applications that are deployed anew on one JVM: nothing of the SDK keeps the class loader of one that is gone. */
class RedeployTest :
    FunSpec({
        concurrently(4)

        val redeployments = if (System.getProperty("langfuse.trials") == "full") 40 else 10
        // The JDK keeps what it knows of classes by soft references, which memory that runs short would clear as well.
        val options =
            arrayOf("-Xmx96m", "-XX:SoftRefLRUPolicyMSPerMB=0", "--add-opens=java.base/java.lang=ALL-UNNAMED")
        val kinds = listOf("closed", "closed spool", "abandoned", "abandoned spool", "default")

        listOf("own", "shared").forEach { sdk ->
            kinds.forEach { kind ->
                test("applications with the SDK in their ${place(sdk)} are collected: ${meaning(kind)}") {
                    val spool = tempdir().toPath().resolve("spool")
                    LocalLangfuse.start().use { local ->
                        val output =
                            Java(*options, environment = environmentOf(local))
                                .run(Container::class.java, sdk, kind, "$redeployments", "$spool")
                        withClue(output) {
                            output shouldNotContain "was not collected"
                            output shouldNotContain "thread-local"
                            local.observations().filter { it.name == "request" } shouldHaveSize redeployments
                            local.awaitScores(redeployments, DEADLINE)
                            local.awaitMedia(1, DEADLINE)
                            spool.toFile().list().orEmpty().toList().shouldBeEmpty()
                        }
                    }
                }
            }
        }
    })

private fun place(sdk: String) = if (sdk == "own") "own class loader" else "container's class loader"

private fun meaning(kind: String) =
    when (kind) {
        "closed" -> "their client was closed"
        "closed spool" -> "their client had a spool, and was closed"
        "abandoned" -> "their client was never closed"
        "abandoned spool" -> "their client had a spool, and was never closed"
        else -> "they used the process default"
    }

private fun environmentOf(local: LocalLangfuse) =
    mapOf(
        "LANGFUSE_PUBLIC_KEY" to local.publicKey(),
        "LANGFUSE_SECRET_KEY" to local.secretKey(),
        "LANGFUSE_BASE_URL" to local.baseUrl().toString(),
        "LANGFUSE_FLUSH_INTERVAL" to "0.1",
    )

/**
 * Runs applications in class loaders of their own, on a thread that outlives them, as servlet containers do. Prints
 * which of them are still in memory after they have gone.
 */
internal object Container {
    private val application = DeployedApplication::class.java.name

    @JvmStatic
    fun main(arguments: Array<String>) {
        val (sdk, kind, count, spool) = arguments
        java.util.logging.Logger.getLogger(
            "container",
        ).fine("The JDK's logging keeps the thread group that uses it first.")
        val classPath = System.getProperty("java.class.path").split(File.pathSeparator).map(::File)
        val (ofTests, libraries) = classPath.partition { it.resolve("com/langfuse/sdk").isDirectory && it.isOfTests() }
        val shared =
            when (sdk) {
                "own" -> ClassLoader.getPlatformClassLoader()
                else -> loader(libraries, ClassLoader.getPlatformClassLoader())
            }
        val ofApplication = if (sdk == "own") classPath else ofTests
        val worker = Executors.newSingleThreadExecutor()
        val gone =
            (1..count.toInt()).map { number ->
                val loader = loader(ofApplication, shared)
                worker.submit(Callable { deploy(loader, sdk, kind, spool) }).get()
                number to WeakReference<ClassLoader>(loader)
            }
        eventually {
            System.gc()
            gone.all { (_, loader) -> loader.refersTo(null) }
        }
        gone.filterNot { (_, loader) -> loader.refersTo(null) }.forEach { (number, _) ->
            println("application $number was not collected")
        }
        worker.shutdown()
    }

    private fun File.isOfTests() = listOf("RedeployTest", "ArchitectureTest").any {
        resolve("com/langfuse/sdk/$it.class").isFile
    }

    private fun loader(path: List<File>, parent: ClassLoader) =
        URLClassLoader(path.map { it.toURI().toURL() }.toTypedArray(), parent)

    private fun deploy(
        loader: URLClassLoader,
        sdk: String,
        kind: String,
        spool: String,
    ) {
        val thread = Thread.currentThread()
        val own = thread.contextClassLoader
        thread.contextClassLoader = loader
        loader.use {
            val main = it.loadClass(application).getMethod("main", Array<String>::class.java)
            main.invoke(null, arrayOf(sdk, kind, spool))
        }
        thread.contextClassLoader = own
        threadLocalsOf(thread).filter { isOf(it, loader) }.forEach { println("a thread-local was left: $it") }
    }

    /** As servlet containers look for them. */
    private fun threadLocalsOf(thread: Thread): List<Any> {
        fun Any.field(name: String): Any? {
            val types = generateSequence<Class<*>>(javaClass) { it.superclass }
            val field = types.flatMap { it.declaredFields.asSequence() }.first { it.name == name }
            return field.apply { isAccessible = true }.get(this)
        }
        return listOf("threadLocals", "inheritableThreadLocals")
            .mapNotNull { thread.field(it) }
            .flatMap { (it.field("table") as Array<*>).filterNotNull() }
            .mapNotNull { it.field("value") }
    }

    private fun isOf(value: Any?, loader: ClassLoader): Boolean =
        when (value) {
            null -> false
            is Reference<*> -> isOf(value.get(), loader)
            is Map<*, *> -> value.any { (key, element) -> isOf(key, loader) || isOf(element, loader) }
            is Iterable<*> -> value.any { isOf(it, loader) }
            else -> value.javaClass.classLoader === loader
        }
}

/** What is deployed. All of it is the application's: the values that are recorded, the listener, the thread group. */
internal object DeployedApplication {
    private annotation class Tagged

    @Tagged
    private class Order(
        val id: Int,
        @get:Tagged val items: List<Item>,
    )

    @JvmRecord
    private data class Item(val name: String, val price: Double)

    private class Group : ThreadGroup("application") {
        init {
            isDaemon = true // until JDK 18 it would stay in its parent for ever
        }
    }

    private val inherited = InheritableThreadLocal<Any>()
    private var unread: Any? = null
    private var langfuse: Langfuse? = null

    @JvmStatic
    fun main(arguments: Array<String>) {
        val (sdk, kind, spool) = arguments
        inherited.set(Item("inherited", 1.0))
        val first = Thread(Group()) { start(sdk, kind, spool) }
        first.start()
        first.join()
        request(langfuse!!, kind != "default")
        if ("closed" in kind) langfuse!!.close()
        inherited.remove()
    }

    private fun start(sdk: String, kind: String, spool: String) {
        val builder =
            Langfuse
                .builder()
                .mask { if (it is Item) null else it }
                .delivery { delivery ->
                    delivery.listener { println("$it was lost") }
                    if ("spool" in kind) delivery.spool(Path.of(spool))
                }
        langfuse = if (kind == "default") Langfuse.current() else builder.build()
        check(langfuse!!.isEnabled)
        check((Langfuse::class.java.classLoader === javaClass.classLoader) == (sdk == "own"))
        check(langfuse!!.traceUrl("0af7651916cd43dd8448eb211c80319c") != null)
    }

    private fun request(langfuse: Langfuse, isOwn: Boolean) {
        langfuse.propagate().userId("user").makeCurrent().use {
            langfuse
                .observation("request", GENERATION)
                .input(mapOf("order" to Order(1, listOf(Item("a", 1.5))), "none" to Optional.empty<Item>()))
                .block {
                    it.metadata("item", Item("b", 2.5)).output(LangfuseMedia.of(byteArrayOf(1, 2), "image/png"))
                    it.score(Score.numeric("quality", 1.0))
                    Observation.current().statusMessage("ok")
                }
        }
        val observed = langfuse.observed("stream", RETRIEVER)
        observed.supplier { Stream.of(Item("c", 3.5)) }.get().toList()
        if (isOwn) {
            unread = observed.supplier { Stream.of(Item("d", 4.5), Item("e", 5.5)) }.get().iterator().also { it.next() }
        }
    }
}
