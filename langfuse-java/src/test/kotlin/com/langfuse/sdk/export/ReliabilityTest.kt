package com.langfuse.sdk.export

import com.langfuse.sdk.DEADLINE
import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.PROMPTLY
import com.langfuse.sdk.block
import com.langfuse.sdk.client
import com.langfuse.sdk.counts
import com.langfuse.sdk.local.Fault
import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.reservedPort
import com.langfuse.sdk.warningsOf
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.io.File
import java.nio.file.Path
import java.time.Duration
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.CountDownLatch
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import java.util.concurrent.locks.LockSupport
import kotlin.concurrent.thread
import kotlin.random.Random
import kotlin.time.Duration.Companion.seconds
import kotlin.time.measureTime

/**
 * Trials of the delivery line against a Langfuse that misbehaves; each prints its figures. Time-consuming ones
 * are shorter here than with {@code -Dlangfuse.trials=full}.
 */
class ReliabilityTest :
    FunSpec({
        val full = System.getProperty("langfuse.trials") == "full"

        fun figures(
            trial: String,
            vararg figures: Pair<String, Any>,
        ) = println("trial: $trial | " + figures.joinToString { (name, value) -> "$name $value" })

        fun kilobytes(count: Int) = "The quick brown fox jumps over the lazy dog. ".repeat(count * 1024 / 45 + 1)

        val twoKilobytes = kilobytes(2)

        fun Langfuse.record(
            count: Int,
            input: Any = twoKilobytes,
        ) = repeat(count) { observation("o-$it").input(input).start().end() }

        /** Observations at an even pace; what the thread cannot keep up with comes at once. */
        fun Langfuse.recordAtRate(
            perSecond: Int,
            time: Duration,
        ): Int {
            val start = System.nanoTime()
            val count = Math.toIntExact(perSecond * time.toMillis() / 1000)
            repeat(count) { index ->
                val due = start + index * 1_000_000_000L / perSecond
                while (System.nanoTime() < due) LockSupport.parkNanos(due - System.nanoTime())
                observation("o-$index").input(twoKilobytes).start().end()
            }
            return count
        }

        fun countingLangfuse(port: Int = 0) =
            LocalLangfuse
                .builder()
                .port(port)
                .keepBodies(false)
                .keepObservations(false)
                .start()

        val burst = if (full) 100_000 else 40_000
        test("a burst of $burst observations of 2 KB from 8 threads: all arrive") {
            countingLangfuse().use { local ->
                // Room for all of them, should delivery not get a turn while they are recorded.
                local.client { delivery { it.queueBytes(1L shl 29) } }.use { langfuse ->
                    val recording =
                        measureTime { (1..8).map { thread { langfuse.record(burst / 8) } }.forEach { it.join() } }
                    lateinit var report: FlushReport
                    val flushing = measureTime { report = langfuse.flush(DEADLINE.multipliedBy(2)) }
                    figures(
                        "burst of $burst",
                        "recorded in" to recording,
                        "delivered after" to recording + flushing,
                        "report" to report,
                    )
                    report.counts shouldBe listOf<Long>(burst.toLong(), 0, 0, 0)
                    local.observationCount() shouldBe burst
                    local.duplicates() shouldBe 0
                }
            }
        }

        test("an endpoint that is down while 500 observations end each second, then comes back: none is lost") {
            val reserved = reservedPort()
            val time = Duration.ofSeconds(if (full) 30 else 3)
            LocalLangfuse.start().use { settings ->
                val langfuse = settings.client { baseUrl("http://127.0.0.1:${reserved.localPort}") }
                val recorded = langfuse.recordAtRate(500, time)
                reserved.close()
                countingLangfuse(reserved.localPort).use { local ->
                    lateinit var report: FlushReport
                    val back = measureTime { report = langfuse.flush(DEADLINE) }
                    figures("down for $time", "recorded" to recorded, "caught up in" to back, "report" to report)
                    report.counts shouldBe listOf<Long>(recorded.toLong(), 0, 0, 0)
                    report.observations().retried() shouldBeGreaterThan 0
                    local.observationCount() shouldBe recorded
                    langfuse.close()
                }
            }
        }

        test("one trouble after the other: none is lost, and Retry-After is obeyed, in seconds and as a date") {
            countingLangfuse().use { local ->
                local.client { flushAt(1_000) }.use { langfuse ->
                    val date =
                        java.time.format.DateTimeFormatter.RFC_1123_DATE_TIME.format(
                            java.time.ZonedDateTime
                                .now(java.time.ZoneOffset.UTC)
                                .plusSeconds(4),
                        )
                    local.enqueue(
                        Fault.status(500),
                        Fault.status(429).retryAfter("2"),
                        Fault.status(503).retryAfter(date),
                        Fault.reset(),
                        Fault.halfBody(),
                        Fault.status(502),
                        Fault.status(408),
                    )
                    langfuse.record(1_000)
                    val report = langfuse.flush(DEADLINE)
                    val requests = local.requests()
                    val rested = requests.first { it.status() == 429 }
                    val next = requests[requests.indexOf(rested) + 1]
                    val rest = Duration.between(rested.at(), next.at())
                    figures(
                        "troubles in turn",
                        "report" to report,
                        "requests" to requests.map { it.status() },
                        "rest after 429 with Retry-After 2" to rest,
                        "duplicates" to local.duplicates(),
                    )
                    report.counts shouldBe listOf<Long>(1_000, 0, 0, 0)
                    local.observationCount() shouldBe 1_000
                    rest.toMillis() shouldBeGreaterThan 1_900
                }
            }
        }

        test("a proxy that takes no more than 1 MB: none is lost, and the batches adapt") {
            countingLangfuse().use { local ->
                local.always(Fault.tooLarge(1_000_000))
                local.client { delivery { it.gzip(false) } }.use { langfuse ->
                    langfuse.record(10_000, kilobytes(4))
                    val report = langfuse.flush(DEADLINE)
                    val statuses = local.requests().groupingBy { it.status() }.eachCount()
                    figures("413 above 1 MB", "report" to report, "requests by status" to statuses)
                    report.counts shouldBe listOf<Long>(10_000, 0, 0, 0)
                    local.observationCount() shouldBe 10_000
                    // Each of the threads may learn it for itself.
                    statuses.getValue(413).toLong() shouldBeLessThanOrEqual 12
                }
            }
        }

        test("one observation that is larger than the server takes is cut, visibly, and arrives") {
            LocalLangfuse.start().use { local ->
                local.always(Fault.tooLarge(100_000))
                local.client { delivery { it.gzip(false) } }.use { langfuse ->
                    val huge = "ä€😀x".repeat(100_000)
                    langfuse.observation("huge").input(huge).output("small").start().end()
                    langfuse.record(5)
                    val report = langfuse.flush(DEADLINE)
                    figures("one observation of 1 MB, 413 above 100 kB", "report" to report)
                    report.counts shouldBe listOf<Long>(6, 0, 0, 0)
                    report.observations().truncated() shouldBe 1
                    val arrived = local.observations().single { it.name == "huge" }
                    arrived.output shouldBe "small"
                    arrived.input.toString() shouldContain "… [cut: 500000 characters are more than the server takes]"
                }
            }
        }

        test("a server that takes 100 ms: 10,000 observations each second get through") {
            countingLangfuse().use { local ->
                local.always(Fault.delay(Duration.ofMillis(100)))
                local.client().use { langfuse ->
                    val waiting = ConcurrentLinkedQueue<Long>()
                    val time = Duration.ofSeconds(if (full) 20 else 3)
                    val done = CountDownLatch(1)
                    val watcher =
                        thread {
                            while (!done.await(50, TimeUnit.MILLISECONDS)) {
                                waiting += langfuse.delivery().pending()
                            }
                        }
                    val recorded = langfuse.recordAtRate(10_000, time)
                    val report = langfuse.flush(DEADLINE)
                    done.countDown()
                    watcher.join()
                    figures(
                        "100 ms a request",
                        "recorded" to recorded,
                        "report" to report,
                        "most waiting" to waiting.max(),
                    )
                    report.counts shouldBe listOf(recorded.toLong(), 0L, 0L, 0L)
                    local.observationCount() shouldBe recorded
                    waiting.max() shouldBeLessThan 40_000
                }
            }
        }

        test("one poisoned observation in a batch of 512 is lost alone") {
            LocalLangfuse.start().use { local ->
                local.always(Fault.refusing("poison"))
                val losses = LinkedBlockingQueue<DeliveryListener.Loss>()
                local.client { delivery { it.listener(losses::add) } }.use { langfuse ->
                    langfuse.record(200)
                    langfuse.observation("poison").start().end()
                    langfuse.record(311)
                    val report = langfuse.flush(DEADLINE)
                    figures("one poisoned of 512", "report" to report, "requests" to local.requests().size)
                    report.counts shouldBe listOf<Long>(511, 1, 0, 0)
                    report.observations().failures() shouldBe mapOf(400 to 1L)
                    local.observations() shouldHaveSize 511
                    local.duplicates() shouldBe 0
                    val loss = losses.poll(DEADLINE.toSeconds(), TimeUnit.SECONDS)!!
                    loss.count() shouldBe 1
                    loss.status() shouldBe 400
                    loss.reason() shouldContain "poison"
                }
            }
        }

        test("a server that finds everything malformed is not asked a thousand times") {
            LocalLangfuse.start().use { local ->
                local.always(Fault.status(400))
                local.client { delivery { it.flushAt(100) } }.use { langfuse ->
                    langfuse.record(1_000)
                    langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(0, 1_000, 0, 0)
                    figures("400 to all", "requests for 10 batches" to local.requests().size)
                    local.requests().size.toLong() shouldBeLessThanOrEqual 600
                    local.always(null)
                    langfuse.record(100)
                    langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(100, 0, 0, 0)
                }
            }
        }

        test("refused keys: flush says failed at once, one warning, the program goes on, the rest is kept") {
            LocalLangfuse.start().use { local ->
                lateinit var report: FlushReport
                lateinit var later: FlushReport
                val warnings =
                    warningsOf {
                        val langfuse = local.client { secretKey("sk-wrong").flushAt(10) }
                        langfuse.observation("a").block { "value" } shouldBe "value"
                        measureTime { report = langfuse.flush(DEADLINE) } shouldBeLessThan PROMPTLY
                        langfuse.record(1_000)
                        measureTime { later = langfuse.flush(DEADLINE) } shouldBeLessThan PROMPTLY
                        langfuse.close(Duration.ofMillis(100))
                        langfuse.delivery().observations().let { it.exported() + it.failed() + it.dropped() } shouldBe
                            1_001
                    }
                figures(
                    "401",
                    "first flush" to report,
                    "after 1,000 more" to later,
                    "requests" to local.requests().size,
                )
                report.observations().failures() shouldBe mapOf(401 to 1L)
                later.failed() shouldBeLessThanOrEqual 40
                later.pending() shouldBe 1_000 - later.failed()
                warnings.count { "refuses the keys" in it } shouldBe 1
                local.requests().size.toLong() shouldBeLessThanOrEqual 8
            }
        }

        test("a server that accepts and never answers: flush and close keep their deadlines, no thread is left") {
            LocalLangfuse.start().use { local ->
                local.always(Fault.hang())
                val before = deliveryThreads()
                val langfuse = local.client { flushAt(10) }
                langfuse.record(100)
                lateinit var report: FlushReport
                val flushed = measureTime { report = langfuse.flush(Duration.ofMillis(500)) }
                val closed = measureTime { langfuse.close(Duration.ofMillis(500)) }
                figures("no answer", "flush(0.5 s) took" to flushed, "close(0.5 s) took" to closed, "report" to report)
                report.counts shouldBe listOf<Long>(0, 0, 0, 100)
                flushed shouldBeLessThan PROMPTLY
                closed shouldBeLessThan PROMPTLY
                awaitEnd(deliveryThreads() - before)
            }
        }

        test("1,000 threads that flush, close and end at the same time: no deadlock, no exception, no lost count") {
            countingLangfuse().use { local ->
                val langfuse = local.client { flushAt(50) }
                val go = CountDownLatch(1)
                val recorded = CountDownLatch(700)
                val problems = ConcurrentLinkedQueue<Throwable>()
                val reports = ConcurrentLinkedQueue<FlushReport>()
                val threads =
                    (1..1_000).map { index ->
                        thread {
                            runCatching {
                                go.await()
                                langfuse.record(10)
                                recorded.countDown()
                                when {
                                    index == 1_000 -> recorded.await().also { reports += langfuse.close(DEADLINE) }
                                    index % 2 == 0 -> reports += langfuse.flush(DEADLINE)
                                }
                            }.onFailure(problems::add)
                        }
                    }
                val took = measureTime { go.countDown().also { threads.forEach { it.join() } } }
                reports += langfuse.flush(DEADLINE)
                val total = langfuse.delivery()
                figures("1,000 threads flush, close and end", "took" to took, "total" to total)
                problems.shouldBeEmpty()
                total.exported() + total.failed() + total.dropped() shouldBe 10_000
                total.pending() shouldBe 0
                reports.sumOf { it.exported() + it.failed() + it.dropped() } shouldBe 10_000
                local.observationCount() shouldBe total.exported()
            }
        }

        val overload = if (full) 300_000L else 100_000L // 20,000 fit
        test("$overload observations while Langfuse is down, with a small heap: the bound holds, drops are counted") {
            val output = Java("-Xmx256m").run(OverloadedProgram::class.java, "$overload")
            figures("$overload observations of 2 KB, nobody listens, -Xmx256m", "program" to output.trim())
            val numbers = Regex("(\\w+)=(\\d+)").findAll(output).associate {
                it.groupValues[1] to
                    it.groupValues[2].toLong()
            }
            numbers.getValue("dropped") shouldBeGreaterThan 0
            numbers.getValue("dropped") + numbers.getValue("pending") + numbers.getValue("failed") shouldBe overload
            // The bound is 64 MiB there; a quarter on top for what carries the texts.
            numbers.getValue("heldMiB") shouldBeLessThanOrEqual 80
        }

        test("kill -9 at 2,000 observations each second: every one whose end() had returned arrives after a restart") {
            val rounds = if (full) 20 else 2
            var ended = 0
            var duplicates = 0L
            repeat(rounds) {
                val folder = kotlin.io.path.createTempDirectory("spool")
                LocalLangfuse.start().use { local ->
                    val printed = killed(local, folder, Random.nextInt(1_000, if (full) 6_000 else 3_000))
                    local.always(null)
                    local.client { delivery { it.spool(folder) } }.use { it.flush(DEADLINE) }
                    val missing = printed - local.observations().map { it.name }.toSet()
                    missing.shouldBeEmpty()
                    ended += printed.size
                    duplicates += local.duplicates()
                }
                folder.toFile().list()!!.toList().shouldBeEmpty()
                folder.toFile().deleteRecursively()
            }
            figures("kill -9 with a spool", "rounds" to rounds, "ended" to ended, "missing" to 0, "twice" to duplicates)
            ended.toLong() shouldBeGreaterThan 999L * rounds
        }

        test("a disk that is full: nothing is thrown, memory takes its place, all arrive") {
            val folder = kotlin.io.path.createTempDirectory("spool")
            countingLangfuse().use { local ->
                // The shell's limit on file size stands for the disk's: the write fails, half done.
                val output =
                    Java("-Xmx256m", limitBlocks = 512)
                        .run(SpoolingProgram::class.java, local.baseUrl().toString(), "$folder", "2000")
                figures("disk full", "program" to output.trim())
                output shouldContain "memory takes its place"
                output shouldContain "observations: 2000 exported"
                local.observationCount() shouldBe 2_000
            }
            folder.toFile().deleteRecursively()
        }

        test("two processes on one folder: each delivers its own, and what a third left is delivered once") {
            val folder = kotlin.io.path.createTempDirectory("spool")
            countingLangfuse().use { local ->
                local.always(Fault.status(503))
                val left = local.client { delivery { it.spool(folder) } }
                left.record(100)
                left.close(Duration.ofMillis(100)).pending() shouldBe 100
                local.always(null)
                val outputs = ConcurrentLinkedQueue<String>()
                (1..2)
                    .map {
                        thread {
                            outputs +=
                                Java().run(SpoolingProgram::class.java, local.baseUrl().toString(), "$folder", "1000")
                        }
                    }.forEach { it.join() }
                figures("two processes and a leftover", "programs" to outputs.map { it.trim() })
                local.observationCount() shouldBe 2_100
                local.duplicates() shouldBe 0
            }
            folder.toFile().list()!!.toList().shouldBeEmpty()
            folder.toFile().deleteRecursively()
        }
    })

