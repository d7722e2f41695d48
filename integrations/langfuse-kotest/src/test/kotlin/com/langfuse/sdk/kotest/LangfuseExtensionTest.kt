package com.langfuse.sdk.kotest

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.Observation
import com.langfuse.sdk.ObservationType.TOOL
import com.langfuse.sdk.coroutines.observation
import com.langfuse.sdk.local.Fault
import com.langfuse.sdk.local.LocalLangfuse
import io.kotest.common.KotestInternal
import io.kotest.core.spec.IsolationMode
import io.kotest.core.spec.Spec
import io.kotest.core.spec.SpecRef
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.engine.TestEngineLauncher
import io.kotest.engine.listener.CollectingTestEngineListener
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeInstanceOf
import java.io.IOException
import java.net.Socket
import kotlin.reflect.KClass

private suspend fun trace(client: Langfuse) = client.observation("request") { observation("fetch", TOOL) { } }

private infix fun LangfuseExtension.shouldHave(fetch: String) =
    trace("request") shouldHaveTree { span("request") { tool(fetch) } }

private class Strict :
    FunSpec({
        val langfuse = extension(LangfuseExtension(strict = true))
        test("asserted") {
            trace(langfuse.client)
            langfuse shouldHave "fetch"
        }
        test("nobody took it") { trace(langfuse.client) }
        test("left open") { langfuse.client.observation("forgotten", TOOL).start() }
        test("fails by itself") {
            langfuse.client.observation("forgotten", TOOL).start()
            error("the test's own")
        }
    })

private class Bare :
    FunSpec({
        val langfuse = extension(LangfuseExtension(strict = true))
        beforeTest { observation("request") { observation("fetch", TOOL) { } } }
        test("of the context") {
            langfuse shouldHave "fetch"
            Langfuse.current() shouldBe langfuse.client
        }
    })

private class Lenient :
    FunSpec({
        val langfuse = extension(LangfuseExtension())
        test("nobody took it") {
            trace(langfuse.client)
            langfuse.client.observation("forgotten", TOOL).start()
        }
        test("wrong tree") {
            trace(langfuse.client)
            langfuse shouldHave "search"
        }
    })

private class Around :
    FunSpec({
        val langfuse = extension(LangfuseExtension(strict = true))
        beforeTest { trace(langfuse.client) }
        afterTest { langfuse shouldHave "fetch" }
        test("test") { }
    })

private class Leftovers :
    FunSpec({
        val langfuse = extension(LangfuseExtension(strict = true))
        val open = mutableListOf<Observation>()
        test("leaves much") {
            langfuse.local.always(Fault.status(503))
            trace(langfuse.client)
            open += langfuse.client.observation("late", TOOL).start()
        }
        test("is not bothered") {
            open.single().end()
            trace(langfuse.client)
            langfuse shouldHave "fetch"
        }
    })

private val seen = mutableListOf<LocalLangfuse>()

private class Nested :
    FunSpec({
        val langfuse = extension(LangfuseExtension(strict = true) { environment("staging") })
        context("a container") {
            seen += langfuse.local
            trace(langfuse.client)
            test("forgets what the container traced") {
                seen += langfuse.local
                langfuse.client.observation("request") { observation("own", TOOL) { } }
                langfuse shouldHave "own"
                langfuse.trace("request").hasEnvironment("staging")
            }
            test("and again") {
                seen += langfuse.local
                langfuse.local.observations() shouldHaveSize 0
            }
        }
    })

private class Apart :
    FunSpec({
        isolationMode = IsolationMode.InstancePerRoot
        val langfuse = extension(LangfuseExtension(strict = true))
        listOf("one", "two").forEach {
            test(it) {
                seen += langfuse.local
                trace(langfuse.client)
                langfuse shouldHave "fetch"
            }
        }
    })

private class DataDriven :
    FunSpec({
        val langfuse = extension(LangfuseExtension(strict = true))

        suspend fun check(name: String) {
            trace(langfuse.client)
            if ("asserted" in name) langfuse shouldHave "fetch"
        }
        withData("asserted", "nobody took it") { check(it) }
        withData(listOf("outer")) { withData("asserted below", "nobody took it below") { check(it) } }
    })

@OptIn(KotestInternal::class)
class LangfuseExtensionTest :
    FunSpec({
        /** Runs a spec with Kotest. */
        suspend fun run(spec: KClass<out Spec>): CollectingTestEngineListener {
            val outcome = CollectingTestEngineListener()
            TestEngineLauncher().withListener(outcome).withSpecRefs(SpecRef.Reference(spec)).execute()
            return outcome
        }

        fun CollectingTestEngineListener.failure(name: String): Throwable? = result(name)!!.errorOrNull

        test("strict: what was left open or was not asserted fails the test, by name") {
            val outcome = run(Strict::class)
            outcome.failure("asserted").shouldBeNull()
            outcome.failure("nobody took it")!!.message shouldBe
                "Traced, and in no asserted tree: SPAN request, TOOL fetch in trace 'request'."
            outcome.failure("left open")!!.message shouldBe "Started and not ended: TOOL forgotten."
        }

        test("strict: a container without tests in it is a test, such as withData makes it") {
            run(DataDriven::class).tests.filterValues { it.isErrorOrFailure }.keys.map { it.name.name } shouldBe
                listOf("nobody took it", "nobody took it below")
        }

        test("strict: the test's own failure is the only one") {
            val failure = run(Strict::class).failure("fails by itself").shouldBeInstanceOf<IllegalStateException>()
            failure.message shouldBe "the test's own"
            failure.suppressed.toList() shouldHaveSize 0
        }

        test("without it nobody asks, and a mismatch is told at once") {
            val outcome = run(Lenient::class)
            outcome.failure("nobody took it").shouldBeNull()
            outcome.failure("wrong tree")!!.message!!.let {
                it shouldContain "The trace 'request' is not as expected:\n" // and not: after 5.00 s
                it shouldContain "missing: TOOL search"
            }
        }

        test("code that was handed no client finds the test's, also while other specs run, and none behind it") {
            Langfuse.builder().publicKey("pk").secretKey("sk").baseUrl("http://localhost:1").build().use { other ->
                run(Bare::class).failure("of the context").shouldBeNull()
                Langfuse.current() shouldBe other
            }
        }

        test("what is traced before and after a test belongs to it") {
            run(Around::class).failure("test").shouldBeNull()
        }

        test("a test is not bothered by what the one before left open, undelivered or broken") {
            val outcome = run(Leftovers::class)
            outcome.failure("leaves much")!!.message shouldContain "Started and not ended: TOOL late."
            outcome.failure("is not bothered").shouldBeNull()
        }

        /** Where the tests of a spec have sent to, one after the other; each of them has passed. */
        suspend fun seenBy(spec: KClass<out Spec>): List<LocalLangfuse> {
            val before = seen.size
            run(spec).tests.values.mapNotNull { it.errorOrNull } shouldHaveSize 0
            return seen.drop(before)
        }

        fun LocalLangfuse.isListening() =
            try {
                Socket(baseUrl().host, baseUrl().port).use { true }
            } catch (_: IOException) {
                false
            }

        test("tests in a container start empty; after the spec all is closed") {
            val locals = seenBy(Nested::class)
            locals shouldHaveSize 3
            locals.distinct() shouldHaveSize 1
            locals.first().isListening() shouldBe false
        }

        test("instances of a spec have one each, closed after each") {
            val locals = seenBy(Apart::class)
            locals.distinct() shouldHaveSize 2
            locals.filter { it.isListening() } shouldHaveSize 0
        }
    })
