package com.langfuse.sdk.samples

import com.langfuse.sdk.kotest.LangfuseExtension
import com.langfuse.sdk.kotest.shouldHaveTree
import io.kotest.core.spec.style.FunSpec
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext

class KotlinQuickstartTest :
    FunSpec({
        val langfuse = extension(LangfuseExtension(strict = true))

        test("parallel items are siblings, each with its own input and output") {
            withContext(Dispatchers.Default) { enrichAll(langfuse.client, listOf("lens", "cat", "submarine")) }

            langfuse.trace("batch-process") shouldHaveTree {
                span("batch-process") {
                    input(listOf("lens", "cat", "submarine"))
                    mapOf("lens" to "lens.txt", "cat" to "the-cats.txt", "submarine" to "not in the handbook")
                        .forEach { (item, found) ->
                            tool("process-item") {
                                input(item)
                                output("$item: $found")
                            }
                        }
                }
            }
        }
    })
