package com.langfuse.sdk.samples

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext

class KotlinQuickstartTest :
    FunSpec({
        test("parallel items are siblings, each with its own input and output") {
            Tracing().use { tracing ->
                withContext(Dispatchers.Default) { enrichAll(tracing.langfuse, listOf("lens", "cat", "submarine")) }

                val trace = tracing.trace()
                trace.toTree(false) shouldBe
                    """
                    batch-process  4 observations
                    └─ SPAN batch-process
                       ├─ TOOL process-item
                       ├─ TOOL process-item
                       └─ TOOL process-item
                    """.trimIndent()
                val batch = trace.observation("batch-process")
                trace.children(batch).map { it.input() to it.output() } shouldContainExactlyInAnyOrder
                    listOf(
                        "lens" to "lens: lens.txt",
                        "cat" to "cat: the-cats.txt",
                        "submarine" to "submarine: not in the handbook",
                    )
                batch.input() shouldBe """["lens","cat","submarine"]"""
            }
        }
    })
