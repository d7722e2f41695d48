package com.langfuse.sdk.samples.page

import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.ObjectMapper
import java.io.File
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.nio.file.Files
import java.time.Duration
import java.util.Base64
import java.util.concurrent.TimeUnit

private val json = ObjectMapper()
private val SOON: Duration = Duration.ofMinutes(2)

/** The programs that browser tests need. */
data class Programs(val chromium: File, val driver: File) {
    companion object {
        private val CHROMIUM = listOf("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
        private const val HOW_TO = "'apt-get install chromium chromium-driver' has both"

        /** Why there are none; null if they are here. Where they are required, their absence is an error. */
        fun missing(environment: Map<String, String> = System.getenv()): String? {
            if (find(environment) != null) return null
            val message = "chromium (or google-chrome) and chromedriver are not on the PATH; $HOW_TO"
            check(environment["CI"] != "true" || environment["LANGFUSE_BROWSER"] != "required") { message }
            return message
        }

        fun find(environment: Map<String, String> = System.getenv()): Programs? {
            val folders = listOfNotNull(environment["PATH"], environment["CHROMEWEBDRIVER"])

            fun program(name: String) =
                folders.flatMap { it.split(File.pathSeparator) }.map { File(it, name) }.firstOrNull { it.canExecute() }
            val chromium = CHROMIUM.firstNotNullOfOrNull(::program) ?: return null
            return Programs(chromium, program("chromedriver") ?: return null)
        }
    }
}

/**
 * A real browser without a window, driven by the WebDriver protocol. Mouse and keyboard are those that a person
 * has, and whoever awaits something asks the page itself, until a deadline.
 */
class Browser private constructor(
    private val driver: Process,
    private val address: String,
    private val profile: File,
) : AutoCloseable {
    private val client = HttpClient.newHttpClient()
    private val session: String

    init {
        val arguments =
            listOf(
                "--headless=new",
                "--no-sandbox",
                "--disable-dev-shm-usage",
                "--disable-gpu",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--user-data-dir=$profile",
            )
        val options = mapOf("binary" to "${Programs.find()!!.chromium}", "args" to arguments)
        val logging = mapOf("browser" to "ALL")
        val wanted = mapOf("goog:chromeOptions" to options, "goog:loggingPrefs" to logging)
        val answer = send("POST", "/session", mapOf("capabilities" to mapOf("alwaysMatch" to wanted)))
        session = "/session/${answer["sessionId"].asText()}"
        size(1440, 900)
    }

    fun open(url: String) {
        send("POST", "$session/url", mapOf("url" to url))
    }

    /** Runs JavaScript in the page; `return` gives its result. */
    fun run(script: String, vararg arguments: Any): JsonNode =
        send("POST", "$session/execute/sync", mapOf("script" to script, "args" to arguments))

    fun text(selector: String): String = texts(selector).firstOrNull().orEmpty()

    fun texts(selector: String): List<String> = all(selector, "e.innerText")

    fun attributes(selector: String, name: String): List<String> = all(selector, "e.getAttribute('$name')")

    private fun all(selector: String, what: String): List<String> =
        run("return [...document.querySelectorAll(arguments[0])].map(e => $what)", selector).map { it.asText() }

    fun count(selector: String): Int = run("return document.querySelectorAll(arguments[0]).length", selector).asInt()

    /** Where the first element is that matches and has that text. */
    fun box(selector: String, text: String = ""): Box {
        val box = run("const b = ($FIND).getBoundingClientRect(); return [b.x, b.y, b.width, b.height]", selector, text)
        return Box(box[0].asDouble(), box[1].asDouble(), box[2].asDouble(), box[3].asDouble())
    }

    data class Box(val x: Double, val y: Double, val width: Double, val height: Double)

    /** Waits until that JavaScript expression is true in the page. */
    fun await(condition: String, vararg arguments: Any) {
        val deadline = System.nanoTime() + SOON.toNanos()
        while (!run("return !!($condition)", *arguments).asBoolean()) {
            if (System.nanoTime() > deadline) {
                throw AssertionError("Waited for $condition ${arguments.toList()}. The page says:\n${text("body")}")
            }
            TimeUnit.MILLISECONDS.sleep(20)
        }
    }

    /** Waits until an element shows that text. */
    fun awaitText(selector: String, text: String) = await(FIND, selector, text)

    /** Clicks with the mouse on the first element that matches and has that text, once it is there. */
    fun click(selector: String, text: String = "") {
        awaitText(selector, text)
        run("($FIND).scrollIntoView({ block: 'nearest' })", selector, text)
        val box = box(selector, text)
        mouse((box.x + box.width / 2).toInt(), (box.y + box.height / 2).toInt())
    }

    private fun mouse(x: Int, y: Int) =
        actions(
            "pointer",
            listOf(
                mapOf("type" to "pointerMove", "duration" to 0, "x" to x, "y" to y),
                mapOf("type" to "pointerDown", "button" to 0),
                mapOf("type" to "pointerUp", "button" to 0),
            ),
        )

    /** Presses keys one after another: those with a name, or the characters of a text. */
    fun press(vararg keys: String) =
        actions(
            "key",
            keys.flatMap { KEYS[it]?.let(::listOf) ?: it.map(Char::toString) }.flatMap {
                listOf(mapOf("type" to "keyDown", "value" to it), mapOf("type" to "keyUp", "value" to it))
            },
        )

    private fun actions(device: String, actions: List<Map<String, Any>>) {
        val source = mapOf("type" to device, "id" to device, "actions" to actions)
        send("POST", "$session/actions", mapOf("actions" to listOf(source)))
    }

    fun size(width: Int, height: Int) {
        val metrics = mapOf("width" to width, "height" to height, "deviceScaleFactor" to 1, "mobile" to false)
        devTools("Emulation.setDeviceMetricsOverride", metrics)
    }

    /** As if the system was set to light or dark. */
    fun colours(scheme: String) {
        val feature = mapOf("name" to "prefers-color-scheme", "value" to scheme)
        devTools("Emulation.setEmulatedMedia", mapOf("features" to listOf(feature)))
    }

    fun back() {
        send("POST", "$session/back", emptyMap<String, Any>())
    }

    fun reload() {
        send("POST", "$session/refresh", emptyMap<String, Any>())
    }

    /** Keeps what is to be seen now, for people to look at. */
    fun screenshot(name: String) {
        val image = Base64.getDecoder().decode(send("GET", "$session/screenshot", null).asText())
        File("target/screenshots").apply { mkdirs() }.resolve("$name.png").writeBytes(image)
    }

    /** What has been written to the console since the last look, refused requests and violated policies included. */
    fun console(): List<String> =
        send("POST", "$session/se/log", mapOf("type" to "browser")).map { it["message"].asText() }

    private fun devTools(command: String, parameters: Map<String, Any>) =
        send("POST", "$session/goog/cdp/execute", mapOf("cmd" to command, "params" to parameters))

    private fun send(method: String, path: String, body: Any?): JsonNode {
        val publisher = body?.let { HttpRequest.BodyPublishers.ofString(json.writeValueAsString(it)) }
        val request =
            HttpRequest
                .newBuilder(URI.create("$address$path"))
                .timeout(SOON.multipliedBy(3))
                .method(method, publisher ?: HttpRequest.BodyPublishers.noBody())
        val response = client.send(request.build(), HttpResponse.BodyHandlers.ofString())
        val value = json.readTree(response.body())["value"]
        check(response.statusCode() == 200) { "$method $path: ${value["message"].asText()}" }
        return value
    }

    override fun close() {
        runCatching { send("DELETE", session, null) }
        stop(driver)
        profile.deleteRecursively()
    }

    companion object {
        private const val FIND =
            "[...document.querySelectorAll(arguments[0])].find(e => e.innerText.includes(arguments[1]))"

        private val KEYS =
            mapOf(
                "ArrowDown" to "\uE015",
                "ArrowUp" to "\uE013",
                "ArrowLeft" to "\uE012",
                "ArrowRight" to "\uE014",
                "Enter" to "\uE007",
                "Escape" to "\uE00C",
                "End" to "\uE010",
                "Home" to "\uE011",
            )

        fun start(): Browser {
            val profile = Files.createTempDirectory("browser").toFile()
            val driver =
                ProcessBuilder("${Programs.find()!!.driver}", "--port=0").redirectErrorStream(true).start()
            try {
                val started = Regex("started successfully on port (\\d+)")
                val lines = driver.inputStream.bufferedReader()
                val port = generateSequence(lines::readLine).firstNotNullOf { started.find(it)?.groupValues?.get(1) }
                return Browser(driver, "http://127.0.0.1:$port", profile)
            } catch (e: Exception) {
                stop(driver)
                throw e
            }
        }

        private fun stop(driver: Process) {
            driver.descendants().forEach { it.destroyForcibly() }
            driver.destroy()
            driver.waitFor(10, TimeUnit.SECONDS)
        }
    }
}
