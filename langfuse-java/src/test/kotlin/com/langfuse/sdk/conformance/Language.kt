package com.langfuse.sdk.conformance

import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.ObjectMapper
import java.math.BigInteger
import java.nio.file.Path
import java.time.Instant

internal val JSON = ObjectMapper()

/** A scenario as it stands in the file, beside the spans the official SDK sent for it. */
internal class Scenario(val id: String, val json: JsonNode, val recorded: JsonNode) {
    val config = Fields(json.path("config"), "config")
    val environment = Fields(json.path("env"), "env").all().mapValues { it.value.asText() }
    val steps: List<JsonNode> = json.path("steps").toList()

    /** Every step at whatever depth. */
    val allSteps: List<JsonNode> by lazy { stepsIn(json) }
    val hasTimes = json.path("times") == JSON.nodeFactory.booleanNode(true)
    val isUnordered: Boolean by lazy { uses("parallel") || allSteps.any { it.has("startTime") } }

    private val text = json.toString().lowercase()

    fun uses(step: String) = allSteps.any { it["do"].textValue() == step }

    /** An id that the scenario wrote down, as opposed to one made while it ran. */
    fun names(id: String) = id in text

    /** A span id that arrives with its sampled flag off. */
    fun isUnsampled(spanId: String): Boolean =
        "$spanId-00" in text ||
            allSteps.mapNotNull { it["parent"] }.any {
                it.path("spanId").asText().lowercase() == spanId && it.path("traceFlags").asInt() % 2 == 0
            }

    private fun stepsIn(json: JsonNode): List<JsonNode> =
        listOf(json).filter { it.has("do") } + json.flatMap(::stepsIn)

    override fun toString() = id

    companion object {
        private val KEYS = setOf("id", "note", "config", "env", "times", "steps")

        fun readAll(folder: Path): List<Scenario> {
            val scenarios = JSON.readTree(folder.resolve("scenarios.json").toFile())
            val expected = JSON.readTree(folder.resolve("expected.json").toFile()).path("scenarios")
            val recorded = expected.associateBy { it["id"].asText() }
            check(
                recorded.keys == scenarios.map {
                    it["id"].asText()
                }.toSet(),
            ) { "Not the same scenarios in both files" }
            return scenarios.map {
                val id = it["id"].asText()
                check(KEYS.containsAll(it.fieldNames().asSequence().toSet())) { "$id: unknown key among ${it.names()}" }
                Scenario(id, it, recorded.getValue(id))
            }
        }
    }
}

internal fun JsonNode.names(): List<String> = fieldNames().asSequence().toList()

/** The fields of an object, of which each has to be asked for: what nobody asks for is not understood. */
internal class Fields(private val json: JsonNode, private val where: String) {
    private val asked = mutableSetOf<String>()

    operator fun contains(name: String): Boolean = json.has(name).also { asked += name }

    fun node(name: String): JsonNode? = json[name].also { asked += name }

    fun text(name: String): String = checkNotNull(textOrNull(name)) { "$where has no '$name': $json" }

    /** Null as well for what is no text: a typed language has no way to hand it over. */
    fun textOrNull(name: String): String? = value(name) as? String

    fun flag(name: String, otherwise: Boolean): Boolean = node(name)?.booleanValue() ?: otherwise

    fun value(name: String): Any? = plain(node(name))

    fun list(name: String): List<JsonNode> = node(name)?.toList().orEmpty()

    fun instant(name: String): Instant? =
        when (val value = value(name)) {
            null -> null
            is Instant -> value
            is Number -> Instant.ofEpochMilli(value.toLong())
            else -> Instant.parse(value.toString())
        }

    fun all(): Map<String, JsonNode> = json.properties().associate { it.key to it.value }.also { asked += it.keys }

    /** To be called when everything known has been asked for. */
    fun checkUnderstood() {
        val unknown = json.names() - asked
        check(unknown.isEmpty()) { "$where has unknown $unknown: $json" }
    }
}

/** What the program under test would hold: maps, lists, texts, numbers, instants. */
internal fun plain(json: JsonNode?): Any? =
    when {
        json == null || json.isNull -> null
        json.isTextual -> json.textValue()
        json.isBoolean -> json.booleanValue()
        json.isInt -> json.intValue()
        json.isLong -> json.longValue()
        json.isBigInteger -> json.bigIntegerValue()
        json.isNumber -> json.doubleValue()
        json.isArray -> json.map(::plain)
        else -> special(json) ?: json.properties().associateTo(LinkedHashMap()) { it.key to plain(it.value) }
    }

private fun special(json: JsonNode): Any? {
    val (name, value) = json.properties().firstOrNull()?.toPair() ?: return null
    return when {
        !name.startsWith("$") -> null
        name == "\$date" -> Instant.parse(value.textValue())
        name == "\$repeat" -> value[0].textValue().repeat(value[1].intValue())
        name == "\$keys" -> (0 until value[1].intValue()).associate { value[0].textValue() + it to plain(value[2]) }
        else -> error("Unknown value $json")
    }
}

/** A version as a caller writes it down: digits are a number, anything else is none. */
internal fun wholeNumber(value: Any?): Int? =
    when (value) {
        is Int -> value
        is Long, is BigInteger -> null
        is Double -> value.toInt().takeIf { it.toDouble() == value }
        is String -> value.toIntOrNull()
        else -> null
    }
