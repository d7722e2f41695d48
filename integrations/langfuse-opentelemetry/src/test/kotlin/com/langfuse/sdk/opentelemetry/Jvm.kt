package com.langfuse.sdk.opentelemetry

import com.langfuse.sdk.local.LocalLangfuse
import io.kotest.assertions.withClue
import io.kotest.matchers.shouldBe
import java.io.File
import java.util.concurrent.TimeUnit

internal val CLASS_PATH: List<String> = System.getProperty("java.class.path").split(File.pathSeparator)

/** Runs an application in a JVM of its own to its end, and returns what it printed. */
internal fun run(
    application: Any,
    environment: Map<String, String>,
    classPath: List<String> = CLASS_PATH,
    options: List<String> = emptyList(),
): String {
    val output = File.createTempFile("application", ".txt")
    val java = File(System.getProperty("java.home"), "bin/java").path
    val command =
        listOf(java) + options +
            listOf("-cp", classPath.joinToString(File.pathSeparator), application.javaClass.name)
    val process =
        ProcessBuilder(command)
            .apply {
                environment().keys.removeIf { it.startsWith("LANGFUSE_") || it.startsWith("OTEL_") }
                environment() += listOf("TRACES", "METRICS", "LOGS").map { "OTEL_${it}_EXPORTER" to "none" }
                environment() += environment
            }.redirectErrorStream(true)
            .redirectOutput(output)
            .start()
    process.waitFor(120, TimeUnit.SECONDS) shouldBe true
    val text = output.readText()
    output.delete()
    withClue(text) { process.exitValue() shouldBe 0 }
    return text
}

internal fun environmentOf(local: LocalLangfuse) =
    mapOf(
        "LANGFUSE_PUBLIC_KEY" to local.publicKey(),
        "LANGFUSE_SECRET_KEY" to local.secretKey(),
        "LANGFUSE_BASE_URL" to local.baseUrl().toString(),
        "LANGFUSE_TRACING_ENVIRONMENT" to "staging",
        "LANGFUSE_RELEASE" to "1.4.2",
    )
