package com.langfuse.sdk.coroutines

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.PromptReference
import com.langfuse.sdk.Propagation
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.currentCoroutineContext

/**
 * Gives user, session, tags and the like to every observation in [block], and to the one that is current.
 *
 * ```
 * langfuse.propagateAttributes(userId = "u-1", sessionId = "s-1", tags = listOf("beta")) {
 *     langfuse.observation("request") { … }
 * }
 * ```
 *
 * For code that does not suspend there is [propagateAttributesBlocking].
 *
 * Concurrent coroutines each see their own. Values are text of at most 200 characters; a longer one is dropped
 * with a warning. [asBaggage] sends them to called services too. Blocks nest: inner values win, [metadata] merges by key, [tags] are appended.
 */
public suspend fun <T> Langfuse.propagateAttributes(
    userId: String? = null,
    sessionId: String? = null,
    tags: List<String> = emptyList(),
    metadata: Map<String, Any?> = emptyMap(),
    version: String? = null,
    traceName: String? = null,
    environment: String? = null,
    prompt: PromptReference? = null,
    asBaggage: Boolean = false,
    block: suspend (@LangfuseDsl CoroutineScope).() -> T,
): T {
    val inside =
        currentCoroutineContext().current().whileCurrent {
            propagation(userId, sessionId, tags, metadata, version, traceName, environment, prompt, asBaggage).context()
        }
    return switchTo(inside) { scoped(block) }
}

/** The same with the client in the context, see [Langfuse.current]. */
public suspend fun <T> propagateAttributes(
    userId: String? = null,
    sessionId: String? = null,
    tags: List<String> = emptyList(),
    metadata: Map<String, Any?> = emptyMap(),
    version: String? = null,
    traceName: String? = null,
    environment: String? = null,
    prompt: PromptReference? = null,
    asBaggage: Boolean = false,
    block: suspend (@LangfuseDsl CoroutineScope).() -> T,
): T =
    Langfuse.current().propagateAttributes(
        userId,
        sessionId,
        tags,
        metadata,
        version,
        traceName,
        environment,
        prompt,
        asBaggage,
        block,
    )

/** A scope with these attributes, not opened yet. */
internal fun Langfuse.propagation(
    userId: String?,
    sessionId: String?,
    tags: List<String>,
    metadata: Map<String, Any?>,
    version: String?,
    traceName: String?,
    environment: String?,
    prompt: PromptReference?,
    asBaggage: Boolean,
): Propagation {
    val scope =
        propagate()
            .userId(userId)
            .sessionId(sessionId)
            .tags(tags)
            .metadata(metadata)
            .version(version)
            .traceName(traceName)
            .environment(environment)
            .prompt(prompt)
    return if (asBaggage) scope.asBaggage() else scope
}
