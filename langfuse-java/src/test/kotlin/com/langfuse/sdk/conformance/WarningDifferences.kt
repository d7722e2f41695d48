package com.langfuse.sdk.conformance

/** What is said in the log: texts and counts are each SDK's own, whether anything is said is compared. */
internal val WARNING_DIFFERENCES =
    listOf(
        Difference("malformed parents", "are said, not silently replaced by a new trace") {
            expectsWarning = expectsWarning || warnings.any { it.startsWith("Ignoring trace ID") }
            expectsWarning = expectsWarning || warnings.any { it.startsWith("Ignoring parent observation ID") }
        },
        Difference("a mask for our own values only", "it is said once that other tracers' spans leave unmasked") {
            expectsWarning = expectsWarning || warnings.any { "leave unmasked" in it }
        },
        Difference("prompts that are not linked", "are said") {
            expectsWarning = expectsWarning || warnings.any { it.startsWith("Not linked") }
        },
        Difference("baggage that will be cut", "is said where it is written") {
            expectsWarning = expectsWarning || warnings.any { it.startsWith("The baggage has") }
        },
        Difference("baggage that breaks the rules", "is checked anew where it comes in, and said") {
            if (scenario.uses("extract")) {
                expectsWarning = expectsWarning || warnings.any { it.startsWith("Propagated attribute") }
            }
        },
        Difference("environments that are not sent", "are said") {
            expectsWarning = expectsWarning || warnings.any { it.startsWith("Environment '") }
        },
        Difference(
            "changing the current observation where there is none",
            "is a no-op, so that library code need not ask",
        ) {
            val outside = scenario.steps.count { it["do"].asText() == "updateActive" }
            if (outside > 0 && outside == scenario.recorded.path("logs").path("warn").asInt()) expectsWarning = false
        },
    )
