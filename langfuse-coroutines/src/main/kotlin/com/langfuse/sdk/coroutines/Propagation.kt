package com.langfuse.sdk.coroutines

import com.langfuse.sdk.Langfuse
import io.opentelemetry.extension.kotlin.asContextElement
import kotlinx.coroutines.CoroutineScope

/**
 * Gives user, session, tags and the like to every observation in [block], and to the one that is current.
 *
 * ```
 * langfuse.propagateAttributes(userId = "u-1", sessionId = "s-1", tags = listOf("beta")) {
 *     langfuse.observation("request") { … }
 * }
 * ```
 *
 * Concurrent coroutines each see their own. Values are text of at most 200 characters; a longer one is dropped
 * with a warning. Blocks nest: inner values win, [metadata] merges by key, [tags] are appended.
 */
public suspend fun <T> Langfuse.propagateAttributes(
    userId: String? = null,
    sessionId: String? = null,
    tags: List<String> = emptyList(),
    metadata: Map<String, Any?> = emptyMap(),
    version: String? = null,
    traceName: String? = null,
    environment: String? = null,
    block: suspend CoroutineScope.() -> T,
): T {
    val context =
        propagate()
            .userId(userId)
            .sessionId(sessionId)
            .tags(tags)
            .metadata(metadata)
            .version(version)
            .traceName(traceName)
            .environment(environment)
            .context()
    return inContext(context.asContextElement(), block)
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
    block: suspend CoroutineScope.() -> T,
): T =
    Langfuse.current().propagateAttributes(
        userId,
        sessionId,
        tags,
        metadata,
        version,
        traceName,
        environment,
        block,
    )
