package com.langfuse.sdk.local

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldStartWith
import java.time.Duration
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit

class CommandLineTest :
    FunSpec({

        context("arguments") {
            withData<Pair<List<String>, CommandLine>>(
                { (args, read) -> "$args is $read" },
                listOf(
                    listOf<String>() to CommandLine(0, false),
                    listOf("--port", "3000") to CommandLine(3000, false),
                    listOf("--port=3000") to CommandLine(3000, false),
                    listOf("--port", "1", "--port", "2") to CommandLine(2, false),
                    listOf("--help") to CommandLine(0, true),
                ),
            ) { (args, read) -> CommandLine.parse(*args.toTypedArray()) shouldBe read }
        }

        context("arguments nobody understands") {
            withData<Pair<List<String>, String>>(
                { (args, _) -> "$args" },
                listOf(
                    listOf("--port") to "--port needs a number",
                    listOf("--port", "many") to "not many",
                    listOf("--port", "65536") to "not 65536",
                    listOf("--port=-1") to "not -1",
                    listOf("3000") to "Unknown argument: 3000",
                ),
            ) { (args, message) ->
                shouldThrow<IllegalArgumentException> { CommandLine.parse(*args.toTypedArray()) }
                    .message shouldContain message
            }
        }

        test("the environment printed points an SDK here, keys included") {
            withLangfuse { langfuse, sender ->
                val lines = CommandLine.environment(langfuse)
                lines shouldContain "export LANGFUSE_BASE_URL=${langfuse.baseUrl()}"
                lines shouldContain "export LANGFUSE_PUBLIC_KEY=pk-lf-local"
                lines shouldContain "export LANGFUSE_SECRET_KEY=sk-lf-local"
                val header = lines.single { "HEADERS" in it }.substringAfter("Authorization=")
                val authorization = header.replace("%20", " ").replace("%3D", "=")
                sender.get("/api/public/projects", authorization).statusCode() shouldBe 200
            }
        }

        context("printing") {
            val never = Duration.ofHours(1)
            val moment = Duration.ofMillis(30)
            val tree = TraceTree(false, Palette.PLAIN)

            fun LinkedBlockingQueue<String>.next() = poll(SOON.toSeconds(), TimeUnit.SECONDS)

            test("a trace is printed when its root has arrived and it has been quiet") {
                withLangfuse { langfuse, sender ->
                    val printed = LinkedBlockingQueue<String>()
                    langfuse.print(tree, printed::add, moment, never).use {
                        sender.post(export(span("child", 2, parent = 1)))
                        sender.post(export(span("root", 1)))
                        printed.next() shouldBe
                            """
                            root  2 observations
                            └─ SPAN root
                               └─ SPAN child
                            """.trimIndent()
                        printed.poll().shouldBeNull()
                    }
                }
            }

            test("every arrival starts the wait anew, so that a trace is printed once") {
                withLangfuse { langfuse, sender ->
                    val printed = LinkedBlockingQueue<String>()
                    langfuse.print(tree, printed::add, Duration.ofMillis(500), never).use {
                        sender.post(export(span("root", 1)))
                        sender.post(export(span("child", 2, parent = 1)))
                        printed.next() shouldStartWith "root  2 observations\n"
                        sender.post(export(span("late", 3, parent = 1)))
                        printed.next() shouldStartWith "root  3 observations\n"
                    }
                }
            }

            test("a trace that grows is printed again") {
                withLangfuse { langfuse, sender ->
                    val printed = LinkedBlockingQueue<String>()
                    langfuse.print(tree, printed::add, moment, never).use {
                        sender.post(export(span("root", 1)))
                        printed.next() shouldStartWith "root  1 observation\n"
                        sender.post(export(span("late", 2, parent = 1)))
                        printed.next() shouldStartWith "root  2 observations\n"
                    }
                }
            }

            test("a refused request is printed at once, on one line") {
                withLangfuse { langfuse, sender ->
                    val printed = LinkedBlockingQueue<String>()
                    langfuse.print(tree, printed::add, moment, never).use {
                        sender.get("/fine%0Anot", authorization = null)
                        sender.get("/api/public/health")
                        printed.next() shouldBe "refused: GET /fine␊not → 404 (0 spans, 0 bytes)"
                        printed.poll().shouldBeNull()
                    }
                }
            }

            test("one without a root waits longer, and is printed all the same") {
                withLangfuse { langfuse, sender ->
                    val printed = LinkedBlockingQueue<String>()
                    langfuse.print(tree, printed::add, never, moment).use {
                        sender.post(export(span("rooted", 1, trace = TRACE.reversed())))
                        sender.post(export(span("orphan", 2, parent = 99)))
                        printed.next() shouldStartWith "$TRACE  1 observation\n"
                        printed.poll().shouldBeNull()
                    }
                }
            }
        }
    })
