package com.langfuse.sdk.ktor

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.ktor.server.application.Application
import io.ktor.server.application.install
import io.ktor.server.plugins.calllogging.CallLogging
import io.ktor.server.routing.routing
import io.ktor.util.pipeline.PipelinePhase
import io.opentelemetry.context.Context
import io.opentelemetry.context.ContextKey
import io.opentelemetry.extension.kotlin.asContextElement
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import kotlinx.coroutines.yield
import java.util.logging.Level
import java.util.logging.Logger

/** Told of each scope of the control's; kept, since the JDK forgets loggers. */
private val STRICT_LOG = Logger.getLogger("io.opentelemetry.context.StrictContextStorage").also { it.level = Level.OFF }

/** What one would write first: OpenTelemetry's element around the call. */
private fun Application.naiveTracing() {
    val element = Context.root().with(ContextKey.named("naive"), "x").asContextElement()
    val outermost = PipelinePhase("Naive")
    insertPhaseBefore(items.first(), outermost)
    intercept(outermost) {
        if (context.traced == null) proceed() else withContext(element) { proceed() }
    }
}

class LeakTest :
    FunSpec({
        // How many there are depends on the machine and on Ktor's version, so that nothing is asserted of it.
        test("the same load with OpenTelemetry's element").config(
            enabled = System.getProperty("langfuse.comparison") != null,
        ) {
            check(STRICT_LOG.level == Level.OFF)
            val leaks = Leaks()
            serving(Engine.ON_NETTY, {
                naiveTracing()
                watching(leaks)
            }) { withContext(Dispatchers.IO) { load(it.port) } }
            println("Ktor ${System.getProperty("ktor.version")}, naive: $leaks")
        }

        for ((where, withMdc) in listOf("application" to false, "application" to true, "routes" to true)) {
            val case = "installed in the $where, with MDC: $withMdc"
            onEachEngine("under mixed load no call sees another's observation, $case") { engine ->
                val leaks = Leaks()
                val observations =
                    recorded(engine, 2 * TRACED_CALLS, { langfuse ->
                        val configure: LangfuseTracingConfig.() -> Unit = {
                            this.langfuse = langfuse
                            filter { call -> call.traced != null }
                            userId { call ->
                                yield()
                                call.traced
                            }
                        }
                        if (where == "application") {
                            install(LangfuseTracing, configure)
                        } else {
                            routing { install(LangfuseTracing, configure) }
                        }
                        if (withMdc) {
                            install(CallLogging) {
                                mdc("who") { it.traced ?: "nobody" }
                                disableDefaultColors() // which take over System.out
                            }
                        }
                        watching(leaks)
                    }) { withContext(Dispatchers.IO) { load(it.port) } }
                println("Ktor ${System.getProperty("ktor.version")}, $engine, $case: $leaks")
                leaks.dirtyBegins.get() shouldBe 0
                leaks.wrongReads.get() shouldBe 0
                val (children, roots) = observations.partition { it.name.startsWith("child-") }
                roots shouldHaveSize TRACED_CALLS
                children.count { it.parentId != it.input || it.name != "child-${it.userId}" } shouldBe 0
            }
        }
    })
