package com.langfuse.sdk.samples.page

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.ObservationType.AGENT
import com.langfuse.sdk.ObservationType.CHAIN
import com.langfuse.sdk.ObservationType.GENERATION
import com.langfuse.sdk.ObservationType.TOOL
import com.langfuse.sdk.TraceContext
import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.media.LangfuseMedia
import com.langfuse.sdk.samples.RagPipeline
import com.langfuse.sdk.samples.StandInModel
import com.langfuse.sdk.samples.handbook
import com.langfuse.sdk.score.Score
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.ints.shouldBeInRange
import io.kotest.matchers.ints.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import java.time.Duration
import io.kotest.matchers.doubles.shouldBeGreaterThan as shouldBeWiderThan

/** What a developer sees who opens `local.baseUrl()`, in a real browser. */
class BrowserTest :
    FunSpec({
        val missing = Programs.missing()
        if (missing != null) {
            println("SKIPPED: the tests of the page in a browser. $missing.")
            xtest("the page in a browser: $missing") { }
        } else {
            tests(autoClose(Browser.start()))
        }
    })

private fun FunSpec.tests(browser: Browser) {
    fun Page.openList() {
        browser.open("${local.baseUrl()}")
        browser.await("document.querySelector('#live').innerText === 'live'")
    }

    fun Page.open(traceId: String?) {
        browser.open("${local.baseUrl()}/trace/$traceId")
        browser.await("document.querySelector('.tree .row[aria-selected=true]')")
    }

    suspend fun page(block: suspend Page.() -> Unit) {
        browser.size(1440, 900)
        browser.colours("light")
        browser.open("about:blank")
        browser.console() // of a test before that has failed
        Page().use {
            it.block()
            browser.console().shouldBeEmpty()
            browser.open("about:blank")
        }
    }

    fun names() = browser.texts(".tree .row .name > :is(bdi, .faint)")

    fun selected() = browser.text(".row[aria-selected=true] .name")

    test("a sample's trace is found, opened and read") {
        page {
            openList()
            browser.awaitText("main", "Waiting for traces")
            browser.awaitText("main", "LANGFUSE_BASE_URL=${local.baseUrl()}")
            browser.awaitText("main", "LANGFUSE_SECRET_KEY=${local.secretKey()}")
            browser.screenshot("empty")

            StandInModel.start().use {
                RagPipeline(langfuse, handbook(), it).answer("Who was Agnes Muir?", "visitor-1", "desk")
            }
            langfuse.flush()
            browser.click(".list .row", "answer-question")
            browser.awaitText(".tree .row", "write-answer")
            names().first() shouldBe "answer-question"
            names().count { it == "rate-passage" } shouldBeGreaterThan 1
            browser.screenshot("sample")

            browser.click(".tree .row", "write-answer")
            browser.awaitText(".detail h2", "write-answer")
            browser.awaitText(".message .role", "system")
            browser.awaitText(".message", "Who was Agnes Muir?")
            browser.text(".detail") shouldContain "stand-in-1"
            browser.text(".detail .numbers") shouldContain "First token"
            browser.count(".tree .row[aria-selected=true] .bar .wait") shouldBe 1
            browser.screenshot("sample-generation")
        }
    }

    test("a conversation with an image, a tool and its result, in light and dark and in a narrow window") {
        page {
            val agent = recordings.agent()
            langfuse.flush()
            open(agent.traceId())
            browser.click(".tree .row", "write-answer")
            browser.awaitText(".detail h2", "write-answer")
            browser.await("document.querySelector('.detail img')?.naturalWidth === 320")
            browser.texts(".message .role") shouldBe
                listOf("system", "user", "assistant", "tool", "assistant")
            browser.text(".call") shouldContain "opening_hours"
            browser.text(".call .json") shouldContain "\"saturday\""
            browser.text(".message[data-role=tool] .json") shouldContain "196 steps"
            browser.text(".detail") shouldContain "relevance"
            browser.text(".detail") shouldContain "answer, version 7"
            browser.text(".trace-head") shouldContain "helpful"
            listOf("light", "dark").forEach {
                browser.colours(it)
                browser.screenshot("conversation-$it")
            }
            browser.run("document.querySelector('.detail').scrollTop = 1e6")
            browser.screenshot("conversation-end-dark")
            browser.size(900, 800)
            browser.screenshot("conversation-narrow")
            browser.run("return document.documentElement.scrollWidth").asInt() shouldBe 900
        }
    }

    test("errors and warnings are seen in the list, in the tree and in the waterfall") {
        page {
            recordings.agent()
            val failed = recordings.agent(failing = true)
            langfuse.flush()
            openList()
            browser.awaitText(".summary", "2 traces")
            browser.click(".segments button", "Errors")
            browser.awaitText(".summary", "1 trace")
            browser.count(".list .row[data-level=ERROR] svg.type-ERROR") shouldBe 1
            browser.screenshot("list-errors")
            browser.click(".list .row")
            browser.await("location.hash === arguments[0]", "#/trace/${failed.traceId()}")
            browser.awaitText(".tree .row[data-level=ERROR]", "write-answer")
            browser.awaitText(".tree .row[data-level=WARNING]", "search-handbook")
            browser.count(".bar[data-level=ERROR]") shouldBe 1
            browser.click(".tree .row", "write-answer")
            browser.awaitText(".detail .status", "429 Too Many Requests")
            browser.colours("dark")
            browser.screenshot("errors-dark")

            browser.press("ArrowUp", "ArrowLeft")
            browser.awaitText(".tree .row", "compose")
            names() shouldBe listOf("handle-question", "plan", "opening_hours", "search-handbook", "compose")
            browser.count(".row[aria-selected=true] svg.type-ERROR") shouldBe 1
        }
    }

    test("by keyboard alone") {
        page {
            recordings.agent()
            langfuse.observation("other", TOOL).start().end()
            langfuse.flush()
            openList()
            browser.awaitText(".summary", "2 traces")
            browser.press("ArrowDown")
            selected() shouldBe "other"
            browser.press("ArrowDown", "Enter")
            browser.awaitText(".tree .row", "handle-question")
            browser.awaitText(".row[aria-selected=true]", "handle-question")
            browser.press("End")
            selected() shouldContain "write-answer"
            browser.awaitText(".detail h2", "write-answer")
            browser.press("ArrowLeft")
            selected() shouldContain "compose"
            browser.press("ArrowLeft")
            browser.await("!document.querySelector('.tree').innerText.includes('write-answer')")
            browser.press("ArrowRight", "ArrowRight")
            selected() shouldContain "write-answer"

            browser.press("Enter")
            browser.run("return document.activeElement.className").asText() shouldBe "detail"
            browser.press("Escape")
            browser.run("return document.activeElement.getAttribute('role')").asText() shouldBe "tree"
            browser.press("?")
            browser.await("document.querySelector('dialog').open")
            browser.screenshot("keys")
            browser.press("Escape")
            browser.await("!document.querySelector('dialog').open")
            browser.press("Escape")
            browser.await("location.hash === '#/'")
            selected() shouldContain "handle-question"

            browser.press("/")
            browser.await("document.activeElement.type === 'search'")
            browser.press("tower user:u-maria")
            browser.awaitText(".summary", "1 trace")
            browser.run("return location.hash").asText() shouldBe "#/?q=tower%20user%3Au-maria"
            browser.press("Enter")
            browser.awaitText(".tree .row", "handle-question")
            browser.press("Escape")
            browser.await("location.hash.startsWith('#/?q=')")
            browser.press("Escape")
            browser.awaitText(".summary", "2 traces")
        }
    }

    test("Enter takes what was typed just now, and opens what that finds") {
        page {
            val agent = recordings.agent()
            langfuse.observation("newest", TOOL).start().end()
            langfuse.flush()
            openList()
            browser.awaitText(".summary", "2 traces")
            val places = browser.run("return history.length").asInt()
            browser.press("/", "handle-question", "Enter")
            browser.awaitText(".summary", "1 trace")
            browser.run("return history.length").asInt() shouldBe places
            browser.press("Enter")
            browser.await("location.hash.includes(arguments[0])", "${agent.traceId()}")
            browser.awaitText(".tree .row", "handle-question")
        }
    }

    test("a click on a user filters, and reload and back keep the place") {
        page {
            val agent = recordings.agent()
            langfuse.observation("other", TOOL).start().end()
            langfuse.flush()
            openList()
            browser.awaitText(".summary", "2 traces")
            browser.click(".list .row button", "u-maria")
            browser.awaitText(".summary", "1 trace")
            browser.run("return document.querySelector('input').value").asText() shouldBe "user:u-maria"
            browser.click(".list .row")
            browser.click(".tree .row", "plan")
            browser.awaitText(".detail h2", "plan")
            browser.await("location.hash.split('/').length === 4")
            browser.reload()
            browser.awaitText(".detail h2", "plan")
            selected() shouldContain "plan"
            browser.run("return location.hash").asText() shouldContain "#/trace/${agent.traceId()}/"
            browser.back()
            browser.awaitText(".summary", "1 trace")
            browser.run("return document.querySelector('input').value").asText() shouldBe "user:u-maria"
        }
    }

    test("a trace leads to the others of its user") {
        page {
            val agent = recordings.agent()
            recordings.agent()
            langfuse.observation("other", TOOL).start().end()
            langfuse.flush()
            open(agent.traceId())
            browser.click(".trace-head button", "u-maria")
            browser.awaitText(".summary", "2 traces")
            browser.run("return document.querySelector('input').value").asText() shouldBe "user:u-maria"
        }
    }

    test("selecting hides nothing that was folded, and folding selects what stays") {
        page {
            val agent = recordings.agent()
            langfuse.flush()
            open(agent.traceId())
            browser.click(".tree .row", "write-answer")
            browser.awaitText(".detail h2", "write-answer")
            browser.click(".tree .row[aria-level='2'] .caret", "▾")
            browser.awaitText(".detail h2", "compose")
            agent.scoreTrace(Score.numeric("late", 1.0))
            langfuse.flush()
            browser.awaitText(".trace-head .score", "late")
            selected() shouldContain "compose"
            names().last() shouldBe "compose"
        }
    }

    test("the link that the SDK gives out leads to the trace") {
        page {
            val agent = recordings.agent()
            langfuse.flush()
            browser.open(langfuse.traceUrl(agent.traceId())!!)
            browser.awaitText(".trace-head h1", "handle-question")
        }
    }

    test("a trace grows while one looks on, and what one has folded and selected stays") {
        page {
            openList()
            browser.run("window.loadedOnce = true")
            val root = langfuse.observation("slow-request", CHAIN).start()
            val first = root.observation("first step", TOOL).start()
            first.observation("detail of the first", TOOL).start().end()
            first.output("so far").end()
            langfuse.flush()
            browser.awaitText(".list .row", "running")
            browser.click(".list .row")
            browser.awaitText(".tree .row", "still running")
            browser.screenshot("running")
            browser.click(".tree .row", "first step")
            browser.awaitText(".detail h2", "first step")
            browser.press("ArrowLeft")
            browser.await("!document.querySelector('.tree').innerText.includes('detail of the first')")
            browser.click(".detail .toggle", "Output")

            root.observation("second step", TOOL).start().end()
            langfuse.flush()
            browser.awaitText(".tree .row", "second step")
            root.name("slow-request").end()
            langfuse.flush()
            browser.awaitText(".tree .row", "slow-request")
            names() shouldBe listOf("slow-request", "first step", "second step")
            selected() shouldContain "first step"
            browser.text(".detail") shouldNotContain "so far"

            first.score("good", 1.0)
            langfuse.flush()
            browser.awaitText(".detail .score", "good")
            browser.run("return window.loadedOnce").asBoolean() shouldBe true
        }
    }

    test("a name is seen beside however many tags") {
        page {
            val tags = Array(60) { "tag-$it" }
            langfuse.propagate().tags(*tags).makeCurrent().use {
                langfuse.observation("tagged", TOOL).start().end()
            }
            langfuse.flush()
            openList()
            browser.awaitText(".list .row", "tag-59")
            listOf(1440, 420).forEach {
                browser.size(it, 900)
                browser.box(".list .row .name > bdi").width shouldBeWiderThan 30.0
                browser.run("return document.documentElement.scrollWidth").asInt() shouldBe it
            }
        }
    }

    test("the list stays where one has scrolled while traces arrive") {
        page {
            recordings.many(300)
            langfuse.flush()
            openList()
            browser.awaitText(".summary", "300 traces")
            browser.run("document.querySelector('.rows').scrollTop = 3600")
            browser.awaitText(".list .row", "request 100")
            val before = browser.box(".list .row", "request 100")
            langfuse.observation("new one", TOOL).start().end()
            langfuse.flush()
            browser.awaitText(".summary", "301 traces")
            browser.box(".list .row", "request 100") shouldBe before

            browser.click(".list .row", "request 100")
            browser.awaitText(".detail h2", "request 100")
            browser.press("Escape")
            browser.awaitText(".list .row", "request 100")
            browser.box(".list .row", "request 100") shouldBe before
        }
    }

    test("what the server had to forget goes from the list, too") {
        Page(LocalLangfuse.builder().memory(4_000_000)).use { page ->
            page.openList()
            repeat(3) { round ->
                repeat(20) { i ->
                    val text = "x".repeat(100_000)
                    page.langfuse.observation("request $round.$i", TOOL).input(text).start().end()
                    page.langfuse.flush()
                }
                browser.awaitText(".list .row", "request $round.19")
            }
            val kept = page.local.traces().size
            browser.awaitText(".summary", "$kept traces · ${60 - kept} older forgotten")
            browser.attributes(".list .row", "aria-setsize").first() shouldBe "$kept"
            browser.console().shouldBeEmpty()
            browser.open("about:blank")
        }
    }

    test("a trace that is forgotten while one looks at it says so, and comes back when it does") {
        Page().use { page ->
            val here = page.langfuse.observation("here", TOOL).start()
            here.end()
            val trace = here.traceId()!!
            page.langfuse.flush()
            page.open(trace)
            page.local.clear()
            browser.awaitText("main", "This trace is not here")
            browser.count(".tree .row") shouldBe 0

            page.langfuse.observation("again", TOOL).parent(TraceContext.of(trace, "00000000000000aa")).start().end()
            page.langfuse.flush()
            browser.awaitText(".tree .row", "again")
            browser.console().filterNot { "404" in it }.shouldBeEmpty()
            browser.open("about:blank")
        }
    }

    test("what is hostile is shown as text, and does nothing") {
        page {
            val markup = "<img src=x onerror=\"window.pwned=1;alert(1)\"><script>window.pwned=1</script>"
            val html = LangfuseMedia.of("<script>top.pwned=1</script>".toByteArray(), "text/html")
            val root =
                langfuse.propagate().userId("\u202E$markup").tags(markup, "\u202Ertl").makeCurrent().use {
                    val root = langfuse.observation(markup, CHAIN).start()
                    val link = "javascript:alert(1)"
                    root.input(mapOf("text" to "$markup $link", "page" to html, markup to listOf(link)))

                    fun child(name: String, input: Any) = root.observation(name, TOOL).input(input).start().end()
                    child("five megabytes", "lorem ipsum ".repeat(420_000))
                    child("broken", "{\"a\": [1, {\"b\": \"unterminated")
                    child("nested", "[".repeat(150_000) + "]".repeat(150_000))
                    child("wide", (0 until 9_000).associate { "key $it" to it })
                    child("left \u202Eright\u0001\u001B[31m", "a \u202Eb\u0000\u0007 c")
                    child("exact", "{\"big\":12345678901234567890,\"two\":1.50,\"list\":[1.0]}")
                    child("n".repeat(5_000), "x")
                    root.end()
                    root
                }
            langfuse.flush(Duration.ofMinutes(2))
            openList()
            browser.awaitText(".list .row", markup.take(20))
            browser.screenshot("hostile-list")
            open(root.traceId())
            browser.awaitText(".detail h2", markup)
            browser.awaitText(".detail .json", "javascript:alert(1)")
            browser.count("main :is(script, iframe, object, embed), main img") shouldBe 0
            browser.attributes("main a", "href").filterNot { it.startsWith("/view/media/") }.shouldBeEmpty()
            browser.screenshot("hostile")

            fun look(name: String, shown: String, says: String) {
                browser.click(".tree .row", name)
                browser.awaitText(".detail h2", name)
                browser.awaitText(".detail $shown", says)
                browser.count("*") shouldBeLessThan 2_500
            }
            look("five megabytes", ".more", "show all (5,040,000)")
            browser.text(".detail .prose").length shouldBeInRange 1_000..20_000
            browser.click(".detail .more")
            browser.await("document.querySelector('.prose').textContent.length === 5040000")
            look("broken", ".prose", "{\"a\": [1, {\"b\": \"unterminated")
            look("nested", ".json", "[ 1 ]")
            look("wide", ".more", "show all (9,000)")
            look("left", ".prose", "␀␇")
            look("exact", ".json", "12345678901234567890")
            browser.text(".detail .json") shouldContain "1.50"
            look("nnnnnnnn", ".prose", "x")
            browser.run("return window.pwned ?? null").isNull shouldBe true
            browser.size(900, 800)
            browser.run("return document.documentElement.scrollWidth").asInt() shouldBe 900
        }
    }

    fun shown(text: String): String =
        browser
            .run(
                "const text = arguments[0]; return import('/page/values.js').then(({ show }) =>" +
                    "show({ text, length: text.length }, { folds: new Map() }, '').textContent)",
                text,
            ).asText()

    test("buckets named like what every object of JavaScript has") {
        page {
            val chat = langfuse.observation("chat", GENERATION).start()
            chat.usageDetails(mapOf("constructor" to 7L)).costDetails(mapOf("toString" to 0.5)).end()
            langfuse.flush()
            open(chat.traceId())
            browser.awaitText(".detail h2", "chat")
            browser.texts(".detail .spent td") shouldBe listOf("constructor", "7", "", "toString", "", "$0.500")
        }
    }

    test("all events are shown to those who ask") {
        page {
            val retried = langfuse.observation("retried", TOOL).start()
            repeat(100) { retried.recordException(IllegalStateException("attempt $it")) }
            retried.end()
            langfuse.flush()
            open(retried.traceId())
            browser.click(".detail .toggle", "Events")
            browser.awaitText(".detail .values", "attempt 0")
            browser.click(".detail .more", "show all (100)")
            browser.awaitText(".detail .values", "attempt 99")
            browser.count(".detail h4") shouldBe 100
        }
    }

    test("half a character in a media reference is shown, and hides nothing") {
        page {
            openList()
            val reference = "@@@langfuseMedia:type=text/plain|id=\\ud800|source=bytes@@@"
            shown("""{"before":1,"media":"$reference"}""") shouldBe "before1mediatext/plain ↓"
        }
    }

    test("of a conversation nothing is left out, and no digit is lost") {
        page {
            openList()
            shown("""{"role":"assistant","content":null,"refusal":"I cannot."}""") shouldBe "assistantI cannot."
            val question = """[{"role":"user","content":"hi"}]"""
            shown("""{"messages":$question,"choices":["cut off"]}""") shouldContain "cut off"
            shown("""[{"role":"tool","content":12345678901234567890}]""") shouldBe "tool12345678901234567890"
            shown("""[{"role":"tool","content":[[null,1.5],true]}]""") shouldBe "tool0null11.5true"
            val result = """{"type":"function_call_output","call_id":9007199254740993,"output":9007199254740995}"""
            shown("[$result]") shouldBe "tool←result90071992547409939007199254740995"
            shown("""{"role":"assistant","content":"hi","tool_calls":{"name":"find"}}""") shouldBe "assistanthi→find"
            shown("""{"role":"assistant","content":"hi","tool_calls":true}""") shouldContain "hi"
        }
    }

    test("2,000 observations in one trace, 200 below each other") {
        page {
            val root = recordings.large(observations = 2_000, depth = 200)
            langfuse.flush(Duration.ofMinutes(2))
            open(root.traceId())
            browser.awaitText(".trace-head", "2,000")
            browser.screenshot("large")
            browser.count("*") shouldBeLessThan 1_500
            browser.press(*Array(300) { "ArrowDown" })
            browser.await("location.hash.endsWith(document.querySelector('.row[aria-selected=true]').id.slice(4))")
            browser.texts(".row[aria-selected=true] .name bdi").single() shouldBe "step 300"
            browser.press("End")
            browser.awaitText(".row[aria-selected=true]", "step")
            browser.count("*") shouldBeLessThan 1_500
            browser.run("document.querySelector('.rows').scrollTop = 30 * 190")
            browser.awaitText(".tree .row", "190")
            browser.screenshot("deep")
            browser.box(".tree .row[aria-level='191'] bdi").width shouldBeWiderThan 20.0
            browser.run("return document.documentElement.scrollWidth").asInt() shouldBe 1440
            browser.click(".tree .columns button", "fold all")
            browser.awaitText(".tree .columns", "unfold all")
            browser.count(".tree .row") shouldBeGreaterThan 5
            browser.box(".tree .space").height shouldBe 1_801 * 30.0
        }
    }

    test("5,000 traces") {
        page {
            openList()
            recordings.many(5_000)
            langfuse.flush(Duration.ofMinutes(2))
            browser.awaitText(".summary", "5,000 traces")
            browser.count("*") shouldBeLessThan 1_500
            browser.screenshot("many")
            browser.press("End")
            browser.awaitText(".list .row[aria-selected=true]", "request 4999")
            browser.count("*") shouldBeLessThan 1_500
            browser.press("/", "question 4321")
            browser.awaitText(".summary", "1 trace")
            browser.awaitText(".list .row", "request 4321")
            browser.press("Escape")
            browser.awaitText(".summary", "5,000 traces")
            local.clear()
            browser.awaitText("main", "Waiting for traces")
        }
    }

    test("a tree comes of whatever parents there are: missing ones, circles, and chains of thousands") {
        page {
            openList()

            fun forest(observations: String) =
                browser.run(
                    "return import('/page/tree.js').then(({ forest }) => {" +
                        "const all = ($observations).map(([id, parentId, start = 0, appRoot = false]) =>" +
                        "({ id, parentId, start, duration: 1, level: 'DEFAULT', appRoot }));" +
                        "return forest(all).map(n => '---'.slice(0, n.depth) + n.id + (n.row ? '' : '?')) })",
                ).map { it.asText() }
            forest("[['a'], ['b', 'a'], ['c', 'b'], ['d', 'a']]") shouldBe listOf("a", "-b", "--c", "-d")
            forest("[['b', 'x', 1], ['c', 'x', 2], ['a', null, 3]]") shouldBe listOf("x?", "-b", "-c", "a")
            forest("[['b', 'elsewhere', 1, true]]") shouldBe listOf("b")
            forest("[['a', 'b'], ['b', 'a'], ['c', 'b'], ['d', 'd']]") shouldBe listOf("d", "a", "-b", "--c")
            forest("Array.from({ length: 20000 }, (_, i) => [String(i), i ? String(i - 1) : null])")
                .size shouldBe 20_000
            forest("Array.from({ length: 200000 }, (_, i) => [String(i), 'running'])").size shouldBe 200_001
        }
    }

    context("conversations are known by their shape") {
        withData(
            nameFn = { (json, roles) -> "$roles in $json" },
            """[{"role":"user","content":"hi"}]""" to "user",
            """{"role":"assistant","content":"hi"}""" to "assistant",
            """{"system":"Be brief","messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]}""" to
                "system user",
            """{"choices":[{"message":{"role":"assistant","content":"hi"}}]}""" to "assistant",
            """{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}""" to "user",
            """{"candidates":[{"content":{"role":"model","parts":[{"text":"hi"}]}}]}""" to "model",
            """[{"role":"user","parts":[{"type":"text","content":"hi"}]}]""" to "user",
            """[{"role":"user","content":"hi"},{"type":"function_call","name":"f","arguments":"{}"}]""" to
                "user assistant",
            """[{"role":"user","name":"no message"}]""" to null,
            """[{"role":"user","content":"hi"},{"text":"no message"}]""" to null,
            """{"messages":["hi"]}""" to null,
            """{"messages":[]}""" to null,
            """[]""" to null,
            """{"answer":42}""" to null,
        ) { (json, roles) ->
            page {
                openList()
                val script =
                    "return import('/page/chat.js').then(({ conversation, chat }) => {" +
                        "const talk = conversation(JSON.parse(arguments[0]));" +
                        "const shown = talk && chat(talk, { folds: new Map() }, '');" +
                        "return talk && [...shown.querySelectorAll('.role')].map(e => e.textContent).join(' ') })"
                browser.run(script, json).textValue() shouldBe roles
            }
        }
    }

    test("light and dark, as the system has it or as one chooses") {
        page {
            recordings.agent()
            recordings.agent(failing = true)
            langfuse.flush()
            openList()
            browser.awaitText(".summary", "2 traces")

            fun ground() = browser.run("return getComputedStyle(document.body).backgroundColor").asText()
            val light = ground()
            browser.screenshot("list-light")
            browser.colours("dark")
            val dark = ground()
            dark shouldNotBe light
            browser.screenshot("list-dark")
            browser.click("#theme")
            ground() shouldBe light
            browser.reload()
            browser.awaitText(".summary", "2 traces")
            ground() shouldBe light
            browser.click("#theme")
            ground() shouldBe dark
            browser.size(900, 800)
            browser.screenshot("list-narrow")
            browser.run("return document.documentElement.scrollWidth").asInt() shouldBe 900
        }
    }

    test("an address may have the keys in it") {
        page {
            val keys = "${local.publicKey()}:${local.secretKey()}"
            browser.open("${local.baseUrl()}".replace("//", "//$keys@"))
            browser.await("document.querySelector('#live').innerText === 'live'")
            browser.awaitText("main", "Waiting for traces")
        }
    }

    test("a server that goes and comes back is noticed, and followed again") {
        Page().use { page ->
            page.openList()
            val port = page.local.baseUrl().port
            page.local.close()
            browser.await("document.querySelector('#live').innerText === 'reconnecting'")
            LocalLangfuse.builder().port(port).start().use { next ->
                browser.await("document.querySelector('#live').innerText === 'live'")
                clientOf(next).use { it.observation("after the pause", AGENT).start().end() }
                browser.awaitText(".list .row", "after the pause")
            }
            browser.open("about:blank")
            browser.console()
        }
    }
}

/** A server of the test's own, and a client that records for it. */
private class Page(settings: LocalLangfuse.Builder = LocalLangfuse.builder()) : AutoCloseable {
    val local: LocalLangfuse = settings.start()
    val langfuse: Langfuse = clientOf(local)
    val recordings = Recordings(langfuse)

    override fun close() {
        langfuse.close()
        local.close()
    }
}

private fun clientOf(local: LocalLangfuse): Langfuse =
    Langfuse
        .builder()
        .publicKey(local.publicKey())
        .secretKey(local.secretKey())
        .baseUrl("${local.baseUrl()}")
        .flushOnExit(false)
        .build()
