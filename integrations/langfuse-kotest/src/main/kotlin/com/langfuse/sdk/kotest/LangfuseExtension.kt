package com.langfuse.sdk.kotest

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.LangfuseBuilder
import com.langfuse.sdk.coroutines.asContextElement
import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.local.assertion.LangfuseAssert
import com.langfuse.sdk.local.assertion.TraceAssert
import io.kotest.core.extensions.TestCaseExtension
import io.kotest.core.listeners.AfterSpecListener
import io.kotest.core.spec.Spec
import io.kotest.core.test.TestCase
import io.kotest.core.test.TestType
import io.kotest.engine.test.TestResult
import kotlinx.coroutines.withContext
import java.util.concurrent.atomic.AtomicInteger

/**
 * A Langfuse on loopback and a client that sends to it, for one spec: started when they are first asked for, empty at
 * the start of each test, closed after the spec.
 *
 * ```
 * class ChatTest : FunSpec({
 *     val langfuse = extension(LangfuseExtension(strict = true))
 *
 *     test("a request is one trace") {
 *         Chat(langfuse.client).answer("Why?")
 *         langfuse.trace("user-request") shouldHaveTree {
 *             span("user-request") {
 *                 generation("llm") { model("gpt-4o") }
 *                 tool("fetch")
 *             }
 *         }
 *     }
 * })
 * ```
 *
 * In a test the client is also [Langfuse.current], so that a bare `observation("…") { }` reaches it. It is not the process
 * default, which specs that run concurrently would share: `LangfuseExtension { processDefault(true) }` makes it that.
 *
 * Containers, such as `context`, are no tests: what they trace is forgotten when the first test in them starts. One
 * without tests in it is a test itself, as `withData` makes them.
 *
 * Threadsafe. But tests of one spec that run concurrently share it, and each one forgets at its start what the others
 * have traced so far: leave such a spec at Kotest's default, which is one after the other. Specs that run concurrently
 * do not meet, if each has an extension of its own.
 *
 * @param strict fails a test that leaves an observation open, or that traces what none of its trees has covered;
 * silent where the test has failed already
 * @param configure says more about the client, such as a mask; called last, so it may overrule everything
 */
public class LangfuseExtension(
    private val strict: Boolean = false,
    private val configure: LangfuseBuilder.() -> Unit = {},
) : TestCaseExtension,
    AfterSpecListener {
    private val lock = Any()
    private val begun = AtomicInteger()
    private var running: TracedClient? = null

    /** The client, for the code under test. Leave it open: the extension closes it. */
    public val client: Langfuse get() = running().client

    /** What the client sends to; others may, too. */
    public val local: LocalLangfuse get() = running().local

    /** Begins assertions on all that this test traces. */
    public fun assertThat(): LangfuseAssert = running().traced

    /** Begins an assertion on one trace of this test; see [shouldHaveTree]. */
    public fun trace(name: String): TraceAssert = assertThat().trace(name)

    override suspend fun intercept(
        testCase: TestCase,
        execute: suspend (TestCase) -> TestResult,
    ): TestResult {
        val number = begun.incrementAndGet()
        val traced = running().also { it.forget() }
        val result = withContext(traced.client.asContextElement()) { execute(testCase) }
        // What withData makes in a FunSpec is a container, whether or not there are tests in it.
        val isTest = testCase.type == TestType.Test || begun.get() == number
        return if (strict && isTest && result.isSuccess) checked(result) else result
    }

    private fun checked(result: TestResult): TestResult =
        try {
            assertThat().hasNothingElse()
            result
        } catch (e: AssertionError) {
            TestResult.Failure(result.duration, e)
        }

    override suspend fun afterSpec(spec: Spec): Unit =
        synchronized(lock) {
            running?.close()
            running = null
        }

    private fun running(): TracedClient = synchronized(lock) {
        running ?: TracedClient(configure).also { running = it }
    }
}
