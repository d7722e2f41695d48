package com.langfuse.sdk.local

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.opentelemetry.proto.trace.v1.Span
import java.time.Duration

class TraceTreeTest :
    FunSpec({

        fun trace(vararg spans: Span): LocalTrace {
            val store = ObservationStore(true, Long.MAX_VALUE)
            store.add(ProtobufDecoder.decode(export(*spans)))
            return store.traces().single()
        }

        fun io(
            name: String,
            id: Int,
            parent: Int?,
            vararg attributes: Pair<String, String>,
        ) = span(name, id, parent, millis = 100L - id, attributes = attributes.toMap().mapKeys { "langfuse.${it.key}" })

        test("what was set as input and output of the trace is shown as such, the latest of each") {
            val set =
                trace(
                    io("root", 1, null, "observation.input" to "own", "trace.input" to "first\nline"),
                    io("child", 2, 1, "trace.input" to "of the child", "trace.output" to """{"a":1}"""),
                )
            set.input() shouldBe "first\nline"
            set.output() shouldBe """{"a":1}"""
            set.toTree(false).lines().first() shouldBe """root  input=first␊line output={"a":1}  2 observations"""
        }

        test("without, input and output of a trace are those of its root, and in no heading") {
            val unset =
                trace(
                    io("child", 2, 1, "observation.input" to "inner", "observation.output" to "inner"),
                    io("root", 1, null, "observation.input" to "in", "observation.output" to "out"),
                )
            unset.input() shouldBe "in"
            unset.output() shouldBe "out"
            unset.toTree(false).lines().first() shouldBe "root  2 observations"
            trace(io("child", 2, 1, "observation.input" to "inner")).input() shouldBe null
        }

        val jokes =
            trace(
                span(
                    "joke-generation",
                    id = 3,
                    parent = 1,
                    from = 20,
                    millis = 1_105,
                    attributes =
                        mapOf(
                            "langfuse.observation.type" to "generation",
                            "langfuse.observation.model.name" to "gpt-4o",
                            "langfuse.observation.usage_details" to """{"input":12,"output":34}""",
                            "langfuse.observation.completion_start_time" to "${START.plusMillis(340)}",
                            "langfuse.observation.level" to "ERROR",
                            "langfuse.observation.status_message" to "rate limited",
                        ),
                ),
                span(
                    "search-files",
                    2,
                    parent = 1,
                    from = 5,
                    millis = 12,
                    attributes = mapOf("langfuse.observation.type" to "retriever"),
                ),
                span(
                    "user-request",
                    1,
                    millis = 1_240,
                    attributes =
                        mapOf(
                            "user.id" to "u-1",
                            "session.id" to "s-1",
                            "langfuse.trace.tags" to listOf("beta", "fast"),
                            "langfuse.environment" to "staging",
                        ),
                ),
            )

        test("a trace as it shows in the terminal") {
            jokes.toTree() shouldBe
                """
                user-request  1.24 s  user=u-1 session=s-1 tags=beta,fast environment=staging  3 observations
                └─ SPAN user-request  1.24 s
                   ├─ RETRIEVER search-files  12 ms
                   └─ GENERATION joke-generation  1.10 s  gpt-4o  12→34 tokens  first token 320 ms  ERROR rate limited
                """.trimIndent()
        }

        test("without durations, the same on every run") {
            jokes.toTree(false) shouldBe
                """
                user-request  user=u-1 session=s-1 tags=beta,fast environment=staging  3 observations
                └─ SPAN user-request
                   ├─ RETRIEVER search-files
                   └─ GENERATION joke-generation  gpt-4o  12→34 tokens  ERROR rate limited
                """.trimIndent()
        }

        test("in colour the text is the same") {
            val coloured = TraceTree(true, Palette.ANSI).draw(jokes)
            coloured shouldContain "\u001b[35mGENERATION\u001b[0m"
            coloured shouldContain "\u001b[31mERROR rate limited\u001b[0m"
            coloured.replace(Regex("\u001b\\[[0-9;]*m"), "") shouldBe jokes.toTree()
        }

        test("branches go on beside deeper levels; ties keep the order of arrival") {
            trace(span("root", 1), span("b", 2, 1), span("a", 3, 1), span("b-1", 4, 2)).toTree(false) shouldBe
                """
                root  4 observations
                └─ SPAN root
                   ├─ SPAN b
                   │  └─ SPAN b-1
                   └─ SPAN a
                """.trimIndent()
        }

        test("those whose parent never arrived are roots") {
            val trace =
                trace(
                    span("root", 1),
                    span("orphan", 2, parent = 99, from = 10),
                    span("below", 3, parent = 2, from = 20),
                )
            trace.toTree(false) shouldBe
                """
                root  3 observations
                ├─ SPAN root
                └─ SPAN orphan
                   └─ SPAN below
                """.trimIndent()
            trace.roots().map { it.name() } shouldBe listOf("root", "orphan")
        }

        test("a trace whose root is missing is called by its id; one of one is singular") {
            trace(span("orphan", 2, parent = 99)).toTree(false) shouldBe
                """
                $TRACE  1 observation
                └─ SPAN orphan
                """.trimIndent()
        }

        test("parents in a circle are shown once each, and end") {
            trace(
                span("a", 1, parent = 2),
                span("b", 2, parent = 1),
                span("self", 3, parent = 3),
            ).toTree(false) shouldBe
                """
                $TRACE  3 observations
                ├─ SPAN a
                │  └─ SPAN b
                └─ SPAN self
                """.trimIndent()
        }

        test("hostile text stays on its line and has no effect") {
            val hostile = "a\nb\r\u001b[2J\u0007\u009b31m\u202Eevil\u2028\u007F"
            val tree =
                trace(
                    span(
                        hostile,
                        attributes =
                            mapOf(
                                "user.id" to hostile,
                                "langfuse.trace.tags" to listOf(hostile),
                                "langfuse.observation.model.name" to hostile,
                                "langfuse.observation.level" to "WARNING",
                                "langfuse.observation.status_message" to hostile,
                            ),
                    ),
                ).toTree()
            tree.lines() shouldHaveSize 2
            tree shouldContain "a␊b␍␛[2J␇�31m�evil�␡"
            tree.filter { it != '\n' && (it.isISOControl() || it == '\u202E' || it == '\u2028') } shouldBe ""
        }

        test("long text is cut, whole characters only") {
            trace(span("😀".repeat(100))).toTree(false).lines().last() shouldBe "└─ SPAN ${"😀".repeat(80)}…"
        }

        test("the indent stops growing in a runaway recursion") {
            val lines = trace(
                *(1..1_000).map {
                    span(
                        "s",
                        it,
                        (it - 1).takeIf { p ->
                            p > 0
                        },
                    )
                }.toTypedArray(),
            ).toTree().lines()
            lines shouldHaveSize 1_001
            lines.maxOf { it.length } shouldBe lines.last().length
            lines.last().length shouldBe 3 * 41 + "SPAN s  100 ms".length
        }

        test("cached tokens went in; a bare total is shown as such; levels other than DEFAULT show") {
            fun line(
                attributes: Map<String, Any>,
            ) = trace(span("x", attributes = attributes)).toTree(false).lines().last()
            line(
                mapOf("langfuse.observation.usage_details" to """{"input":10,"input_cached_tokens":5,"output":1}"""),
            ) shouldBe
                "└─ SPAN x  15→1 tokens"
            line(mapOf("langfuse.observation.usage_details" to """{"total":46}""")) shouldBe "└─ SPAN x  46 tokens"
            line(mapOf("langfuse.observation.level" to "DEBUG")) shouldBe "└─ SPAN x  DEBUG"
        }

        test("an event takes no time") {
            trace(span("tick", millis = 0)).toTree() shouldNotContain "ms"
        }

        listOf(
            Duration.ofNanos(500_000) to "<1 ms",
            Duration.ofMillis(999) to "999 ms",
            Duration.ofMillis(1_000) to "1.00 s",
            Duration.ofMillis(59_999) to "59.99 s",
            Duration.ofSeconds(185) to "3 min 05 s",
            Duration.ofMinutes(130) to "2 h 10 min",
        ).forEach { (duration, text) ->
            test("$duration reads $text") { TerminalText.duration(duration) shouldBe text }
        }

        test("a trace answers about itself") {
            val root = jokes.roots().single()
            root.name() shouldBe "user-request"
            jokes.children(root).map { it.name() } shouldBe listOf("search-files", "joke-generation")
            jokes.userId() shouldBe "u-1"
            jokes.sessionId() shouldBe "s-1"
            jokes.tags() shouldBe listOf("beta", "fast")
            jokes.environment() shouldBe "staging"
            jokes.observation("search-files").type() shouldBe "RETRIEVER"
            shouldThrow<NoSuchElementException> { jokes.observation("nope") }.message shouldBe
                "No observation 'nope' in trace 'user-request', which has [user-request, search-files, joke-generation]"
        }

        test("where spans disagree about the user, the one that ended last wins") {
            trace(
                span("root", 1, millis = 500, attributes = mapOf("user.id" to "root")),
                span("child", 2, 1, from = 10, attributes = mapOf("user.id" to "child")),
            ).userId() shouldBe "root"
        }

        test("a span without parent names the trace before one marked as app root") {
            val marked = mapOf("langfuse.internal.is_app_root" to true)
            trace(span("marked", 2, parent = 99, attributes = marked)).name() shouldBe "marked"
            trace(span("marked", 2, parent = 1, attributes = marked), span("root", 1, from = 5)).name() shouldBe "root"
        }
    })
