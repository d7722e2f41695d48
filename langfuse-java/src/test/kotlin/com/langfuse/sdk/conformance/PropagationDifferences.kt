package com.langfuse.sdk.conformance

private const val TAGS = "langfuse.trace.tags"
private const val MAX_LENGTH = 200

private fun isPropagated(key: String) =
    key in setOf("user.id", "session.id", "langfuse.version", "langfuse.trace.name") ||
        key.startsWith("langfuse.trace.metadata.")

internal val PROPAGATION_DIFFERENCES =
    listOf(
        Difference("blank propagated values", "they say nothing, so they are skipped wherever they stand") {
            forEachPair { expected, sent ->
                expected.attributes.keys
                    .filter { isPropagated(it) && expected[it]?.isBlank() == true && sent[it] == null }
                    .forEach(expected::remove)
                val tags = expected.attributes[TAGS]?.map { it.textValue() }.orEmpty()
                if (tags.any(String::isBlank)) {
                    val kept = tags.filterNot(String::isBlank)
                    if (kept.isEmpty()) {
                        expected.remove(TAGS)
                    } else {
                        expected.attributes[TAGS] = JSON.valueToTree(kept)
                    }
                }
            }
        },
        Difference("commas in tags sent as baggage", "are escaped once more, so that such a tag arrives as one") {
            readTags = ::decoded
        },
        Difference("values in baggage", "anybody can send them, so they are checked like those of this process") {
            if (scenario.uses("extract")) {
                forEachPair { expected, sent ->
                    expected.attributes.keys
                        .filter { isPropagated(it) && expected[it].orEmpty().length > MAX_LENGTH && sent[it] == null }
                        .forEach(expected::remove)
                }
            }
        },
        Difference("propagated metadata that is no text", "is written as text, as Python does, and not lost") {
            val keys =
                propagated("metadata")
                    .flatMap { it.properties() }
                    .filterNot { it.value.isTextual || it.value.isNull }
                    .map { "langfuse.trace.metadata.${it.key}" }
            forEachPair { expected, sent ->
                keys.filter { expected[it] == null && sent[it] != null }.forEach { expected.setAs(it, sent) }
            }
        },
        Difference("children of a handle", "have its user and session too, wherever they are started") {
            if (scenario.allSteps.any { it.has("under") }) {
                forEachPair { expected, sent ->
                    val inherited = sent.parent?.attributes.orEmpty()
                    inherited
                        .filter { (key, _) -> isPropagated(key) || key == TAGS }
                        .filter { (key, value) -> expected[key] == null && sent.attributes[key] == value }
                        .forEach { (key, _) -> expected.setAs(key, sent) }
                }
            }
        },
    )
