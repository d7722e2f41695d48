package com.langfuse.sdk.coroutines

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CoroutineExceptionHandler
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.launch
import kotlinx.coroutines.yield
import java.util.concurrent.ConcurrentLinkedQueue

/** Under OpenTelemetry's strict mode, which all tests run in. */
class StrictContextTest :
    FunSpec({
        test("the end of a suspended block is no misuse of a scope") {
            val reported = ConcurrentLinkedQueue<Throwable>()
            received { langfuse ->
                CoroutineScope(Dispatchers.Default + CoroutineExceptionHandler { _, e -> reported += e })
                    .launch { langfuse.observation("suspended") { yield() } }
                    .join()
            }
            reported.toList() shouldBe emptyList()
        }
    })
