package com.langfuse.sdk.conformance

import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.node.ObjectNode

private const val ENVIRONMENT = "langfuse.environment"
private const val RELEASE = "langfuse.release"

internal val VALUE_DIFFERENCES =
    listOf(
        Difference(
            "instants and large integers",
            "all digits there are: as ISO-8601, and as text where numbers lose them",
        ) {
            acceptWhere { key, there, here -> holdsJson(key) && inOneForm(there) == inOneForm(here) }
        },
        Difference("nulls among model settings", "the server has no word for them: it would show the text 'null'") {
            forEachPair { expected, _ -> expected.withoutEntries("model.parameters") { it.isNull } }
        },
        Difference("null and negative usage or cost", "the server drops them") {
            forEachPair { expected, _ ->
                listOf("usage_details", "cost_details").forEach { name ->
                    expected.withoutEntries(name) { it.isNull || it.asDouble() < 0 }
                }
            }
        },
        Difference("prompts without name or version", "the server drops the whole observation for half a reference") {
            forEachPair { expected, _ ->
                val name = expected[OBSERVATION + "prompt.name"]
                val version = expected.attributes[OBSERVATION + "prompt.version"]
                if (name?.isBlank() == true || (version != null && (wholeNumber(plain(version)) ?: 0) < 1)) {
                    expected.remove(OBSERVATION + "prompt.name")
                    expected.remove(OBSERVATION + "prompt.version")
                }
            }
        },
        Difference("environments that break the rule", "the server would rewrite them, so they are not sent") {
            forEachPair { expected, sent ->
                if (expected[ENVIRONMENT]?.let(ENVIRONMENT_FORM::matches) == false) {
                    expected.remove(ENVIRONMENT)
                    if (sent[ENVIRONMENT] ==
                        scenario.config.textOrNull("environment")
                    ) {
                        expected.setAs(ENVIRONMENT, sent)
                    }
                }
            }
        },
        Difference("release from build servers", "the commit variables that Python reads are read here too") {
            if (scenario.environment["LANGFUSE_RELEASE"].isNullOrBlank() && "release" !in scenario.config) {
                val commit = COMMIT_VARIABLES.firstNotNullOfOrNull { scenario.environment[it] }
                commit?.let { expected.forEach { span -> span[RELEASE] = it } }
            }
        },
        Difference(
            "arguments that JavaScript takes for false",
            "0, false and an empty text are arguments like others",
        ) {
            forEachPair { expected, sent ->
                val step = sent.origin?.step
                val arguments = step?.list("args").orEmpty()
                if (sent.origin?.kindOfStep == "observe" && arguments.size == 1 && step!!.flag("captureInput", true)) {
                    val argument = arguments.single()
                    val isFalse =
                        argument.asText().isEmpty() || argument.asText() == "0" || argument.asText() == "false"
                    if (isFalse && !argument.isNull && !argument.isContainerNode) {
                        expected[OBSERVATION + "input"] = argument.asText()
                    }
                }
            }
        },
        Difference("more than 128 attributes", "OpenTelemetry's default limit is raised, so that none is lost") {
            forEachPair { expected, sent ->
                if (expected.attributes.size == DEFAULT_ATTRIBUTES && sent.attributes.size > DEFAULT_ATTRIBUTES) {
                    (sent.attributes.keys - expected.attributes.keys).forEach { expected.setAs(it, sent) }
                }
            }
        },
    )

private fun NormalSpan.withoutEntries(name: String, isUnwanted: (JsonNode) -> Boolean) {
    val entries = this[OBSERVATION + name]?.let(::parsed) as? ObjectNode ?: return
    entries.removeIf(isUnwanted)
    this[OBSERVATION + name] = entries.toString()
}

private const val DEFAULT_ATTRIBUTES = 128
private val ENVIRONMENT_FORM = Regex("(?!langfuse)[a-z0-9_-]{1,40}")
private val COMMIT_VARIABLES =
    listOf(
        "RENDER_GIT_COMMIT",
        "CI_COMMIT_SHA",
        "CIRCLE_SHA1",
        "SOURCE_VERSION",
        "TRAVIS_COMMIT",
        "GIT_COMMIT",
        "GITHUB_SHA",
        "BITBUCKET_COMMIT",
        "BUILD_SOURCEVERSION",
        "DRONE_COMMIT_SHA",
    )
