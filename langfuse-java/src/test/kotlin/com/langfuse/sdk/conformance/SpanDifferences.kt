package com.langfuse.sdk.conformance

import com.langfuse.sdk.internal.SdkVersion

/** Which spans there are and how they hang together. */
internal val SPAN_DIFFERENCES =
    listOf(
        Difference("scope version", "it is this SDK's") {
            expected.filter { it.scopeName == "langfuse-sdk" && it.scopeVersion != null }.forEach {
                it.scopeVersion = SdkVersion.CURRENT
            }
        },
        Difference("unsampled remote parent", "whoever samples elsewhere must not thin out our traces") {
            alsoExpect { span ->
                (listOf(span) + span.ancestors()).any { scenario.isUnsampled(it.parentText.orEmpty()) }
            }
        },
        Difference("export filter", "it knows more LLM libraries, `ai.*`, and attributes of more conventions") {
            val before = expected.toSet()
            alsoExpect { isKnownHereOnly(it.scopeName) || it.attributes.keys.any(::isAttributeKnownHereOnly) }
            forEachPair { child, sent ->
                val parent = sent.parent?.let { expected[this.sent.indexOf(it)] }
                if (parent != null && parent !in before && child.parent == null) {
                    val label = child.trace
                    expected.filter { it.trace == label }.forEach { it.trace = parent.trace }
                    child.parent = parent
                    child.parentText = null
                    child.remove(APP_ROOT)
                }
            }
        },
        Difference("span below one that is not exported", "hangs below the nearest one that is") {
            forEachPair { expected, sent ->
                val parent = sent.parent?.let { this.expected.getOrNull(this.sent.indexOf(it)) }
                if (expected.parentText == "not-exported" && parent != null && parent.trace == expected.trace) {
                    expected.parent = parent
                    expected.parentText = null
                }
            }
        },
        Difference("ids in upper case", "hex is hex; Langfuse stores it in lower case") {
            expected.filter { HEX.matches(it.trace) }.forEach {
                it.trace = it.trace.lowercase()
                it.parentText = it.parentText?.lowercase()
            }
        },
        Difference("trace id without a usable parent id", "gives a genuine root of that trace instead of a new trace") {
            forEachPair { expected, sent ->
                val parent = sent.origin?.step?.node("parent") ?: return@forEachPair
                val traceId = parent.path("traceId").asText().lowercase()
                if (isId(traceId, TRACE_DIGITS) && !isId(parent.path("spanId").asText().lowercase(), SPAN_DIGITS)) {
                    val label = expected.trace
                    this.expected.filter { it.trace == label }.forEach { it.trace = traceId }
                    if (recording.isAttached) {
                        // A provider of the application's makes its own ids, so the root has a parent that never was.
                        expected.parentText = "not-exported"
                        expected.setAs("langfuse.internal.as_root", sent)
                    }
                }
            }
        },
    )

/** Tracers of LLM libraries that JavaScript's list does not have. */
private fun isKnownHereOnly(scope: String) =
    SCOPES_HERE_ONLY.any { scope == it || scope.startsWith("$it.") }

/** Attributes of LLM applications that JavaScript's filter does not ask for. */
private fun isAttributeKnownHereOnly(name: String) =
    listOf("openinference.", "traceloop.", "spring.ai.", "langfuse.observation.").any(name::startsWith)

private fun isId(text: String, digits: Int) = text.length == digits && HEX.matches(text) && text.any { it != '0' }

private const val TRACE_DIGITS = 32
private const val SPAN_DIGITS = 16
private val HEX = Regex("[0-9a-fA-F]+")

private val SCOPES_HERE_ONLY =
    listOf("ai", "autogen-core", "pydantic-ai") +
        listOf(
            "agno",
            "alephalpha",
            "cohere",
            "crewai",
            "groq",
            "haystack",
            "langchain",
            "llamaindex",
            "mistralai",
            "ollama",
            "openai_agents",
            "replicate",
            "sagemaker",
            "together",
            "transformers",
            "voyageai",
            "watsonx",
            "writer",
        ).map { "opentelemetry.instrumentation.$it" } +
        listOf(
            "com.google.adk",
            "com.openai.instrumentation",
            "dev.langchain4j",
            "gcp.vertex.agent",
            "io.opentelemetry.openai-java-1",
            "langchain4j",
            "org.jetbrains.ai.tracy",
            "org.springframework.ai",
            "tracy",
        )
