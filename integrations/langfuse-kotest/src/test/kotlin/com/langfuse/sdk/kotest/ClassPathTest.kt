package com.langfuse.sdk.kotest

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldNotBeEmpty
import java.io.File

/** What the tests of a user get when they add langfuse-kotest; the build writes the list. */
class ClassPathTest :
    FunSpec({
        test("OpenTelemetry, Jackson, Kotlin, coroutines and annotations are on it, and nothing else") {
            val jars =
                ClassPathTest::class.java
                    .getResource("/runtime-class-path.txt")!!
                    .readText()
                    .trim()
                    .split(File.pathSeparator)
                    .map { File(it).name }
            val families =
                listOf(
                    "langfuse-",
                    "opentelemetry-",
                    "jackson-",
                    "kotlin-stdlib-",
                    "kotlinx-coroutines-core-",
                    "annotations-",
                    "jspecify-",
                )
            jars.filter { it.startsWith("opentelemetry-sdk-") }.shouldNotBeEmpty()
            // Modules of this build are folders of classes until they are packaged.
            jars.filter { jar -> jar != "classes" && families.none { jar.startsWith(it) } }.shouldBeEmpty()
        }
    })
