package com.langfuse.sdk.coroutines

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.local.LocalObservation
import io.kotest.matchers.shouldBe
import java.time.Duration

internal val DEADLINE: Duration = Duration.ofSeconds(30)

internal fun LocalLangfuse.client(): Langfuse =
    Langfuse
        .builder()
        .publicKey(publicKey())
        .secretKey(secretKey())
        .baseUrl(baseUrl().toString())
        .flushOnExit(false)
        .build()

/** Runs a block with a Langfuse on loopback and a client that reports to it. */
internal suspend fun <T> withLangfuse(block: suspend (LocalLangfuse, Langfuse) -> T): T =
    LocalLangfuse.start().use { local -> local.client().use { block(local, it) } }

/** What has arrived when the block is done and everything is flushed. */
internal suspend fun received(block: suspend (Langfuse) -> Unit): List<LocalObservation> =
    withLangfuse { local, langfuse ->
        block(langfuse)
        langfuse.flush(DEADLINE).isComplete shouldBe true
        local.observations()
    }

internal fun List<LocalObservation>.named(name: String): LocalObservation = single { it.name == name }
