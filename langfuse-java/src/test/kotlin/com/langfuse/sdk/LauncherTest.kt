package com.langfuse.sdk

import com.langfuse.sdk.ObservationType.GENERATION
import com.langfuse.sdk.export.Java
import com.langfuse.sdk.local.Fault
import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.media.LangfuseMedia
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import java.io.File
import java.net.URLClassLoader
import java.nio.file.Path
import java.time.Duration

/** Programs that do not close their client, run by launchers that clean up behind them. */
class LauncherTest :
    FunSpec({
        concurrently(3)

        /** What the JVM prints that runs the launcher. */
        fun launch(
            launcher: String,
            url: String,
            program: String,
            vararg more: String,
        ) = Java().run(Launcher::class.java, launcher, url, program, *more)

        fun LocalLangfuse.launch(
            launcher: String,
            program: String,
            vararg more: String,
        ) = launch(launcher, baseUrl().toString(), program, *more)

        listOf("closes the class loader", "interrupts and destroys", "interrupts everything").forEach { launcher ->
            context("a launcher that $launcher") {
                test("what the program recorded last arrives") {
                    LocalLangfuse.start().use { local ->
                        val output = local.launch(launcher, "one")
                        withClue(output) {
                            local.observations().map { it.name } shouldBe listOf("last words")
                            output shouldNotContain "Langfuse"
                            output shouldNotContain "lingers"
                        }
                    }
                }

                test("so do scores, media, failures, and all kinds of values") {
                    LocalLangfuse.start().use { local ->
                        val output = local.launch(launcher, "rich")
                        withClue(output) {
                            val names = local.observations().map { it.name }
                            names shouldContainExactlyInAnyOrder listOf("rich", "failing", "generation")
                            local.scores() shouldHaveSize 1
                            local.media() shouldHaveSize 1
                            output shouldNotContain "Langfuse"
                        }
                    }
                }

                test("a server that is busy at first is asked again") {
                    LocalLangfuse.start().use { local ->
                        local.enqueue(Fault.status(503), Fault.reset())
                        val output = local.launch(launcher, "one")
                        withClue(output) { local.observations().map { it.name } shouldBe listOf("last words") }
                    }
                }

                test("what is refused is said") {
                    LocalLangfuse.start().use { local ->
                        local.always(Fault.status(400))
                        val output = local.launch(launcher, "one")
                        local.observations().shouldBeEmpty()
                        output shouldContain "400"
                    }
                }
            }
        }

        test("a server that cannot be reached is said, when the class loader is closed") {
            reservedPort().use {
                launch("closes the class loader", "http://127.0.0.1:${it.localPort}", "hurried") shouldContain
                    "not everything was delivered at exit"
            }
        }

        test("with a spool it arrives, too") {
            val folder = tempdir().toPath().resolve("spool")
            LocalLangfuse.start().use { local ->
                val output = local.launch("closes the class loader", "spooling", "$folder")
                withClue(output) { local.observations().map { it.name } shouldContain "last words" }
                folder.toFile().list()!!.toList().shouldBeEmpty()
            }
        }

        test("a class of the application that is missing at exit is said") {
            LocalLangfuse.start().use { local ->
                val output = local.launch("closes the class loader", "breaks at exit")
                output shouldContain
                    "Langfuse: not everything was delivered at exit: observations: 0 exported, 1 failed"
            }
        }
    })

/** Runs a program in a class loader and a thread group of its own, as {@code mvn exec:java} does. */
internal object Launcher {
    @JvmStatic
    fun main(arguments: Array<String>) {
        val (launcher, url, program) = arguments
        val urls = System.getProperty("java.class.path").split(File.pathSeparator).map { File(it).toURI().toURL() }
        val loader = URLClassLoader(urls.toTypedArray(), ClassLoader.getPlatformClassLoader())
        val group = ThreadGroup("program")
        val main =
            Thread(group, {
                val type = loader.loadClass(LaunchedPrograms::class.java.name)
                type.getMethod(
                    "main",
                    Array<String>::class.java,
                ).invoke(null, arrayOf(url, program) + arguments.drop(3))
            }, "main()")
        main.contextClassLoader = loader
        main.start()
        main.join()
        when (launcher) {
            "interrupts and destroys" -> {
                stopThreadsOf(group)
                ThreadGroup::class.java.getMethod("destroy").invoke(group)
            }

            "interrupts everything" -> {
                Thread.getAllStackTraces().keys.filter {
                    it.name.startsWith("langfuse") || "HttpClient" in it.name
                }.let {
                    repeat(2) { _ -> it.forEach(Thread::interrupt) }
                }
            }
        }
        loader.close()
    }

    /** Threads that end may have started others. */
    private fun stopThreadsOf(group: ThreadGroup) {
        val lingering = mutableSetOf<Thread>()
        while (true) {
            val threads = threadsOf(group) - lingering
            if (threads.isEmpty()) return
            threads.forEach { it.interrupt() }
            threads.forEach { it.join(Duration.ofSeconds(15).toMillis()) }
            lingering += threads.filter { it.isAlive }.onEach { println("$it lingers") }
        }
    }

    private fun threadsOf(group: ThreadGroup): List<Thread> {
        val found = arrayOfNulls<Thread>(100)
        return found.take(group.enumerate(found)).filterNotNull()
    }
}

internal object LaunchedPrograms {
    @JvmStatic
    fun main(arguments: Array<String>) {
        val (url, program) = arguments
        val settings = LangfuseBuilder(
            emptyMap<String, String>()::get,
        ).publicKey("pk-lf-local").secretKey("sk-lf-local").baseUrl(url)
        when (program) {
            "one" -> {
                settings.build().record()
            }

            "rich" -> {
                val langfuse = settings.build()
                langfuse.observation("rich").input(listOf(mapOf("a" to 1.5), true, Duration.ZERO, null)).block {
                    it.metadata("k", listOf("v")).output(mapOf("file" to LangfuseMedia.of(byteArrayOf(1), "image/png")))
                    it.score("s", 1.0)
                    runCatching { langfuse.observation("failing").block { error("a test") } }
                    langfuse.observation("generation", GENERATION).model("m").start().also { generation ->
                        generation.usageDetails(mapOf("input" to 1L)).output("x").end()
                    }
                }
            }

            "hurried" -> {
                settings.delivery { it.retryFor(Duration.ZERO) }.build().record()
            }

            "spooling" -> {
                settings.delivery { it.spool(Path.of(arguments[2])) }.build().record()
            }

            "breaks at exit" -> {
                settings.delivery { it.httpClient { http -> http.proxy(Unloadable) } }.build().record()
            }
        }
    }

    private fun Langfuse.record() = observation("last words").input(mapOf("a" to listOf(1, "x"))).start().end()
}

/** Stands for a class of the application that is not there any more. */
internal object Unloadable : java.net.ProxySelector() {
    override fun select(uri: java.net.URI) = throw NoClassDefFoundError("a test")

    override fun connectFailed(
        uri: java.net.URI,
        address: java.net.SocketAddress,
        failure: java.io.IOException,
    ) = Unit
}
