package com.langfuse.sdk.conformance

import com.fasterxml.jackson.databind.JsonNode
import com.langfuse.sdk.Generation
import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.Observation
import com.langfuse.sdk.ObservationBuilder
import com.langfuse.sdk.ObservationType
import com.langfuse.sdk.PromptReference
import com.langfuse.sdk.TraceContext
import com.langfuse.sdk.propagation.TraceHeaders
import io.opentelemetry.api.trace.SpanId
import io.opentelemetry.api.trace.TraceId
import io.opentelemetry.context.Context
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.CopyOnWriteArrayList

/** What a scenario throws; nothing else is caught by it. */
internal class ScenarioError(message: String) : RuntimeException(message)

/** A span the scenario has started, in the order of starting. */
internal class Started(val spanId: String, val step: Fields, val name: String, val kindOfStep: String) {
    /** The message of the error that left it. */
    @Volatile
    var thrown: String? = null
}

/** Runs a scenario's steps through the public interface. */
internal class Interpreter(private val langfuse: Langfuse, private val foreign: ForeignTracers?) {
    val started = CopyOnWriteArrayList<Started>()
    val saved = ConcurrentHashMap<String, JsonNode>()

    private val handles = ConcurrentHashMap<String, Observation>()

    fun perform(steps: List<JsonNode>) = steps.forEach(::perform)

    private fun perform(json: JsonNode) {
        val step = Fields(json, "Step")
        when (val kind = step.text("do")) {
            "active" -> active(step)
            "start" -> start(step)
            "update" -> handle(step).set(Fields(step.node("attrs")!!, "attrs"))
            "end" -> end(step)
            "updateActive" -> updateActive(step)
            "propagate" -> propagate(step)
            "traceIO" -> traceIO(step)
            "public" -> target(step).publishTrace()
            "foreign" -> foreign(step)
            "observe" -> observe(step)
            "parallel" -> parallel(step)
            "sleep" -> sleep(step)
            "expectThrow" -> expectThrow(step)
            "throw" -> fail(step)
            "inject" -> inject(step)
            "extract" -> extract(step)
            "createTraceId" -> createTraceId(step)
            "currentIds" -> currentIds(step)
            "nest" -> nest(step)
            else -> error("Unknown step '$kind': $json")
        }
        step.checkUnderstood()
    }

    private fun active(step: Fields) {
        val builder = builder(step, step.text("name"))
        val attributes = step.node("attrs")?.let { Fields(it, "attrs") }
        attributes?.let(builder::set)
        val steps = step.list("steps")
        val ref = step.textOrNull("ref")
        val endsOnExit = step.flag("endOnExit", true)
        val thrown = step.textOrNull("throws")
        step.flag("sync", false)
        val body: (Observation) -> Unit = { observation ->
            ref?.let { handles[it] = observation }
            attributes?.let(observation::setLate)
            attributes?.checkUnderstood()
            val record = begun(observation, step)
            noting(record) {
                perform(steps)
                thrown?.let { throw ScenarioError(it) }
            }
        }
        if (endsOnExit) {
            builder.call<Unit, RuntimeException>(body)
        } else {
            stayOpen(builder.start(), body)
        }
    }

    private fun stayOpen(observation: Observation, body: (Observation) -> Unit) {
        observation.makeCurrent().use {
            try {
                body(observation)
            } catch (e: ScenarioError) {
                observation.recordException(e)
                throw e
            }
        }
    }

    private fun start(step: Fields) {
        val builder = builder(step, step.text("name"))
        val attributes = step.node("attrs")?.let { Fields(it, "attrs") }
        attributes?.let(builder::set)
        val observation = builder.start()
        attributes?.let(observation::setLate)
        attributes?.checkUnderstood()
        step.textOrNull("ref")?.let { handles[it] = observation }
        begun(observation, step)
    }

    private fun builder(step: Fields, name: String): ObservationBuilder<Observation> {
        val type = type(step)
        val builder =
            step.textOrNull("under")?.let { handles.getValue(it).observation(name, type) }
                ?: langfuse.observation(name, type)
        step.node("parent")?.let {
            val parent = Fields(it, "parent")
            parent.node("traceFlags")
            parent.node("isRemote")
            builder.parent(TraceContext.of(parent.textOrNull("traceId").orEmpty(), parent.textOrNull("spanId")))
            parent.checkUnderstood()
        }
        return builder.startTime(step.instant("startTime"))
    }

    private fun begun(observation: Observation, step: Fields): Started =
        begun(observation.id() ?: "none", step)

    private fun begun(spanId: String, step: Fields, name: String = step.text("name")): Started =
        Started(spanId, step, name, step.text("do")).also { started += it }

    private fun noting(record: Started, block: () -> Unit) {
        try {
            block()
        } catch (e: ScenarioError) {
            record.thrown = e.message
            throw e
        }
    }

    private fun handle(step: Fields): Observation {
        val ref = step.text("ref")
        return checkNotNull(handles[ref]) { "Nothing is called '$ref'" }
    }

    private fun target(step: Fields): Observation =
        if ("ref" in step) handle(step) else Observation.current()

    private fun end(step: Fields) {
        val handle = handle(step)
        val time = step.instant("endTime")
        if (time == null) handle.end() else handle.end(time)
    }

    private fun updateActive(step: Fields) {
        val current = Generation.current()
        if ("as" in step) current.type(type(step))
        step.node("attrs")?.let { current.set(Fields(it, "attrs")) }
    }

