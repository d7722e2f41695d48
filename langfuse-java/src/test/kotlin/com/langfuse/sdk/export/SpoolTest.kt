package com.langfuse.sdk.export

import com.langfuse.sdk.DEADLINE
import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.LangfuseBuilder
import com.langfuse.sdk.PROMPTLY
import com.langfuse.sdk.client
import com.langfuse.sdk.counts
import com.langfuse.sdk.local.Fault
import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.warningsOf
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.io.File
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.attribute.PosixFilePermissions
import java.time.Duration
import kotlin.time.measureTime

/** What has ended outlives the process, and whatever happens to the folder, nothing is thrown. */
class SpoolTest :
    FunSpec({
        val moment = Duration.ofMillis(200)

        fun Langfuse.record(vararg names: String) = names.forEach { observation(it).input("in $it").start().end() }

        fun Langfuse.record(count: Int) = repeat(count) { record("o-$it") }

        fun LocalLangfuse.spooling(
            folder: Path,
            configure: LangfuseBuilder.() -> Unit = {},
        ) = client {
            delivery { it.spool(folder) }
            configure()
        }

        fun LocalLangfuse.names() = observations().map { it.name }

        fun newFolder(): Path = tempdir().toPath().resolve("spool")

        fun filesOf(folder: Path) = folder.toFile().list().orEmpty().toList()

        /** A client that ends while Langfuse is down. */
        fun LocalLangfuse.leaveBehind(
            folder: Path,
            names: List<String>,
            configure: LangfuseBuilder.() -> Unit = {},
        ) {
            always(Fault.status(503))
            val langfuse = spooling(folder, configure)
            langfuse.record(*names.toTypedArray())
            langfuse.close(moment).counts shouldBe listOf<Long>(0, 0, 0, names.size.toLong())
            always(null)
        }

        test("what could not be delivered waits for the next client, which delivers it once and tidies up") {
            val folder = newFolder()
            LocalLangfuse.start().use { local ->
                local.leaveBehind(folder, listOf("a", "b", "c"))
                local.observations().shouldBeEmpty()
                local.spooling(folder).use { langfuse ->
                    local.awaitObservations(3, DEADLINE)
                    langfuse.record("d")
                    langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(4, 0, 0, 0)
                }
                local.names() shouldContainExactlyInAnyOrder listOf("a", "b", "c", "d")
                local.observations().first { it.name == "a" }.input shouldBe "in a"
                local.duplicates() shouldBe 0
            }
            filesOf(folder).shouldBeEmpty()
        }

        test("what is copied and written as JSON later is in the file as it was when it was given") {
            val folder = newFolder()
            val said = mutableListOf("then")
            LocalLangfuse.start().use { local ->
                local.always(Fault.status(503))
                val langfuse = local.spooling(folder)
                langfuse.observation("a").input(mapOf("said" to said)).start().also {
                    said += "later"
                    it.output(listOf(1, null, mapOf("é" to "\n"))).end()
                }
                langfuse.close(moment).counts shouldBe listOf<Long>(0, 0, 0, 1)
                local.always(null)
                local.spooling(folder).use { local.awaitObservations(1, DEADLINE) }
                val observation = local.observations().single()
                observation.input shouldBe """{"said":["then"]}"""
                observation.output shouldBe """[1,null,{"é":"\n"}]"""
            }
        }

        test("it is delivered though the next client records nothing itself") {
            val folder = newFolder()
            LocalLangfuse.start().use { local ->
                local.leaveBehind(folder, listOf("a"))
                local.spooling(folder).use { local.awaitObservation("a", DEADLINE) }
            }
        }

        test("what was delivered is not delivered again, also where a part of a file was") {
            val folder = newFolder()
            LocalLangfuse.start().use { local ->
                val langfuse = local.spooling(folder) { flushAt(2) }
                langfuse.record("a", "b")
                local.awaitObservations(2, DEADLINE)
                langfuse.flush(DEADLINE)
                local.always(Fault.status(503))
                langfuse.record("c", "d", "e")
                langfuse.close(moment).pending() shouldBe 3
                local.always(null)
                local.spooling(folder).use { local.awaitObservations(5, DEADLINE) }
                local.duplicates() shouldBe 0
            }
        }

        test("a batch that is done in the middle of a file is not delivered again") {
            val folder = newFolder()
            LocalLangfuse.start().use { local ->
                // The first batch has a poisoned span, so it takes part; the rest is refused for now.
                local.always(Fault.refusing("poison"))
                val langfuse = local.spooling(folder) { flushAt(4) }
                langfuse.record("a", "b", "poison", "c")
                langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(3, 1, 0, 0)
                local.always(Fault.status(503))
                langfuse.record(10)
                langfuse.close(moment).pending() shouldBe 10
                local.always(null)
                local.spooling(folder).use { local.awaitObservations(13, DEADLINE) }
                local.names().filter { it == "poison" }.shouldBeEmpty()
                local.duplicates() shouldBe 0
            }
        }

        test("two clients on one folder keep to their own") {
            val folder = newFolder()
            LocalLangfuse.start().use { local ->
                local.spooling(folder).use { one ->
                    local.spooling(folder).use { two ->
                        one.record("one")
                        two.record("two")
                        one.flush(DEADLINE).exported() shouldBe 1
                        two.flush(DEADLINE).exported() shouldBe 1
                    }
                }
                local.names() shouldContainExactlyInAnyOrder listOf("one", "two")
                local.duplicates() shouldBe 0
            }
            filesOf(folder).shouldBeEmpty()
        }

        test("a torn last record costs itself, and what was never ours stays where it is") {
            val folder = newFolder()
            LocalLangfuse.start().use { local ->
                local.leaveBehind(folder, listOf("a", "b"))
                val segment = folder.toFile().listFiles()!!.single { it.name.endsWith(".spool") }
                segment.appendBytes(byteArrayOf(0, 0, 1, 0, 1, 2, 3, 4, 1, 5, 6))
                val notes = folder.resolve("notes.txt")
                Files.writeString(notes, "mine")
                val stranger = File(folder.toFile(), segment.name.replace("-000000.spool", "-000001.spool"))
                stranger.writeText("no spool at all")
                local.spooling(folder).use { local.awaitObservations(2, DEADLINE) }
                Files.readString(notes) shouldBe "mine"
                stranger.readText() shouldBe "no spool at all"
            }
        }

        test("a record whose bytes have changed is left out, the ones after it are not") {
            val folder = newFolder()
            LocalLangfuse.start().use { local ->
                local.leaveBehind(folder, listOf("aaaa", "bbbb", "cccc"))
                val segment = folder.toFile().listFiles()!!.single { it.name.endsWith(".spool") }
                val bytes = segment.readBytes()
                val middle = String(bytes, Charsets.ISO_8859_1).indexOf("bbbb")
                bytes[middle] = 'x'.code.toByte()
                segment.writeBytes(bytes)
                local.spooling(folder).use { local.awaitObservations(2, DEADLINE) }
                local.names() shouldContainExactlyInAnyOrder listOf("aaaa", "cccc")
            }
        }

        test("another project's observations are not ours to send") {
            val folder = newFolder()
            LocalLangfuse.start().use { local ->
                local.leaveBehind(folder, listOf("a"))
                LocalLangfuse.start().use { other ->
                    other.spooling(folder).use {
                        it.record("b")
                        it.flush(DEADLINE).counts shouldBe listOf<Long>(1, 0, 0, 0)
                    }
                    other.names() shouldBe listOf("b")
                }
                local.spooling(folder).use { local.awaitObservation("a", DEADLINE) }
            }
        }

        test("a folder that cannot be used: one warning, and memory takes its place") {
            val file = tempdir().toPath().resolve("file")
            Files.writeString(file, "not a folder")
            LocalLangfuse.start().use { local ->
                val warnings =
                    warningsOf {
                        local.spooling(file).use {
                            it.record("a")
                            it.flush(DEADLINE).counts shouldBe listOf<Long>(1, 0, 0, 0)
                        }
                    }
                warnings.single() shouldContain "cannot be used, memory takes its place"
            }
        }

        test("a full spool: one warning, and memory takes its place") {
            val folder = newFolder()
            LocalLangfuse.start().use { local ->
                local.always(Fault.status(503))
                val langfuse = local.client { delivery { it.spool(folder).spoolBytes(1 shl 20) } }
                val text = "x".repeat(10_000)
                val warnings = warningsOf { repeat(200) { langfuse.observation("o").input(text).start().end() } }
                warnings.single { "full" in it } shouldContain "memory takes its place"
                folder.toFile().listFiles()!!.sumOf { it.length() } shouldBeLessThan (1L shl 20) + 20_000
                local.always(null)
                langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(200, 0, 0, 0)
                langfuse.close()
                local.duplicates() shouldBe 0
            }
        }

        test("with a spool nothing is given up for lack of time, or while the keys are refused") {
            val folder = newFolder()
            LocalLangfuse.start().use { local ->
                local.enqueue(Fault.status(503), Fault.reset(), Fault.status(500))
                local.client { delivery { it.spool(folder).retryFor(Duration.ZERO) } }.use {
                    it.record("a")
                    it.flush(DEADLINE).counts shouldBe listOf<Long>(1, 0, 0, 0)
                }
                val refused = local.spooling(folder) { secretKey("sk-wrong") }
                refused.record("b")
                measureTime { refused.flush(DEADLINE).counts shouldBe listOf<Long>(0, 0, 0, 1) } shouldBeLessThan
                    PROMPTLY
                refused.close(moment).counts shouldBe listOf<Long>(0, 0, 0, 1)
                local.spooling(folder).use { local.awaitObservation("b", DEADLINE) }
            }
        }

        test("only its owner may read it") {
            val folder = newFolder()
            LocalLangfuse.start().use { local ->
                local.leaveBehind(folder, listOf("a"))
                val files = folder.toFile().listFiles()!!
                files.toList() shouldHaveSize 2
                (files.toList() + folder.toFile()).forEach { file ->
                    val permissions = PosixFilePermissions.toString(Files.getPosixFilePermissions(file.toPath()))
                    permissions.substring(3) shouldBe "------"
                }
            }
        }

        test("observations that are too many for one file go into the next, and files that are done are deleted") {
            val folder = newFolder()
            LocalLangfuse.start().use { local ->
                local.always(Fault.status(503))
                val langfuse = local.client { delivery { it.spool(folder).spoolBytes(64 shl 20) } }
                val text = "x".repeat(100_000)
                repeat(400) { langfuse.observation("o-$it").input(text).start().end() }
                filesOf(folder).filter { it.endsWith(".spool") } shouldHaveSize 3
                local.always(null)
                langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(400, 0, 0, 0)
                langfuse.close()
                local.observations() shouldHaveSize 400
                local.duplicates() shouldBe 0
            }
            filesOf(folder).shouldBeEmpty()
        }
    })
