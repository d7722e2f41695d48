package com.langfuse.sdk.conformance

/**
 * Where this SDK means to differ from the one that was recorded.
 *
 * @param about the rule, or the one scenario it is for
 * @param apply turns what was recorded into what is expected here
 */
internal class Difference(val about: String, val reason: String, val apply: Comparison.() -> Unit)

internal const val OBSERVATION = "langfuse.observation."
internal const val METADATA = "langfuse.observation.metadata"
internal const val APP_ROOT = "langfuse.internal.is_app_root"

/** Applied in this order: first which spans there are and how they hang together, then what they hold. */
internal val DIFFERENCES: List<Difference> by lazy {
    SPAN_DIFFERENCES + ERROR_DIFFERENCES + METADATA_DIFFERENCES + MASK_DIFFERENCES + VALUE_DIFFERENCES +
        PROPAGATION_DIFFERENCES + WARNING_DIFFERENCES
}
