package com.langfuse.sdk.export

import com.langfuse.sdk.DEADLINE
import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.bareBuilder
import com.langfuse.sdk.client
import com.langfuse.sdk.counts
import com.langfuse.sdk.eventually
import com.langfuse.sdk.local.Fault
import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.warningsOf
import com.sun.net.httpserver.HttpServer
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainAll
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.longs.shouldBeBetween
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.io.File
import java.net.InetAddress
import java.net.InetSocketAddress
import java.nio.ByteBuffer
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.attribute.PosixFilePermissions
import java.time.Duration
import java.util.concurrent.ConcurrentLinkedQueue
import kotlin.random.Random
import kotlin.time.Duration.Companion.seconds
import kotlin.time.measureTime

/** A spool's file that is not as it was written: what is intact arrives, and the rest is said. */
class SpoolDamageTest :
    FunSpec({
        val moment = Duration.ofMillis(200)
        val header = 24

        fun newFolder(): Path = tempdir().toPath().resolve("spool")

        fun Langfuse.record(names: List<String>) = names.forEach { observation(it).input("in $it").start().end() }

        fun LocalLangfuse.spooling(folder: Path) = client { delivery { it.spool(folder) } }

        fun Path.segments() =
            toFile().listFiles()!!.filter { it.name.endsWith(".spool") }.sortedBy { it.name }

        fun Path.kept() = toFile().listFiles()!!.filter { it.name.endsWith(".damaged") }

        fun names(count: Int) = List(count) { "record-$it-${"abcdefghij".repeat(it % 7)}" }

        /** A folder as a process leaves it that ends while Langfuse is down. */
        fun LocalLangfuse.leaveBehind(
            folder: Path,
            names: List<String>,
        ): File {
            val langfuse = client {
                delivery { it.spool(folder) }
                flushAt(5)
            }
            always(Fault.status(503))
            langfuse.record(names)
            langfuse.close(moment).pending() shouldBe names.size
            always(null)
            clear()
            return folder.segments().single()
        }

        /** Where the records of an intact file are. */
        fun recordsOf(bytes: ByteArray): List<IntRange> {
            val records = mutableListOf<IntRange>()
            var at = 8
            while (at < bytes.size) {
                val end = at + header + ByteBuffer.wrap(bytes).getInt(at + 4)
                records += at until end
                at = end
            }
            return records
        }

        fun ByteArray.holds(part: ByteArray) =
            String(this, Charsets.ISO_8859_1).contains(String(part, Charsets.ISO_8859_1))

        class Damage(
            val name: String,
            val apply: (Random, ByteArray) -> ByteArray,
        )

        fun Random.range(
            bytes: ByteArray,
            longest: Int,
        ): IntRange {
            val from = nextInt(bytes.size - 1)
            return from until minOf(bytes.size, from + 1 + nextInt(longest))
        }

        fun ByteArray.flipBit(random: Random) {
            val at = random.nextInt(size)
            set(at, (get(at).toInt() xor (1 shl random.nextInt(8))).toByte())
        }

        fun ByteArray.without(range: IntRange) = copyOfRange(0, range.first) + copyOfRange(range.last + 1, size)

        fun ByteArray.with(
            at: Int,
            bytes: ByteArray,
        ) = copyOfRange(0, at) + bytes + copyOfRange(at, size)

        val damages =
            listOf(
                Damage("one flipped bit") { random, bytes -> bytes.also { it.flipBit(random) } },
                Damage("twenty flipped bits") { random, bytes ->
                    bytes.also { repeat(20) { _ -> it.flipBit(random) } }
                },
                Damage("truncated") { random, bytes -> bytes.copyOf(random.nextInt(bytes.size)) },
                Damage("a zeroed range") { random, bytes ->
                    bytes.also { random.range(it, 900).let { range -> it.fill(0, range.first, range.last + 1) } }
                },
                Damage("inserted bytes") { random, bytes ->
                    bytes.with(random.nextInt(bytes.size), random.nextBytes(1 + random.nextInt(900)))
                },
                Damage("inserted copy of its own bytes") { random, bytes ->
                    bytes.with(random.nextInt(bytes.size), bytes.sliceArray(random.range(bytes, 3_000)))
                },
                Damage("deleted bytes") { random, bytes -> bytes.without(random.range(bytes, 900)) },
                Damage("an overwritten range") { random, bytes ->
                    bytes.also {
                        random.range(it, 900).let { range ->
                            random.nextBytes(range.count()).copyInto(it, range.first)
                        }
                    }
                },
                Damage("a damaged beginning") { random, bytes -> bytes.also { random.nextBytes(8).copyInto(it) } },
            )

        /** Delivers a damaged copy of a left folder; returns the report and what was warned of. */
        fun LocalLangfuse.deliver(
            left: Path,
            damage: (ByteArray) -> ByteArray,
        ): Triple<FlushReport, List<String>, Path> {
            val folder = newFolder()
            Files.createDirectories(folder)
            left.toFile().listFiles()!!.forEach { it.copyTo(folder.resolve(it.name).toFile()) }
            folder.segments().single().let { it.writeBytes(damage(it.readBytes())) }
            clear()
            lateinit var report: FlushReport
            val warnings = warningsOf { spooling(folder).use { report = it.flush(DEADLINE) } }
            return Triple(report, warnings, folder)
        }

        damages.forEach { damage ->
            test("${damage.name}: every intact record arrives, the rest is counted and said") {
                LocalLangfuse.start().use { local ->
                    val left = newFolder()
                    val names = names(30)
                    val intact = local.leaveBehind(left, names).readBytes()
                    val records = recordsOf(intact)
                    records shouldHaveSize names.size
                    repeat(12) { round ->
                        val random = Random(round * 1_000 + damage.name.length)
                        var damaged = intact
                        val (report, warnings, folder) =
                            local.deliver(left) { bytes -> damage.apply(random, bytes).also { damaged = it } }
                        val expected = names.filterIndexed {
                            index,
                            _,
                            ->
                            damaged.holds(intact.sliceArray(records[index]))
                        }
                        withClue("round $round: $report $warnings") {
                            local.observations().map { it.name } shouldContainExactlyInAnyOrder expected
                            local.duplicates() shouldBe 0
                            report.exported() shouldBe expected.size
                            (report.failed() + report.pending()) shouldBe 0
                            val lost = names.size.toLong() - expected.size
                            val leavesNoTrace = damage.name == "truncated" && records.any { it.first == damaged.size }
                            if (damaged.holds(intact.sliceArray(records.last()))) {
                                report.dropped() shouldBe lost
                            } else {
                                // How many are lost after the last intact record is a guess.
                                report.dropped().shouldBeBetween(
                                    if (lost == 0L ||
                                        damaged.size <= 8
                                    ) {
                                        0
                                    } else {
                                        1
                                    },
                                    lost + 1,
                                )
                            }
                            if (!damaged.contentEquals(intact) && !leavesNoTrace) {
                                warnings.joinToString() shouldContain left.segments().single().name
                            }
                            folder.segments().shouldBeEmpty()
                            folder.toFile().list()!!.filter { it.endsWith(".lock") }.shouldBeEmpty()
                        }
                    }
                }
            }
        }

        test("a damaged note that records are done: they come again at most, and none is counted as lost") {
            NoteServer().use { server ->
                val folder = newFolder()
                server.client(folder).let { langfuse ->
                    langfuse.record(List(5) { "held-${it}x" })
                    langfuse.record(List(20) { "free-${it}x" })
                    eventually { server.accepted.size == 20 } shouldBe true
                    langfuse.close(moment).pending() shouldBe 5
                }
                val segment = folder.segments().single()
                val bytes = segment.readBytes()
                val notes = recordsOf(bytes).filter { ByteBuffer.wrap(bytes).getInt(it.first) == 0xfffe444e.toInt() }
                notes.shouldNotBeEmpty()
                notes.forEach { bytes[it.first + 20] = (bytes[it.first + 20] + 1).toByte() }
                segment.writeBytes(bytes)
                server.accepted.clear()
                server.holds = false
                server.client(folder).use { langfuse ->
                    langfuse.flush(DEADLINE).let {
                        it.dropped() shouldBe 0
                        it.exported().shouldBeBetween(5, 25)
                    }
                }
                server.accepted shouldContainAll List(5) { "held-${it}x" }
            }
        }

        test("what a damaged file has lost is counted once, though the next process ends before all is delivered") {
            LocalLangfuse.start().use { local ->
                val folder = newFolder()
                val segment = local.leaveBehind(folder, names(10))
                val bytes = segment.readBytes()
                recordsOf(bytes).let { bytes[it[3].first + 40] = 0 }
                segment.writeBytes(bytes)
                local.always(Fault.status(503))
                warningsOf {
                    local.spooling(folder).close(Duration.ofSeconds(2)).counts shouldBe listOf<Long>(0, 0, 1, 9)
                    local.always(null)
                    local.spooling(folder).use { it.flush(DEADLINE).counts shouldBe listOf<Long>(9, 0, 0, 0) }
                }
                local.duplicates() shouldBe 0
            }
        }

        test("a damaged file is kept, readable by its owner only, and not too many of them") {
            LocalLangfuse.start().use { local ->
                val folder = newFolder()
                repeat(SpoolQuarantine.MAX_FILES + 3) {
                    val segment = local.leaveBehind(folder, names(3))
                    segment.writeBytes(segment.readBytes().also { bytes -> bytes[100] = (bytes[100] + 1).toByte() })
                    Files.setPosixFilePermissions(segment.toPath(), PosixFilePermissions.fromString("rw-r--r--"))
                    warningsOf {
                        local.spooling(folder).use {
                            it.flush(DEADLINE).counts shouldBe
                                listOf<Long>(2, 0, 1, 0)
                        }
                    }
                }
                folder.kept() shouldHaveSize SpoolQuarantine.MAX_FILES
                folder.kept().forEach {
                    PosixFilePermissions.toString(Files.getPosixFilePermissions(it.toPath())) shouldBe "rw-------"
                }
                folder.segments().shouldBeEmpty()
            }
        }

        test("records that are cut off or change while the client runs: the intact ones arrive") {
            LocalLangfuse.start().use { local ->
                val folder = newFolder()
                local.always(Fault.status(503))
                val langfuse = client(local, folder)
                val names = names(20)
                langfuse.record(names)
                val segment = folder.segments().single()
                val bytes = segment.readBytes()
                val records = recordsOf(bytes)
                segment.writeBytes(bytes.with(records[4].first + 30, ByteArray(100)).copyOf(records[15].first + 120))
                local.always(null)
                warningsOf {
                    langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(14, 0, 6, 0)
                    langfuse.record(listOf("later"))
                    langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(1, 0, 0, 0)
                    langfuse.close()
                }
                local.observations().map { it.name } shouldContainExactlyInAnyOrder
                    names.take(15) - names[4] + "later"
            }
        }

        test("lengths of gigabytes, empty files, folders, and what is no spool file: nothing is held up") {
            LocalLangfuse.start().use { local ->
                val folder = newFolder()
                val segment = local.leaveBehind(folder, names(10))
                val bytes = segment.readBytes()
                val records = recordsOf(bytes)
                ByteBuffer.wrap(bytes).putInt(records[2].first + 4, Int.MAX_VALUE)
                ByteBuffer.wrap(bytes).putInt(records[5].first + 4, Int.MIN_VALUE)
                segment.writeBytes(bytes)
                val owner = segment.name.removeSuffix("-000000.spool")

                fun other(number: Int) = folder.resolve("$owner-%06d.spool".format(number))
                Files.createFile(other(1))
                Files.createDirectory(other(2))
                Files.writeString(other(3), "no spool file")
                Files.writeString(folder.resolve("foreign.spool"), "mine")
                Files.createSymbolicLink(other(4), Path.of("/dev/zero"))
                Files.write(other(5), ByteArray(3_000))
                val warnings =
                    warningsOf {
                        measureTime {
                            local.spooling(folder).use { langfuse ->
                                langfuse.flush(DEADLINE).let { it.exported() to it.pending() } shouldBe (8L to 0L)
                                langfuse.delivery().dropped() shouldBe 3
                            }
                        } shouldBeLessThan 10.seconds
                    }
                val said = warnings.joinToString()
                listOf(0, 1, 2, 3, 4, 5).forEach { said shouldContain "$owner-%06d.spool".format(it) }
                Files.readString(folder.resolve("foreign.spool")) shouldBe "mine"
                Files.readString(other(3)) shouldBe "no spool file"
                Files.isDirectory(other(2)) shouldBe true
            }
        }

        test("a file whose lock is gone is not left for ever") {
            LocalLangfuse.start().use { local ->
                val folder = newFolder()
                local.leaveBehind(folder, names(5))
                folder.toFile().listFiles()!!.single { it.name.endsWith(".lock") }.delete() shouldBe true
                local.spooling(folder).use { it.flush(DEADLINE).counts shouldBe listOf<Long>(5, 0, 0, 0) }
                folder.toFile().list()!!.toList().shouldBeEmpty()
            }
        }

        test("a record of another file, within an observation or put into the file, is not taken for one of its own") {
            LocalLangfuse.start().use { local ->
                val other = local.leaveBehind(newFolder(), names(3)).readBytes()
                val folder = newFolder()
                val segment = local.leaveBehind(folder, names(10))
                val bytes = segment.readBytes()
                val at = recordsOf(bytes)[5].first
                segment.writeBytes(bytes.with(at, other.sliceArray(recordsOf(other)[1])))
                warningsOf {
                    local.spooling(folder).use { it.flush(DEADLINE).counts shouldBe listOf<Long>(10, 0, 0, 0) }
                }
                local.duplicates() shouldBe 0
            }
        }

        test("a file that may not be read is said, and the others are delivered") {
            LocalLangfuse.start().use { local ->
                val folder = newFolder()
                val segment = local.leaveBehind(folder, names(5))
                val forbidden = folder.resolve(segment.name.replace("000000", "000001"))
                Files.copy(segment.toPath(), forbidden)
                Files.setPosixFilePermissions(forbidden, emptySet())
                if (!Files.isReadable(forbidden)) { // not where the tests are run by root
                    val warnings =
                        warningsOf {
                            local.spooling(folder).use { it.flush(DEADLINE).counts shouldBe listOf<Long>(5, 0, 0, 0) }
                        }
                    warnings.joinToString() shouldContain forbidden.fileName.toString()
                    Files.exists(forbidden) shouldBe true
                }
            }
        }
    })

private fun client(
    local: LocalLangfuse,
    folder: Path,
) = local.client {
    delivery { it.spool(folder) }
    flushInterval(Duration.ofHours(1))
}

/** Accepts all but what is named "held", as long as it holds that. */
private class NoteServer : AutoCloseable {
    val accepted = ConcurrentLinkedQueue<String>()

    @Volatile var holds = true

    private val server =
        HttpServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0).apply {
            createContext("/") { exchange ->
                val body = String(exchange.requestBody.readAllBytes(), Charsets.ISO_8859_1)
                val refused = holds && "held-" in body
                if (!refused) accepted += Regex("(?<!in )(held|free)-\\d+x").findAll(body).map { it.value }
                exchange.responseHeaders.add("Content-Type", "application/json")
                exchange.sendResponseHeaders(if (refused) 503 else 200, 2)
                exchange.responseBody.use { it.write("{}".toByteArray()) }
            }
            start()
        }

    fun client(folder: Path) =
        bareBuilder()
            .publicKey("pk")
            .secretKey("sk")
            .baseUrl("http://127.0.0.1:${server.address.port}")
            .delivery { it.spool(folder).gzip(false) }
            .flushAt(5)
            .build()

    override fun close() = server.stop(0)
}
