package com.langfuse.sdk.line

import com.langfuse.sdk.DEADLINE
import com.langfuse.sdk.client
import com.langfuse.sdk.counts
import com.langfuse.sdk.eventually
import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.threads
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import java.time.Duration

/** Clients that are closed leave no threads; with {@code -Dlangfuse.trials=full} 2,000 of each kind. */
class OpenAndCloseTest :
    FunSpec({
        val cycles = if (System.getProperty("langfuse.trials") == "full") 2_000 else 200
        val ours = Regex("HttpClient-.*|langfuse-(?!local).*")

        /** How many threads there were at most, above those at the start. */
        fun peak(cycle: () -> Unit): Int {
            val before = threads(ours).toSet()
            var peak = 0
            repeat(cycles) {
                cycle()
                peak = maxOf(peak, threads(ours).count { it !in before })
            }
            eventually { threads(ours).all { it in before } } shouldBe true
            return peak
        }

        test("clients that send an observation each and are closed") {
            LocalLangfuse.start().use { local ->
                peak {
                    local.client().use { langfuse ->
                        langfuse.observation("o").start().end()
                        langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(1, 0, 0, 0)
                    }
                } shouldBeLessThan 50
                local.observations() shouldHaveSize cycles
            }
        }

        test("clients that are closed while their first request is prepared") {
            LocalLangfuse.start().use { local ->
                peak {
                    val langfuse = local.client()
                    langfuse.observation("o").start().end()
                    langfuse.close(Duration.ZERO)
                } shouldBeLessThan 50
            }
        }

        test("clients that only ask for the address of a trace, and are never closed") {
            LocalLangfuse.start().use { local ->
                peak {
                    val langfuse = local.client { processDefault(false) }
                    langfuse.traceUrl("0af7651916cd43dd8448eb211c80319c")!!.endsWith("319c") shouldBe true
                } shouldBeLessThan 50
            }
        }
    })
