package com.langfuse.sdk.conformance

import com.fasterxml.jackson.databind.JsonNode

private const val OUTPUT = OBSERVATION + "output"
private const val LEVEL = OBSERVATION + "level"
private const val STATUS_MESSAGE = OBSERVATION + "status_message"

internal val ERROR_DIFFERENCES =
    listOf(
        Difference("errors of wrapped functions", "an error is no output; what went wrong is the status message") {
            forEachPair { expected, sent ->
                val output = expected[OUTPUT]?.let(::parsed)
                val isError = output?.isObject == true && output.names() == listOf("error")
                if (sent.origin?.kindOfStep == "observe" && sent.origin?.thrown != null && isError) {
                    expected.remove(OUTPUT)
                }
            }
        },
        Difference("errors", "Langfuse reads level and status message, other backends the status and the event") {
            forEachPair { expected, sent ->
                val thrown = sent.origin?.thrown ?: return@forEachPair
                val type = ScenarioError::class.java
                val why = thrown.ifBlank { type.simpleName }
                val isWrapped = sent.origin?.kindOfStep == "observe"
                if (expected[LEVEL] != "ERROR" || expected[STATUS_MESSAGE] == null || isWrapped) {
                    expected[LEVEL] = "ERROR"
                    expected[STATUS_MESSAGE] = why
                }
                expected.statusCode = "ERROR"
                expected.statusMessage = why
                expected.events = listOf(exception(type.name, thrown))
            }
        },
    )

private fun exception(type: String, message: String): JsonNode {
    val event = JSON.createObjectNode().put("name", "exception")
    event.withObject("/attributes").put("exception.message", message).put("exception.type", type)
    return event
}
