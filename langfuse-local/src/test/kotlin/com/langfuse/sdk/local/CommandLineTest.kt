package com.langfuse.sdk.local

import com.sun.net.httpserver.HttpServer
import io.kotest.assertions.nondeterministic.eventually
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldMatch
import io.kotest.matchers.string.shouldStartWith
import java.io.ByteArrayOutputStream
import java.io.IOException
import java.io.PrintStream
import java.io.UncheckedIOException
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.URI
import java.nio.file.Path
import java.time.Duration
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import kotlin.io.path.Path
import kotlin.io.path.appendText
import kotlin.io.path.deleteExisting
import kotlin.io.path.writeText
import kotlin.time.toKotlinDuration

class CommandLineTest :
    FunSpec({

        context("arguments") {
            withData<Pair<String, Map<String, String>>>(
                { (args, read) -> "'$args' is $read" },
                listOf(
                    "" to mapOf(),
                    "--port 3000" to mapOf("--port" to "3000"),
                    "--port=3000 --open" to mapOf("--port" to "3000", "--open" to ""),
                    "--port 1 --port 2" to mapOf("--port" to "2"),
                    "--data=a=b --follow" to mapOf("--data" to "a=b", "--follow" to ""),
                    "--allow-host a.example,b" to mapOf("--allow-host" to "a.example,b"),
                    "--host 0.0.0.0 --keys pk:sk:x" to mapOf("--host" to "0.0.0.0", "--keys" to "pk:sk:x"),
                    "--data d --send-to https://x" to mapOf("--data" to "d", "--send-to" to "https://x"),
                    "-h" to mapOf("--help" to ""),
                ),
            ) { (args, read) -> parse(args) shouldBe CommandLine(read) }
        }

        context("arguments nobody understands") {
            withData<Pair<String, String>>(
                { (args, _) -> args },
                listOf(
                    "--port" to "--port needs a value",
                    "--port many" to "--port needs a number from 0 to 65535, not many",
                    "--port 65536" to "not 65536",
                    "--port=-1" to "not -1",
                    "3000" to "Unknown argument: 3000",
                    "--open=yes" to "Unknown argument: --open=yes",
                    "--keys pk" to "--keys needs a public and a secret one",
                    "--keys :sk" to "--keys needs",
                    "--send-to https://x" to "--send-to needs --data",
                ),
            ) { (args, message) ->
                shouldThrow<IllegalArgumentException> { parse(args) }.message shouldContain message
            }
        }

        test("without a port it is the usual one, or else any that is free; one that was asked for must be free") {
            parse("").start().use { first ->
                parse("").start().use { second ->
                    first.baseUrl().port shouldNotBe second.baseUrl().port
                    shouldThrow<UncheckedIOException> { parse("--port ${second.baseUrl().port}").start() }
                        .message shouldStartWith "Cannot listen on 127.0.0.1:${second.baseUrl().port}: "
                }
            }
        }

        test("others are let in only where keys of one's own are set") {
            listOf("--host 0.0.0.0", "--host 0.0.0.0 --keys pk-lf-local:x", "--host :: --keys x:sk-lf-local").forEach {
                shouldThrow<IllegalArgumentException> { parse("$it --port 0").start() }
                    .message shouldContain "which others can reach: set keys of your own, too"
            }
            shouldThrow<IllegalArgumentException> { parse("--host nobody.invalid").start() }
                .message shouldContain "host is nobody.invalid, which nobody knows"

            parse("--allow-host a.example,b.example --port 0").start().use { langfuse ->
                listOf("a.example" to 200, "b.example:1" to 200, "c.example" to 403).forEach { (host, status) ->
                    raw(langfuse, "GET /api/public/health HTTP/1.1", "Host: $host") shouldContain " $status "
                }
            }
            parse("--host 0.0.0.0 --keys pk-mine:sk-mine --port 0").start().use {
                it.baseUrl().host shouldBe "127.0.0.1"
                Sender(it).post(export(span("x"))).statusCode() shouldBe 200
                Sender(it).post(export(span("x")), headers = mapOf("Authorization" to "Basic x")).statusCode() shouldBe
                    401
            }
            listOf("::1", "[::1]").forEach { loopback ->
                parse("--host $loopback --port 0").start().use { it.baseUrl().host shouldBe "[::1]" }
            }
            shouldThrow<IllegalArgumentException> { parse("--host= --port 0").start() }
                .message shouldBe "host is empty: write an address of this machine"
        }

        test("the browser is the one of the system, and its absence no accident") {
            val page = URI("http://127.0.0.1:1")
            DesktopBrowser.command("Mac OS X", page) shouldBe listOf("open", "http://127.0.0.1:1")
            DesktopBrowser.command("Windows 11", page).first() shouldBe "rundll32"
            DesktopBrowser.command("Linux", page) shouldBe listOf("xdg-open", "http://127.0.0.1:1")
            DesktopBrowser.start(listOf("no-such-program-anywhere")) shouldBe false
            val opened = Path(System.getProperty("java.io.tmpdir")).resolve("opened-${System.nanoTime()}")
            DesktopBrowser.start(listOf("mkdir", "$opened")) shouldBe true
            eventually(SOON.toKotlinDuration()) { opened.deleteExisting() }
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

        context("sending on what a folder keeps") {
            fun kept(fill: (LocalLangfuse, Sender) -> Unit) =
                tempdir().toPath().also { withLangfuse(LocalLangfuse.builder().data(it), fill) }

            fun send(
                folder: Path,
                target: LocalLangfuse,
            ) = ByteArrayOutputStream().also {
                Resend(URI("${target.baseUrl()}/"), target.publicKey(), target.secretKey(), Duration.ofMillis(1))
                    .send(folder, PrintStream(it))
            }.toString()

            test("traces, scores and files arrive as they were, and only once if sent twice") {
                lateinit var before: LocalLangfuse
                val folder =
                    kept { langfuse, sender ->
                        before = langfuse
                        sender.post(export(span("root"), span("child", 2, 1)))
                        sender.post(export(span("other", trace = TRACE.reversed())))
                        sender.api("POST", "/api/public/scores", """{"name":"n","value":1,"traceId":"$TRACE"}""")
                        sender.upload("picture".toByteArray())
                        sender.upload("picture".toByteArray(), TRACE.reversed())
                    }

                withLangfuse { langfuse, _ ->
                    send(folder, langfuse) shouldBe "media: 2 sent\ntraces: 2 sent\nscores: 1 sent\n"
                    send(folder, langfuse)
                    langfuse.observations() shouldBe before.observations()
                    langfuse.scores() shouldBe before.scores()
                    langfuse.media().single().links() shouldBe before.media().single().links()
                    langfuse.media().single().uploadHttpStatus() shouldBe 200
                    langfuse.requests().filter { it.spans() > 0 }.forEach {
                        it.headers()["x-langfuse-ingestion-version"] shouldBe "4"
                    }
                }
            }

            test("each request says who sends it, but those to a store of blobs") {
                val folder =
                    kept { _, sender ->
                        sender.post(export(span("x")))
                        sender.api("POST", "/api/public/scores", """{"name":"n","value":1,"traceId":"$TRACE"}""")
                        sender.upload("picture".toByteArray())
                    }
                withLangfuse(LocalLangfuse.builder().keys("pk-new", "sk-new")) { langfuse, _ ->
                    send(folder, langfuse)
                    val (uploads, requests) = langfuse.requests().partition { it.method() == "PUT" }
                    requests.map { it.path().substringAfter("/api/public/").take(9) } shouldBe
                        listOf("media", "media/${langfuse.media().single().id()}".take(9), "otel/v1/t", "ingestion")
                    requests.forEach {
                        it.headers()["x-langfuse-sdk-name"] shouldBe "langfuse-local"
                        it.headers()["x-langfuse-sdk-version"] shouldBe "development"
                        it.headers()["x-langfuse-public-key"] shouldBe "pk-new"
                        it.headers()["content-encoding"].shouldBeNull()
                    }
                    uploads.single().headers().keys.none { it.startsWith("x-langfuse") } shouldBe true
                }
            }

            test("it tries again while that may help, and says what does not") {
                val folder = kept { _, sender -> sender.post(export(span("x"))) }
                withLangfuse { langfuse, _ ->
                    langfuse.enqueue(Fault.status(503), Fault.status(429), Fault.status(500))
                    send(folder, langfuse)
                    langfuse.requests().map { it.status() } shouldBe listOf(503, 429, 500, 200)

                    langfuse.enqueue(Fault.status(403))
                    shouldThrow<IOException> { send(folder, langfuse) }
                        .message shouldStartWith "POST /api/public/otel/v1/traces answered 403: "
                }
            }

            test("where nobody answers, or nothing that helps, it says so") {
                val folder =
                    kept { _, sender ->
                        sender.post(export(span("x")))
                        sender.upload("picture".toByteArray())
                    }
                lateinit var gone: LocalLangfuse
                withLangfuse { langfuse, _ -> gone = langfuse }
                shouldThrow<IOException> { send(folder, gone) }.message shouldStartWith
                    "No answer from 127.0.0.1:${gone.baseUrl().port} to POST /api/public/media: java.net.ConnectException"

                withLangfuse(LocalLangfuse.builder().uploadHost("no host")) { langfuse, _ ->
                    shouldThrow<IOException> { send(folder, langfuse) }.message shouldStartWith
                        "POST /api/public/media answered with no address: "
                }
                val nowhere = folder.resolve("nowhere")
                shouldThrow<IOException> { send(nowhere, gone) }.message shouldBe "There is no folder $nowhere"
            }

            test("a line that is refused for what is in it is left out, and said; those behind it go on") {
                val folder =
                    kept { _, sender ->
                        sender.post(export(span("bad")))
                        sender.post(export(span("good", 2)))
                    }
                withLangfuse { langfuse, _ ->
                    langfuse.enqueue(Fault.status(413))
                    val said = send(folder, langfuse)
                    said shouldContain "POST /api/public/otel/v1/traces answered 413: "
                    said shouldContain "traces: 1 sent, 1 refused\n"
                    langfuse.observations().map { it.name() } shouldBe listOf("good")
                }
            }

            test("what answers like no Langfuse is told from one") {
                val folder = kept { _, sender -> sender.post(export(span("x"))) }
                val page = HttpServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0)
                page.createContext("/") {
                    it.sendResponseHeaders(200, 0)
                    it.responseBody.use { body -> body.write("<html>Log in".toByteArray()) }
                }
                page.start()
                try {
                    shouldThrow<IOException> {
                        Resend(URI("http://127.0.0.1:${page.address.port}/"), "pk", "sk", Duration.ofMillis(1))
                            .send(folder, PrintStream(ByteArrayOutputStream()))
                    }.message shouldContain
                        "is no Langfuse: to POST /api/public/otel/v1/traces it answered <html>Log in"
                } finally {
                    page.stop(0)
                }
            }

            test("lines that make no sense are counted, the others sent") {
                val folder = kept { _, sender -> sender.post(export(span("x"))) }
                folder.resolve("traces-00000001.jsonl").appendText("""{"resourceSp""")
                folder.resolve("media-00000001.jsonl").writeText("{}\n")
                withLangfuse { langfuse, _ ->
                    send(folder, langfuse) shouldBe
                        "media: 1 sent, 1 refused\ntraces: 1 sent, 1 refused\nscores: 0 sent\n"
                }
            }

            test("address and keys are asked for by name") {
                fun to(
                    address: String,
                    vararg keys: Pair<String, String>,
                ) = shouldThrow<IllegalArgumentException> { Resend.to(address, mapOf(*keys)::get) }.message

                to("nowhere") shouldBe "--send-to needs an address like https://host, not nowhere"
                to("http://h") shouldContain "set LANGFUSE_PUBLIC_KEY"
                to("http://h", "LANGFUSE_PUBLIC_KEY" to "pk") shouldContain "set LANGFUSE_SECRET_KEY"
            }
        }

        test("following prints every observation when it arrives, by itself") {
            withLangfuse { langfuse, sender ->
                val printed = LinkedBlockingQueue<String>()
                langfuse.follow(TraceTree(false, Palette.PLAIN), printed::add)
                sender.post(export(span("child\n", 2, parent = 1), span("root", 1, millis = 200)))

                printed.take() shouldMatch """\d\d:04:05.223 0af76519  SPAN child␊"""
                printed.take() shouldMatch """\d\d:04:05.323 0af76519  SPAN root"""
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
                val quiet = Duration.ofMillis(500)
                // On a busy machine the two may arrive further apart than the wait is long.
                val wasOnce =
                    (1..20).any {
                        withLangfuse { langfuse, sender ->
                            val printed = LinkedBlockingQueue<String>()
                            langfuse.print(tree, printed::add, quiet, never).use {
                                sender.post(export(span("root", 1)))
                                sender.post(export(span("child", 2, parent = 1)))
                                val first = printed.next()
                                sender.post(export(span("late", 3, parent = 1)))
                                first!!.startsWith("root  2 observations\n") &&
                                    printed.next()!!.startsWith("root  3 observations\n")
                            }
                        }
                    }
                wasOnce shouldBe true
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
    }) {
    private companion object {
        fun parse(args: String) = CommandLine.parse(*args.split(" ").filter { it.isNotEmpty() }.toTypedArray())
    }
}
