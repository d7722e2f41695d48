package com.langfuse.sdk.conformance

import com.fasterxml.jackson.databind.node.ObjectNode

private const val FAILED = "<fully masked due to failed mask function>"
private const val MESSAGE = "exception.message"
private val NUMBER = Regex("\"(-?#[#.eE+-]*)\"")
private val DIGIT = Regex("\\d+")

private fun isMasked(key: String) =
    key in setOf("input", "output", "status_message", "metadata").map { OBSERVATION + it } ||
        key in setOf("langfuse.trace.input", "langfuse.trace.output") ||
        key.startsWith("$METADATA.")

internal val MASK_DIFFERENCES =
    listOf(
        Difference("what a mask reaches", "metadata values and status messages are the application's words too") {
            val mask = scenario.config.textOrNull("mask") ?: return@Difference
            expectsWarning = expectsWarning || warnings.any { it.startsWith("The mask throws") }
            forEachPair { expected, _ ->
                expected.attributes.keys.filter(::isMasked).forEach { key ->
                    when (mask) {
                        "digits" -> expected[key]?.let { expected[key] = it.replace(DIGIT, "#") }
                        "throws" -> expected[key] = FAILED
                        else -> expected.remove(key)
                    }
                }
                expected.statusMessage = expected.statusMessage?.let { masked(mask, it) }
                expected.events.map { it.path("attributes") }.filterIsInstance<ObjectNode>().forEach {
                    val message = masked(mask, it.path(MESSAGE).asText())
                    if (message == null) it.remove(MESSAGE) else it.put(MESSAGE, message)
                }
            }
        },
        Difference(
            "what a mask is given",
            "the value itself and not its JSON text, so that a masked number is a text",
        ) {
            if (scenario.config.textOrNull("mask") == "digits") {
                acceptWhere { key, there, here -> isMasked(key) && bare(there) == bare(here) }
            }
        },
    )

private fun masked(mask: String, text: String): String? =
    when (mask) {
        "digits" -> text.replace(DIGIT, "#")
        "throws" -> FAILED
        else -> null
    }

private fun bare(text: String) = text.replace(NUMBER, "$1")
