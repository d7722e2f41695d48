package com.langfuse.sdk.samples

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.local.LocalLangfuse
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.time.Duration

/** How to test what a program traces: with a Langfuse on loopback, over the wire. */
class TestYourTracesTest :
    FunSpec({
        fun clientOf(local: LocalLangfuse): Langfuse =
            Langfuse
                .builder()
                .publicKey(local.publicKey())
                .secretKey(local.secretKey())
                .baseUrl(local.baseUrl().toString())
                .flushOnExit(false)
                .build()

        test("a manual observation and its child") {
            // region test
            LocalLangfuse.start().use { local ->
                clientOf(local).use { langfuse -> ManualObservation.record(langfuse) }

                local.awaitTrace("background", Duration.ofSeconds(5), 2).toTree(false) shouldBe
                    """
                    background  2 observations
                    └─ GENERATION background
                       └─ TOOL child
                    """.trimIndent()
            }
            // endregion
        }

        test("an application's own OpenTelemetry: LLM spans arrive below ours, HTTP spans do not") {
            LocalLangfuse.start().use { local ->
                ExistingOpenTelemetry.run(
                    Langfuse
                        .builder()
                        .publicKey(local.publicKey())
                        .secretKey(local.secretKey())
                        .baseUrl(local.baseUrl().toString()),
                )
                local.awaitObservations(2, Duration.ofSeconds(5)).map { "${it.type} ${it.name}" } shouldBe
                    listOf("SPAN request", "GENERATION chat gpt-4o")
            }
        }
    })
