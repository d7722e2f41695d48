package com.langfuse.sdk.coroutines

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.local.LocalObservation
import com.langfuse.sdk.local.assertion.LangfuseAssert
import com.langfuse.sdk.local.assertion.LangfuseAssertions.assertThat
import io.kotest.matchers.shouldBe
import java.time.Duration

/** Reached only by a test that fails: long, for the machine may be busy. */
internal val DEADLINE: Duration = Duration.ofMinutes(2)

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

/** Assertions on what has arrived then. */
internal suspend fun traced(block: suspend (Langfuse) -> Unit): LangfuseAssert =
    withLangfuse { local, langfuse ->
        block(langfuse)
        langfuse.flush(DEADLINE).isComplete shouldBe true
        assertThat(local)
    }

internal fun List<LocalObservation>.named(name: String): LocalObservation = single { it.name == name }
