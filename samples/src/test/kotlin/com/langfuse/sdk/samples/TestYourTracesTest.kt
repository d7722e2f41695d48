package com.langfuse.sdk.samples

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.kotest.LangfuseExtension
import com.langfuse.sdk.kotest.shouldHaveTree
import io.kotest.core.spec.style.FunSpec

/** How to test what a program traces: with a Langfuse on loopback, over the wire. */
class TestYourTracesTest :
    FunSpec({
        // region test
        val langfuse = extension(LangfuseExtension(strict = true))

        test("a streamed answer is one generation; what its reader does is beside it") {
            streamAnswer(langfuse.client, TwoWords, "Is it foggy?") { }

            langfuse.trace("answer") shouldHaveTree {
                span("answer") {
                    generation("chat") {
                        model("two-words")
                        output("Very foggy.")
                        usage(input = 20, output = 2)
                        hasTimeToFirstToken()
                    }
                    tool("speak") { input("Very ") }
                    tool("speak") { input("foggy.") }
                }
            }
        }
        // endregion

        test("a manual observation and its child") {
            ManualObservation.record(langfuse.client)

            langfuse.trace("background") shouldHaveTree {
                generation("background") {
                    output("done")
                    tool("child")
                }
            }
        }

        test("an application's own OpenTelemetry: LLM spans arrive below ours, HTTP spans do not") {
            ExistingOpenTelemetry.run(
                Langfuse
                    .builder()
                    .publicKey(langfuse.local.publicKey())
                    .secretKey(langfuse.local.secretKey())
                    .baseUrl(langfuse.local.baseUrl().toString()),
            )

            langfuse.trace("request") shouldHaveTree {
                span("request") {
                    generation("chat gpt-4o") { model("gpt-4o") }
                }
            }
        }
    })
