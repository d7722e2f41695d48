package com.langfuse.sdk.samples.page

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.io.File

class ProgramsTest :
    FunSpec({
        fun File.program(name: String) = resolve(name).also { it.createNewFile() && it.setExecutable(true) }

        test("without a browser one is told how to get it") {
            Programs.missing(mapOf("PATH" to "${tempdir()}")).shouldNotBeNull() shouldContain "apt-get install chromium"
            Programs.missing(mapOf("CI" to "true")).shouldNotBeNull()
        }

        test("where a browser is required, its absence is an error") {
            shouldThrow<IllegalStateException> {
                Programs.missing(mapOf("CI" to "true", "LANGFUSE_BROWSER" to "required"))
            }.message.shouldNotBeNull() shouldContain "chromedriver"
        }

        test("a browser and its driver are found on the path, in any folder") {
            val (one, other) = tempdir() to tempdir()
            val path = mapOf("PATH" to "$one${File.pathSeparator}$other")
            val chrome = one.program("google-chrome")
            Programs.find(path).shouldBeNull()
            val driver = other.program("chromedriver")
            Programs.find(path) shouldBe Programs(chrome, driver)
            Programs.missing(path + mapOf("CI" to "true", "LANGFUSE_BROWSER" to "required")).shouldBeNull()
        }
    })
