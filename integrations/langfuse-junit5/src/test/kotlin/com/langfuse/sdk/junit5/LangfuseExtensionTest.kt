package com.langfuse.sdk.junit5

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.local.LocalLangfuse
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.maps.shouldBeEmpty
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeInstanceOf
import io.opentelemetry.context.Context
import org.junit.platform.engine.TestExecutionResult
import org.junit.platform.engine.discovery.DiscoverySelectors.selectClass
import org.junit.platform.launcher.EngineFilter
import org.junit.platform.launcher.LauncherConstants
import org.junit.platform.launcher.TestExecutionListener
import org.junit.platform.launcher.TestIdentifier
import org.junit.platform.launcher.core.LauncherConfig
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder
import org.junit.platform.launcher.core.LauncherFactory
import java.io.IOException
import java.net.Socket
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.CopyOnWriteArrayList

class LangfuseExtensionTest :
    FunSpec({
        class Outcome : TestExecutionListener {
            val passed = CopyOnWriteArrayList<String>()
            val failed = ConcurrentHashMap<String, Throwable>()

            override fun executionFinished(test: TestIdentifier, result: TestExecutionResult) {
                val name = test.displayName.substringBefore('(')
                result.throwable.ifPresentOrElse({ failed[name] = it }) { if (test.isTest) passed += name }
            }
        }

        /** Runs a class with JUnit. */
        fun run(specimen: Class<*>): Outcome {
            val request =
                LauncherDiscoveryRequestBuilder
                    .request()
                    .selectors(selectClass(specimen))
                    .filters(EngineFilter.includeEngines("junit-jupiter"))
                    .configurationParameter(LauncherConstants.STACKTRACE_PRUNING_ENABLED_PROPERTY_NAME, "false")
                    .build()
            val config = LauncherConfig.builder().enableTestExecutionListenerAutoRegistration(false).build()
            return Outcome().also { LauncherFactory.create(config).execute(request, it) }
        }

        fun LocalLangfuse.isListening() =
            try {
                Socket(baseUrl().host, baseUrl().port).use { true }
            } catch (_: IOException) {
                false
            }

        test("strict: what was left open or was not asserted fails the test, by name") {
            val outcome = run(Specimens.Strict::class.java)
            outcome.passed shouldBe listOf("asserted")
            outcome.failed.keys shouldBe setOf("nobodyTookIt", "leftOpen", "failsByItself")
            outcome.failed["nobodyTookIt"]!!.message shouldBe
                "Traced, and in no asserted tree: SPAN request, TOOL fetch in trace 'request'."
            outcome.failed["leftOpen"]!!.message shouldBe "Started and not ended: TOOL forgotten."
        }

        test("strict: the test's own failure is the only one") {
            val failure = run(Specimens.Strict::class.java).failed["failsByItself"].shouldNotBeNull()
            failure.shouldBeInstanceOf<IllegalStateException>().suppressed.toList().shouldBeEmpty()
        }

        test("without it nobody asks, and a mismatch is told at once") {
            val outcome = run(Specimens.Lenient::class.java)
            outcome.passed shouldBe listOf("nobodyTookIt")
            outcome.failed["wrongTree"]!!.message!!.let {
                it shouldContain "The trace 'request' is not as expected:\n" // and not: after 5.00 s
                it shouldContain "missing: TOOL search"
            }
        }

        test("code that was handed no client finds the test's, also while other classes run, and none behind it") {
            Langfuse.builder().publicKey("pk").secretKey("sk").baseUrl("http://localhost:1").build().use { other ->
                run(Specimens.Bare::class.java).also { it.failed.shouldBeEmpty() }.passed shouldBe
                    listOf("ofTheContext")
                Langfuse.current() shouldBe other
            }
            Context.current() shouldBe Context.root()
        }

        test("what is traced before and after a test belongs to it") {
            run(Specimens.Around::class.java).failed.shouldBeEmpty()
        }

        test("a test is not bothered by what the one before left open, undelivered or broken") {
            val outcome = run(Specimens.Leftovers::class.java)
            outcome.passed shouldBe listOf("isNotBothered")
            outcome.failed["leavesMuch"]!!.message.shouldContain("Started and not ended: TOOL late.")
        }

        /** Where the tests of a class have sent to, one after the other. */
        fun seenBy(specimen: Class<*>, seen: List<LocalLangfuse>): List<LocalLangfuse> {
            val before = seen.size
            run(specimen).failed.shouldBeEmpty()
            return seen.drop(before)
        }

        test("nested classes share it; after the class it is closed, and the class may run again") {
            val first = seenBy(Specimens.Nesting::class.java, Specimens.Nesting.seen)
            first shouldHaveSize 3
            first.distinct() shouldHaveSize 1
            first.first().isListening() shouldBe false
            val second = seenBy(Specimens.Nesting::class.java, Specimens.Nesting.seen)
            (first + second).distinct() shouldHaveSize 2
        }

        test("in a field that is not static it serves one test") {
            val seen = seenBy(Specimens.Instances::class.java, Specimens.Instances.seen)
            seen.distinct() shouldHaveSize 2
            seen.filter { it.isListening() }.shouldBeEmpty()
        }

        test("parameters are enough; others are left to others") {
            val outcome = run(Specimens.Extended::class.java)
            outcome.passed shouldBe listOf("parameters")
            outcome.failed.keys shouldBe setOf("otherParametersAreNotOurs")
        }

        test("the client can be configured") {
            run(Specimens.Configured::class.java).failed.shouldBeEmpty()
        }
    })