private fun deliveryThreads(): Set<Thread> =
    Thread
        .getAllStackTraces()
        .keys
        .filter { it.name.startsWith("langfuse-delivery") || it.name.startsWith("langfuse-http") }
        .toSet()

private fun awaitEnd(threads: Set<Thread>) =
    threads.forEach { thread ->
        thread.join(DEADLINE.toMillis())
        check(!thread.isAlive) { "$thread is still running" }
    }

/** A JVM of its own, which compiles little: it does not run for long. */
internal class Java(
    vararg val options: String,
    private val limitBlocks: Int? = null,
    private val classPath: String = System.getProperty("java.class.path"),
    private val environment: Map<String, String> = emptyMap(),
) {
    fun start(
        program: Class<*>,
        vararg arguments: String,
    ): Process {
        val java =
            listOf(File(System.getProperty("java.home"), "bin/java").path, "-XX:TieredStopAtLevel=1", *options) +
                listOf("-cp", classPath, program.name, *arguments)
        val command =
            if (limitBlocks == null) java else listOf("sh", "-c", "ulimit -f $limitBlocks; exec \"$@\"", "sh") + java
        return ProcessBuilder(command).redirectErrorStream(true).apply {
            environment() += this@Java.environment
        }.start()
    }

    fun run(
        program: Class<*>,
        vararg arguments: String,
    ): String {
        val process = start(program, *arguments)
        val output = process.inputStream.bufferedReader().readText()
        process.waitFor() shouldBe 0
        return output
    }
}

