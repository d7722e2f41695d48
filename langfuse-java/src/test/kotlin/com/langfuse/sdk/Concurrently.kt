package com.langfuse.sdk

import io.kotest.core.spec.Spec
import io.kotest.core.test.TestCase
import io.kotest.engine.concurrency.TestExecutionMode
import io.kotest.engine.coroutines.CoroutineDispatcherFactory
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext

/**
 * Runs the spec's tests at the same time, for tests that wait most of the time and share nothing: also not the
 * warnings that [warningsOf] collects.
 *
 * @param limit how many tests run at once, each on a thread of its own
 */
internal fun Spec.concurrently(limit: Int) {
    testExecutionMode = TestExecutionMode.LimitedConcurrency(limit)
    coroutineDispatcherFactory = BlockingTests
}

private object BlockingTests : CoroutineDispatcherFactory {
    override suspend fun <T> withDispatcher(
        testCase: TestCase,
        f: suspend () -> T,
    ): T = withContext(Dispatchers.IO) { f() }

    override suspend fun <T> withDispatcher(
        spec: Spec,
        f: suspend () -> T,
    ): T = f()
}
