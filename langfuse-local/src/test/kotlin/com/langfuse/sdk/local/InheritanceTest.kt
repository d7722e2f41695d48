package com.langfuse.sdk.local

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.net.URI
import java.net.URLClassLoader
import kotlin.concurrent.thread

/** What the server's threads inherit from the thread that starts it. */
class InheritanceTest :
    FunSpec({
        fun threads() = Thread.getAllStackTraces().keys

        fun URI.read() = toURL().openStream().use { it.readBytes() }

        test("threads have the server's own class loader as context class loader, and end with the server") {
            val before = threads()
            val foreign = URLClassLoader(arrayOf(), javaClass.classLoader)
            lateinit var local: LocalLangfuse
            thread(contextClassLoader = foreign) {
                local = LocalLangfuse.start()
                local.baseUrl().resolve("/api/public/health").read()
            }.join()
            val started = (threads() - before).filterNot { it.name == "Keep-Alive-Timer" }
            started.size shouldBeGreaterThan 1
            started.filter { it.contextClassLoader === foreign }.map { it.name }.shouldBeEmpty()
            local.close()
            started.forEach { it.join(60_000) }
            started.count { it.isAlive } shouldBe 0
        }
    })
