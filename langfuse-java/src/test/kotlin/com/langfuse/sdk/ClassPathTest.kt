package com.langfuse.sdk

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import java.io.File

/** What a Java program gets when it adds langfuse-java; the build writes the list. */
class ClassPathTest :
    FunSpec({
        val jars =
            ClassPathTest::class.java
                .getResource("/runtime-class-path.txt")!!
                .readText()
                .trim()
                .split(File.pathSeparator)
                .map { File(it).name }

        test("OpenTelemetry and Jackson are on it") {
            jars.map { it.replace(Regex("-[0-9].*"), "") }.let {
                it shouldContain "opentelemetry-sdk"
                it shouldContain "opentelemetry-exporter-otlp"
                it shouldContain "jackson-databind"
            }
        }

        test("Kotlin, OkHttp and Okio are not") {
            jars.filter { jar -> listOf("kotlin", "okhttp", "okio", "sender").any { it in jar } }.shouldBeEmpty()
        }
    })