    @Suppress("DEPRECATION")
    private fun traceIO(step: Fields) {
        target(step).setTraceIo(step.value("input"), step.value("output"))
    }

    private fun propagate(step: Fields) {
        val params = Fields(step.node("params")!!, "params")
        val scope = langfuse.propagate()
        scope
            .userId(params.textOrNull("userId"))
            .sessionId(params.textOrNull("sessionId"))
            .version(params.textOrNull("version"))
            .traceName(params.textOrNull("traceName"))
            .environment(params.textOrNull("environment"))
            .tags((params.value("tags") as? List<*>)?.filterIsInstance<String>())
            .metadata(textKeyed(params.value("metadata")))
            .prompt(prompt(params.node("prompt")))
        if (params.flag("asBaggage", false)) scope.asBaggage()
        params.checkUnderstood()
        val steps = step.list("steps")
        scope.run<RuntimeException> { perform(steps) }
    }

    private fun foreign(step: Fields) {
        val tracers = checkNotNull(foreign) { "The scenario was not set up for other tracers" }
        val steps = step.list("steps")
        tracers.span(step) { spanId ->
            begun(spanId, step)
            perform(steps)
        }
    }

    private fun observe(step: Fields) {
        val steps = step.list("steps")
        val result = step.value("returns")
        val thrown = step.textOrNull("throws")
        var observed = langfuse.observed(step.text("name"), type(step))
        step.node("captureInput")?.let { observed = observed.captureInput(it.booleanValue()) }
        step.node("captureOutput")?.let { observed = observed.captureOutput(it.booleanValue()) }
        observed.callWith(step.list("args").map(::plain)) {
            noting(begun(Observation.current(), step)) {
                perform(steps)
                thrown?.let { throw ScenarioError(it) }
            }
            result
        }
    }

    private fun parallel(step: Fields) {
        val branches = step.list("branches").map { if (it.isArray) it.toList() else it.path("steps").toList() }
        val context = Context.current()
        Interleaving.run(branches.map { steps -> { context.makeCurrent().use { perform(steps) } } })
    }

    private fun sleep(step: Fields) = Interleaving.sleep((step.value("ms") as? Number ?: 0).toLong())

    private fun expectThrow(step: Fields) {
        val steps = step.list("steps")
        val message = step.textOrNull("message")
        val thrown =
            try {
                perform(steps)
                null
            } catch (e: ScenarioError) {
                e
            }
        checkNotNull(thrown) { "Nothing was thrown" }
        check(message == null || thrown.message == message) { "Thrown was '${thrown.message}'" }
    }

    private fun fail(step: Fields): Nothing {
        val message = step.text("message")
        step.checkUnderstood()
        throw ScenarioError(message)
    }

    private fun inject(step: Fields) {
        val headers = JSON.createObjectNode()
        TraceHeaders.inject { name, value -> headers.put(name, value) }
        saved[step.text("save")] = headers
    }

    private fun extract(step: Fields) {
        val carrier = step.node("carrier")!!
        val steps = step.list("steps")
        TraceHeaders.extract { carrier.path(it).textValue() }.makeCurrent().use { perform(steps) }
    }

    private fun createTraceId(step: Fields) {
        val id = TraceContext.fromSeed(step.textOrNull("seed").orEmpty()).traceId()
        saved[step.text("save")] =
            if (step.flag("shape", false)) {
                JSON.createObjectNode().put("matches", TRACE_ID.matches(id))
            } else {
                JSON.nodeFactory.textNode(id)
            }
    }

    private fun currentIds(step: Fields) {
        val current = Observation.current()
        // In place of an id of zeros JavaScript has none.
        val trace = current.traceId().takeIf { it != TraceId.getInvalid() }
        val span = current.id().takeIf { it != SpanId.getInvalid() }
        saved[step.text("save")] = JSON.createObjectNode().put("trace", trace).put("span", span)
    }

    /** Levels have no names in the language, so theirs are not compared. */
    private fun nest(step: Fields) {
        val steps = step.list("steps")
        val type = type(step)
        val name = step.textOrNull("name") ?: "level"

        fun level(left: Int) {
            if (left == 0) {
                perform(steps)
            } else {
                langfuse.observation(name, type).call<Unit, RuntimeException> {
                    noting(begun(it.id(), step, name)) { level(left - 1) }
                }
            }
        }
        level(step.value("depth") as Int)
    }

    private companion object {
        val TRACE_ID = Regex("[0-9a-f]{32}")
    }
}

/** All types look alike to an interpreter, which knows them only by name. */
@Suppress("UNCHECKED_CAST")
private fun type(step: Fields): ObservationType<Observation> {
    val name = step.textOrNull("as") ?: return ObservationType.SPAN
    val type = ObservationType.values().firstOrNull { it.wireName() == name }
    return checkNotNull(type) { "Unknown type '$name'" } as ObservationType<Observation>
}

@Suppress("UNCHECKED_CAST")
internal fun textKeyed(value: Any?): Map<String, Any?>? = value as? Map<String, Any?>

/** A fallback is not linked: that is the caller's knowledge, a reference has no flag for it. */
internal fun prompt(json: JsonNode?): PromptReference? {
    if (json == null || json.isNull) return null
    val prompt = Fields(json, "prompt")
    val name = prompt.textOrNull("name")
    val version = wholeNumber(prompt.value("version"))
    val isFallback = prompt.flag("isFallback", false)
    prompt.checkUnderstood()
    return if (isFallback || name == null || version == null) null else PromptReference(name, version)
}