/** Starts a program that records and prints, kills it in the middle, and returns what it had printed. */
private fun killed(
    local: LocalLangfuse,
    folder: Path,
    afterLines: Int,
): List<String> {
    val process = Java().start(KilledProgram::class.java, local.baseUrl().toString(), "$folder")
    val printed = ConcurrentLinkedQueue<String>()
    val enough = CountDownLatch(afterLines)
    val reader =
        thread {
            process.inputStream.bufferedReader().forEachLine {
                printed += it
                enough.countDown()
            }
        }
    enough.await(DEADLINE.toSeconds(), TimeUnit.SECONDS) shouldBe true
    process.destroyForcibly().waitFor()
    reader.join()
    // The last line may be cut; its observation had ended all the same, or not.
    return printed.filter { it.endsWith(".") }
}

internal object KilledProgram {
    @JvmStatic
    fun main(arguments: Array<String>) {
        val langfuse =
            Langfuse
                .builder()
                .publicKey("pk-lf-local")
                .secretKey("sk-lf-local")
                .baseUrl(arguments[0])
                .flushInterval(Duration.ofMillis(50))
                .delivery { it.spool(Path.of(arguments[1])) }
                .build()
        val start = System.nanoTime()
        var index = 0L
        while (true) {
            val due = start + index * 500_000L
            while (System.nanoTime() < due) LockSupport.parkNanos(due - System.nanoTime())
            val name = "o-${index++}."
            langfuse
                .observation(name)
                .input("x".repeat(2_000))
                .start()
                .end()
            println(name)
        }
    }
}

