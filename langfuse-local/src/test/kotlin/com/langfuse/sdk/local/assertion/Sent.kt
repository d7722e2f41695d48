package com.langfuse.sdk.local.assertion

import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.local.Sender
import com.langfuse.sdk.local.TRACE
import com.langfuse.sdk.local.export
import com.langfuse.sdk.local.span
import com.langfuse.sdk.local.withLangfuse
import io.kotest.assertions.throwables.shouldThrow
import io.opentelemetry.proto.trace.v1.Span
import java.time.Duration

/** An observation as a program would have sent it; started in the order in which it stands. */
internal class Sent(val type: String, val name: String, val attributes: Map<String, Any>, vararg val below: Sent)

internal fun sent(type: String, name: String, vararg below: Sent) = Sent(type, name, emptyMap(), *below)

internal fun sent(type: String, name: String, attributes: Map<String, Any>, vararg below: Sent) =
    Sent(type, name, attributes, *below)

/** The spans of one trace: each starts a millisecond after the one above it. */
internal fun spansOf(vararg roots: Sent, trace: String = TRACE): List<Span> {
    val spans = mutableListOf<Span>()
    val open = ArrayDeque(roots.map { it to null as Int? })
    while (open.isNotEmpty()) {
        val (sent, parent) = open.removeFirst()
        val id = spans.size + 1
        val attributes = mapOf("langfuse.observation.type" to sent.type) + sent.attributes
        spans += span(sent.name, id, parent, trace, from = id.toLong(), attributes = attributes)
        open.addAll(0, sent.below.map { it to id })
    }
    return spans
}

internal fun Sender.trace(vararg roots: Sent, trace: String = TRACE) = post(export(spansOf(*roots, trace = trace)))

/** What the assertions say of a trace with this root, which is all that was sent; null when they are content. */
internal fun complaint(root: Sent, assertion: TraceAssert.() -> Unit): String? =
    withLangfuse { local, sender ->
        sender.trace(root)
        runCatching { local.atOnce(root.name).assertion() }.exceptionOrNull()?.let {
            (it as? AssertionError ?: throw it).message
        }
    }

internal fun LocalLangfuse.atOnce(name: String): TraceAssert =
    LangfuseAssertions.assertThat(this).trace(name).within(Duration.ZERO)

internal fun complaintOf(block: () -> Unit): String = shouldThrow<AssertionError>(block).message!!

/** The sentences of a complaint, without its first line and the drawing. */
internal fun String.sentences(): List<String> = lines().drop(1).takeWhile { it.isNotBlank() }.map { it.trim() }
