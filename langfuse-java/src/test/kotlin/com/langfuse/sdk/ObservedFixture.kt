package com.langfuse.sdk

import com.langfuse.sdk.local.LocalObservation
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.opentelemetry.api.trace.SpanId
import java.util.concurrent.Flow

/** Everything that arrives from the block, none of which may leave anything current. */
internal fun observationsOf(
    configure: LangfuseBuilder.() -> Unit = {},
    block: (Langfuse) -> Unit,
): List<LocalObservation> =
    withLangfuse(configure) { local, langfuse ->
        block(langfuse)
        Observation.current().id() shouldBe SpanId.getInvalid()
        langfuse.flush(DEADLINE).isComplete shouldBe true
        local.observations()
    }

/** The one observation that arrives from the block. */
internal fun observationOf(block: (Langfuse) -> Unit): LocalObservation = observationsOf(block = block).single()

/** Collects garbage until an observation has arrived: the only end that nobody can call for. */
internal fun observationOfGarbage(block: (Langfuse) -> Unit): LocalObservation =
    withLangfuse { local, langfuse ->
        block(langfuse)
        val deadline = System.nanoTime() + DEADLINE.toNanos()
        while (local.observations().isEmpty() && System.nanoTime() < deadline) {
            System.gc()
            langfuse.flush(DEADLINE)
        }
        local.observations().single()
    }

internal infix fun LocalObservation.shouldBeWarning(message: String) {
    level shouldBe "WARNING"
    statusMessage shouldBe message
    otelStatus shouldBe "UNSET"
}

internal infix fun LocalObservation.shouldBeError(message: String) {
    level shouldBe "ERROR"
    statusMessage shouldBe message
    otelStatus shouldBe "ERROR"
    events.single().name shouldBe "exception"
}

internal fun LocalObservation.shouldBeFine() {
    level shouldBe "DEFAULT"
    statusMessage.shouldBeNull()
    otelStatus shouldBe "UNSET"
}

/** Publishes on the thread that asks, and counts who hangs up. */
internal class Source(
    private val items: List<String>,
    private val failure: Throwable? = null,
    private val onPull: () -> Unit = {},
) : Flow.Publisher<String> {
    var cancelled = 0

    override fun subscribe(subscriber: Flow.Subscriber<in String>) {
        val rest = items.iterator()
        subscriber.onSubscribe(
            object : Flow.Subscription {
                var over = false

                override fun request(count: Long) {
                    onPull()
                    var left = count
                    while (left-- > 0 && !over && rest.hasNext()) {
                        subscriber.onNext(rest.next())
                    }
                    if (!over && !rest.hasNext()) {
                        over = true
                        failure?.let(subscriber::onError) ?: subscriber.onComplete()
                    }
                }

                override fun cancel() {
                    over = true
                    cancelled++
                }
            },
        )
    }
}

/** Asks for one item after the other and writes down what it hears. */
internal class Reader(
    private val limit: Int = Int.MAX_VALUE,
    private val onItem: (String) -> Unit = {},
) : Flow.Subscriber<String> {
    val heard = mutableListOf<String>()
    var thrown: Throwable? = null
    var completed = false
    private lateinit var subscription: Flow.Subscription

    override fun onSubscribe(subscription: Flow.Subscription) {
        this.subscription = subscription
        subscription.request(1)
    }

    override fun onNext(item: String) {
        onItem(item)
        heard += item
        if (heard.size == limit) subscription.cancel() else subscription.request(1)
    }

    override fun onError(thrown: Throwable) {
        this.thrown = thrown
    }

    override fun onComplete() {
        completed = true
    }
}
