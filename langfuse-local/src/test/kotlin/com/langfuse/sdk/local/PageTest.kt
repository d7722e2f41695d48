package com.langfuse.sdk.local

import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import java.io.File
import java.net.InetAddress
import java.net.http.HttpResponse
import java.util.Base64

class PageTest :
    FunSpec({

        fun HttpResponse<String>.header(name: String): String? = headers().firstValue(name).orElse(null)

        val folder = File("src/main/resources/com/langfuse/sdk/local/page")

        test("the page is HTML, and nothing but its own files runs in it") {
            withLangfuse { _, sender ->
                val page = sender.get("/", authorization = null)
                page.statusCode() shouldBe 200
                page.header("Content-Type") shouldBe "text/html; charset=utf-8"
                page.header("Cache-Control") shouldBe "no-cache"
                page.header("X-Content-Type-Options") shouldBe "nosniff"
                page.header("Referrer-Policy") shouldBe "no-referrer"
                page.header("Content-Security-Policy")!!.split("; ") shouldContainExactlyInAnyOrder
                    listOf(
                        "default-src 'none'",
                        "script-src 'self'",
                        "style-src 'self'",
                        "img-src 'self' data:",
                        "media-src 'self'",
                        "connect-src 'self'",
                        "base-uri 'none'",
                        "form-action 'none'",
                        "frame-ancestors 'none'",
                    )
                page.body() shouldContain "<!doctype html>"
                sender.get("/", authorization = null, method = "HEAD").let {
                    it.statusCode() shouldBe 200
                    it.body() shouldBe ""
                }
            }
        }

        context("each file of the page is served as what it is") {
            val types =
                mapOf("html" to "text/html", "css" to "text/css", "js" to "text/javascript", "svg" to "image/svg+xml")
            withData(folder.list()!!.sorted()) { name ->
                withLangfuse { _, sender ->
                    val file = sender.get("/page/$name", authorization = null)
                    file.statusCode() shouldBe 200
                    file.header("Content-Type")!!.substringBefore(";") shouldBe types[name.substringAfter('.')]
                    file.body() shouldBe File(folder, name).readText()
                }
            }
        }

        test("the page asks for no other file, and makes no markup out of text") {
            val files = folder.listFiles()!!
            files.map { it.name } shouldContain "app.js"
            files.filter { it.extension != "svg" }.forEach { file ->
                val text = file.readText()
                val asked = Regex("(?:from \"\\./|(?:src|href)=\"/page/)([^\"]+)\"").findAll(text).map {
                    it.groupValues[1]
                }
                asked.forEach { withClue(file.name) { File(folder, it).exists() shouldBe true } }
                withClue(file.name) {
                    text shouldNotContain
                        Regex("innerHTML|outerHTML|insertAdjacentHTML|document\\.write|eval\\(|https?://(?!www\\.w3)")
                }
            }
        }

        context("nothing else is to be had below it") {
            withData(
                "/page/",
                "/page",
                "/page/nothing.js",
                "/page/../Json.class",
                "/page/%2e%2e/Json.class",
                "/page/..%2fJson.class",
                "/page/app.js/x",
                "/view",
                "/view/nothing",
                "/trace",
                "/trace/a/b",
                "/project",
                "/project/p/traces/t/x",
                "/project/p/datasets/d",
                "/trace//",
            ) { path -> withLangfuse { _, sender -> sender.get(path).statusCode() shouldBe 404 } }
        }

        test("it is there to be looked at only") {
            withLangfuse { _, sender ->
                listOf("/", "/view/traces", "/trace/x").forEach {
                    sender.get(it, method = "POST").statusCode() shouldBe 405
                }
            }
        }

        context("links as SDKs print them lead to the trace") {
            withData<Pair<String, String?>>(
                { (link, place) -> "$link to $place" },
                "/trace/0af7" to "/#/trace/0af7",
                "/project/any/traces/0af7" to "/#/trace/0af7",
                "/project/any/traces/0af7?observation=b7ad" to "/#/trace/0af7/b7ad",
                "/project/any/traces/0af7/" to "/#/trace/0af7",
                "/project/any/traces?peek=0af7&observation=b7ad" to "/#/trace/0af7/b7ad",
                "/project/any/traces" to "/#/",
                "/project/any" to "/#/",
                "/project/any/sessions/s%201" to "/#/?q=session%3A%22s%201%22",
                "/project/any/users/u%22%261" to "/#/?q=user%3A%22u%261%22",
                "/trace/0af7?peek=1&observation=b%207" to "/#/trace/0af7/b%207",
                "/trace/%0d%0aX-Evil:%20y" to "/#/trace/%0D%0AX-Evil%3A%20y",
                "/trace/%2f%2fevil.example" to null,
                "/trace/%22%3E%3Cscript%3E" to "/#/trace/%22%3E%3Cscript%3E",
            ) { (link, place) ->
                withLangfuse { _, sender ->
                    val answer = sender.get(link, authorization = null)
                    answer.header("Location") shouldBe place
                    answer.statusCode() shouldBe if (place == null) 404 else 302
                }
            }
        }

        test("what is large is compressed for those who can read it") {
            withLangfuse { _, sender ->
                val headers = mapOf("Accept-Encoding" to "gzip, br")
                sender.send("GET", "/page/style.css", ByteArray(0), headers).header("Content-Encoding") shouldBe "gzip"
                sender.send("GET", "/page/style.css", ByteArray(0), mapOf()).header("Content-Encoding").shouldBeNull()
                sender.send("GET", "/view/about", ByteArray(0), headers).header("Content-Encoding").shouldBeNull()
            }
        }

        test("looking meets no faults, uses none up and is no request of the client under test") {
            withLangfuse { langfuse, sender ->
                langfuse.enqueue(Fault.status(503))
                sender.get("/", authorization = null).statusCode() shouldBe 200
                sender.get("/view/traces", authorization = null).statusCode() shouldBe 200
                langfuse.requests().shouldBeEmpty()
                sender.get("/api/public/health").statusCode() shouldBe 503
            }
        }

        val page =
            mapOf("sec-fetch-mode" to "navigate", "sec-fetch-dest" to "document")

        context("on loopback, without keys") {
            val routes = pageRoutes(PageGuard.onLoopback(HostGuard(InetAddress.getLoopbackAddress(), listOf())))
            withData<Triple<String, Map<String, String>, Int>>(
                { (path, headers, status) -> "$path $headers gets $status" },
                Triple("/", mapOf("host" to "localhost:3000"), 200),
                Triple("/view/traces", mapOf("host" to "127.0.0.1:3000"), 200),
                Triple("/view/traces", mapOf("host" to "[::1]:3000"), 200),
                Triple("/view/traces", mapOf("host" to "LOCALHOST"), 200),
                Triple("/view/traces", mapOf("host" to "evil.example:3000"), 403),
                Triple("/view/traces", mapOf("host" to "127.0.0.1.evil.example"), 403),
                Triple("/view/traces", mapOf("host" to "localhost.evil.example"), 403),
                Triple("/view/traces", mapOf("host" to "localhost:3000, evil.example"), 403),
                Triple("/view/traces", mapOf("host" to ""), 403),
                Triple("/view/traces", mapOf(), 403),
                Triple("/", mapOf("host" to "evil.example"), 403),
                Triple("/view/traces", mapOf("host" to "localhost", "sec-fetch-site" to "same-origin"), 200),
                Triple("/view/traces", mapOf("host" to "localhost", "sec-fetch-site" to "none"), 200),
                Triple("/view/traces", mapOf("host" to "localhost", "sec-fetch-site" to "cross-site"), 403),
                Triple("/view/traces", mapOf("host" to "localhost", "sec-fetch-site" to "same-site"), 403),
                Triple("/view/traces", mapOf("host" to "localhost", "sec-fetch-site" to "cross-site") + page, 403),
                Triple("/page/app.js", mapOf("host" to "localhost", "sec-fetch-site" to "cross-site"), 403),
                Triple("/", mapOf("host" to "localhost", "sec-fetch-site" to "cross-site") + page, 200),
                Triple("/trace/t", mapOf("host" to "localhost", "sec-fetch-site" to "cross-site") + page, 302),
                Triple("/view/traces", mapOf("host" to "localhost:1", "origin" to "http://localhost:1"), 200),
                Triple("/view/traces", mapOf("host" to "localhost:1", "origin" to "http://localhost:2"), 403),
                Triple("/view/traces", mapOf("host" to "localhost", "origin" to "null"), 403),
                Triple("/", mapOf("host" to "localhost", "origin" to "https://evil.example") + page, 403),
            ) { (path, headers, status) -> routes.answer(call(path, headers)).status() shouldBe status }

            test("over the wire, and with a message that says what to do") {
                withLangfuse { langfuse, _ ->
                    raw(langfuse, "GET /view/traces HTTP/1.1", "Host: evil.example") shouldContain "HTTP/1.1 403"
                    raw(langfuse, "GET / HTTP/1.1", "Host: evil.example") shouldContain
                        "This Langfuse answers to localhost, 127.0.0.1 and [::1], not to the host name 'evil.example'"
                    val about = "GET /view/about HTTP/1.1"
                    raw(langfuse, about, "Host: localhost:1", "Sec-Fetch-Site: cross-site") shouldContain
                        "Other web sites may not look in here."
                    raw(langfuse, about, "Host: localhost:1") shouldContain "HTTP/1.1 200"
                }
            }
        }

        context("beyond loopback, with the keys of the API") {
            val hosts = HostGuard(InetAddress.getByName("0.0.0.0"), listOf("build.example"))
            val routes = pageRoutes(PageGuard.withKeys(hosts, "pk", "sk"))
            val keys = "Basic " + Base64.getEncoder().encodeToString("pk:sk".toByteArray())
            withData<Triple<String, Map<String, String>, Int>>(
                { (path, headers, status) -> "$path $headers gets $status" },
                Triple("/", mapOf("host" to "build.example:3000"), 401),
                Triple("/page/app.js", mapOf("host" to "build.example:3000"), 401),
                Triple("/view/traces", mapOf("host" to "localhost"), 401),
                Triple("/view/traces", mapOf("host" to "build.example", "authorization" to "Basic x"), 401),
                Triple("/view/traces", mapOf("host" to "build.example", "authorization" to keys), 200),
                Triple("/", mapOf("host" to "build.example", "authorization" to keys), 200),
                Triple(
                    "/view/traces",
                    mapOf("host" to "build.example", "authorization" to keys, "sec-fetch-site" to "cross-site"),
                    403,
                ),
                Triple(
                    "/view/traces",
                    mapOf("host" to "build.example", "authorization" to keys, "origin" to "https://build.example"),
                    200,
                ),
            ) { (path, headers, status) -> routes.answer(call(path, headers)).status() shouldBe status }

            test("over the wire, when the server listens to others") {
                withLangfuse(LocalLangfuse.builder().host("0.0.0.0").keys("pk-own", "sk-own")) { _, sender ->
                    sender.get("/", authorization = null).statusCode() shouldBe 401
                    sender.get("/view/traces", authorization = null).statusCode() shouldBe 401
                    sender.get("/").statusCode() shouldBe 200
                    sender.get("/view/traces").statusCode() shouldBe 200
                }
            }

            test("the browser asks for them, and the page does not show the secret one") {
                routes.answer(call("/", mapOf("host" to "a"))).headers()["WWW-Authenticate"] shouldBe
                    "Basic realm=\"langfuse-local\", charset=\"UTF-8\""
                val about = routes.answer(call("/view/about", mapOf("host" to "a:1", "authorization" to keys)))
                String(about.body()) shouldBe
                    """{"baseUrl":"http://a:1","publicKey":"pk","secretKey":null,"version":null}"""
            }
        }
    })

private fun pageRoutes(guard: PageGuard): PageRoutes {
    val store = ObservationStore(true, 1_000_000)
    val media = MediaStore(1_000_000, store::touch)
    return PageRoutes(guard, ViewRoutes(store, ScoreStore(1_000_000, store::touch), media, "pk", "sk"))
}

private fun call(path: String, headers: Map<String, String>) = Call("GET", path, null, headers, Body.NONE, START)
