package com.langfuse.sdk.coroutines

import com.langfuse.sdk.Generation
import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.Observation
import com.langfuse.sdk.ObservationBuilder
import com.langfuse.sdk.ObservationType
import com.langfuse.sdk.ObservationType.EMBEDDING
import com.langfuse.sdk.ObservationType.GENERATION
import com.langfuse.sdk.StreamRecorder
import com.langfuse.sdk.Usage
import kotlinx.coroutines.Job
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.FlowCollector
import kotlinx.coroutines.isActive
import kotlin.coroutines.cancellation.CancellationException

/**
 * Makes each collection of this flow an observation: it starts when collecting starts and ends with the last element.
 *
 * ```
 * llm.stream(prompt)
 *     .observed("chat", GENERATION, { model("gpt-4o").input(prompt) }, usage = { it.usage }) { chunk -> chunk.text }
 *     .collect { print(it.text) }
 * ```
 *
 * The flow's own code runs in the observation: what it records are children. The collector, and everything
 * downstream, runs where it was collected, and sees nothing of it. Elements, their order, back-pressure and exceptions are
 * untouched. Nothing is recorded of a flow that nobody collects.
 *
 * A collector that has had enough, as in `take(3)` or `first()`, completes the observation. A failing flow is level ERROR;
 * a cancelled collection, and one whose collector fails, is level WARNING. What has come until then is kept.
 *
 * (A collector's own cancellation, such as waiting for a `Deferred` that was cancelled, looks like having had enough.)
 *
 * Not for a flow that never ends, such as a `SharedFlow`: its observation ends with the collecting coroutine. To
 * share one observed flow between collectors use `shareIn` after it.
 *
 * @param client whose observation it is; null for the one in the context of the collector, see [Langfuse.current]
 * @param usage tokens used, told by one of the elements, most often the last; a later answer replaces an earlier one
 * @param chunk what is recorded of an element as a part of the output, null for nothing. Texts are joined, other things
 *   become a list; after 10,000 pieces or a million characters the rest is cut. Should it throw, a marker is recorded.
 */
public fun <E, O : Observation> Flow<E>.observed(
    name: String,
    type: ObservationType<out O>,
    configure: (@LangfuseDsl ObservationBuilder<O>).() -> Unit = {},
    client: Langfuse? = null,
    usage: (E) -> Usage? = { null },
    chunk: (E) -> Any? = { it },
): Flow<E> =
    ObservedFlow(
        this,
        {
            val observation = (client ?: Langfuse.current()).observation(name, type).apply(configure).start()
            val isModel = observation is Generation && (type == GENERATION || type == EMBEDDING)
            if (isModel) StreamRecorder.on(observation) else StreamRecorder.on(observation as Observation)
        },
        usage,
        chunk,
    )

/** @param open starts the observation of one collection */
internal class ObservedFlow<E>(
    private val source: Flow<E>,
    private val open: () -> StreamRecorder,
    private val usage: (E) -> Usage? = { null },
    private val chunk: (E) -> Any? = { it },
) : Flow<E> {
    override suspend fun collect(collector: FlowCollector<E>) {
        val outer = currentCoroutineContext()
        val outside = outer.current()
        val recorder = outside.whileCurrent(open)
        var left: Leaving? = null
        switchTo(recorder.observation().context()) {
            try {
                source.collect { element ->
                    recorder.record(element)
                    // The job is that of the flow's code, which may be one of its own: its failure ends the collector.
                    val job = currentCoroutineContext()[Job]
                    switchTo(outside, if (job == null || job === outer[Job]) outer else outer + job) {
                        try {
                            collector.emit(element)
                        } catch (e: Throwable) {
                            left = Leaving(e, job?.isActive != false)
                            throw e
                        }
                    }
                }
                recorder.complete()
            } catch (e: Throwable) {
                val leaving = left?.takeIf { it.isBehind(e) }
                when {
                    leaving == null || leaving.isCancelled -> recorder.fail(e)
                    leaving.hasEnough -> recorder.complete()
                    else -> recorder.fail(CancellationException("left by its collector"))
                }
                throw e
            }
        }
    }

    private fun StreamRecorder.record(element: E) {
        begin()
        usage(runCatching { usage(element) }.getOrNull())
        accept(runCatching { chunk(element) }.getOrElse { "<not readable: ${it.javaClass.simpleName}>" })
    }
}

/** How a collector did not go on: `take` and `first` throw a cancellation, too, which nobody has asked for. */
private class Leaving(private val thrown: Throwable, private val isActive: Boolean) {
    val isCancelled get() = thrown is CancellationException && !isActive
    val hasEnough get() = thrown is CancellationException && thrown !is TimeoutCancellationException

    /** With assertions on, coroutines hand on copies. */
    fun isBehind(e: Throwable) = e === thrown || (e.javaClass == thrown.javaClass && isCause(e.cause ?: e))

    private fun isCause(cause: Throwable) = cause === thrown || cause === thrown.cause
}
