package com.langfuse.sdk.ktor

import io.ktor.http.content.OutgoingContent.ProtocolUpgrade
import io.ktor.server.application.ApplicationCallPipeline
import io.ktor.server.response.ApplicationSendPipeline
import io.ktor.util.AttributeKey
import io.ktor.utils.io.ByteReadChannel
import io.ktor.utils.io.ByteWriteChannel
import io.opentelemetry.context.Context
import io.opentelemetry.extension.kotlin.asContextElement
import kotlinx.coroutines.Job
import kotlin.coroutines.CoroutineContext

/** Older versions of Ktor run a WebSocket session in a coroutine that knows nothing of the call's. */
internal fun ApplicationCallPipeline.interceptUpgrades() {
    sendPipeline.intercept(ApplicationSendPipeline.After) { content ->
        if (content is ProtocolUpgrade && context.trace != null) {
            proceedWith(UpgradeInContext(content, Context.current().asContextElement()))
        }
    }
}

private class UpgradeInContext(private val upgrade: ProtocolUpgrade, private val element: CoroutineContext) :
    ProtocolUpgrade() {
    override val contentType get() = upgrade.contentType
    override val contentLength get() = upgrade.contentLength
    override val headers get() = upgrade.headers

    override fun <T : Any> getProperty(key: AttributeKey<T>): T? = upgrade.getProperty(key)

    override fun <T : Any> setProperty(key: AttributeKey<T>, value: T?) = upgrade.setProperty(key, value)

    override fun trailers() = upgrade.trailers()

    override suspend fun upgrade(
        input: ByteReadChannel,
        output: ByteWriteChannel,
        engineContext: CoroutineContext,
        userContext: CoroutineContext,
    ): Job = upgrade.upgrade(input, output, engineContext + element, userContext + element)
}
