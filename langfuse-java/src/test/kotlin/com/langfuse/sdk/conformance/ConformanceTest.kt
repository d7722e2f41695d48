package com.langfuse.sdk.conformance

import com.fasterxml.jackson.core.json.JsonWriteFeature
import com.fasterxml.jackson.databind.JsonNode
import io.kotest.assertions.fail
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.shouldBe
import java.nio.file.Path

/**
 * Sends each scenario through the public interface and over the wire, and compares what arrives with what the official
 * SDK sent. Another folder of scenarios is named by the system property `langfuse.conformance.dir`.
 */
class ConformanceTest :
    FunSpec({
        val folder =
            System.getProperty("langfuse.conformance.dir")?.let(Path::of)
                ?: Path.of(checkNotNull(ConformanceTest::class.java.getResource("/conformance")).toURI())
        val scenarios = Scenario.readAll(folder)

        test("there are scenarios") {
            scenarios.shouldNotBeEmpty()
        }

        scenarios.forEach { scenario ->
            test(scenario.id) {
                val comparison = Comparison.of(scenario, record(scenario))
                DIFFERENCES.forEach { it.apply(comparison) }
                val deviations =
                    deviations(render(comparison.expected, scenario), render(comparison.sent, scenario)) +
                        deviations(comparison.savedThere(), comparison.savedHere())
                if (deviations.isNotEmpty()) fail(deviations.joinToString("\n"))
                withClue("whether it warns: ${comparison.warnings}") {
                    comparison.warnings.isNotEmpty() shouldBe comparison.expectsWarning
                }
            }
        }
    })

/** One line for each field that is not as expected. */
private fun deviations(expected: Map<String, JsonNode>, sent: Map<String, JsonNode>): List<String> {
    val there = expected.flatMap { (name, json) -> fields(name, json) }.toMap()
    val here = sent.flatMap { (name, json) -> fields(name, json) }.toMap()
    return (there.keys + here.keys)
        .filter { there[it] != here[it] }
        .map { "$it: expected ${there[it]}, sent ${here[it]}" }
}

private fun fields(name: String, json: JsonNode): List<Pair<String, String>> =
    if (json.isObject) {
        json.properties().flatMap { fields("$name ${it.key}", it.value) }
    } else {
        listOf(name to ASCII.writeValueAsString(json))
    }

/** A report is XML, which bears not every character. */
private val ASCII = JSON.writer().with(JsonWriteFeature.ESCAPE_NON_ASCII)