internal object SpoolingProgram {
    @JvmStatic
    fun main(arguments: Array<String>) {
        val langfuse =
            Langfuse
                .builder()
                .publicKey("pk-lf-local")
                .secretKey("sk-lf-local")
                .baseUrl(arguments[0])
                .delivery { it.spool(Path.of(arguments[1])) }
                .build()
        repeat(arguments[2].toInt()) {
            langfuse
                .observation("o-$it")
                .input("x".repeat(2_000))
                .start()
                .end()
        }
        println(langfuse.close(DEADLINE))
    }
}

internal object OverloadedProgram {
    private fun usedMiB(): Long {
        System.gc()
        return Runtime.getRuntime().run { totalMemory() - freeMemory() } shr 20
    }

    @JvmStatic
    fun main(arguments: Array<String>) {
        val langfuse =
            Langfuse
                .builder()
                .publicKey("pk-lf-local")
                .secretKey("sk-lf-local")
                .baseUrl("http://127.0.0.1:9")
                .flushOnExit(false)
                .build()
        langfuse.observation("warm-up").start()
        val before = usedMiB()
        repeat(arguments[0].toInt()) { index ->
            langfuse
                .observation("o-$index")
                .input("$index ".repeat(2_000 / ("$index ".length)))
                .start()
                .end()
        }
        val held = usedMiB() - before
        val total = langfuse.delivery()
        println("dropped=${total.dropped()} pending=${total.pending()} failed=${total.failed()} heldMiB=$held")
    }
}
