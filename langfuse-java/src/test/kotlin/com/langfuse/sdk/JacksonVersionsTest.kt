package com.langfuse.sdk

import com.fasterxml.jackson.annotation.JsonIgnore
import com.fasterxml.jackson.annotation.JsonProperty
import com.fasterxml.jackson.databind.json.JsonMapper
import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.score.Score
import com.tngtech.archunit.core.domain.AccessTarget
import com.tngtech.archunit.core.importer.ClassFileImporter
import com.tngtech.archunit.core.importer.ImportOption
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import tools.jackson.databind.PropertyNamingStrategies.KebabCaseStrategy
import java.io.File
import java.net.URLClassLoader
import java.time.Instant
import java.util.concurrent.TimeUnit
import tools.jackson.databind.annotation.JsonNaming as JsonNaming3

/** The versions and parts of Jackson that applications have; the build copies the jars to target/jackson. */
class JacksonVersionsTest :
    FunSpec({
        concurrently(3)

        val json = JsonMapper()
        val values = JacksonValues.all()
        val formatted = JacksonValues.formatted()
        val expected by lazy { sent { JacksonPrograms.record(it, values + formatted) } }

        listOf(
            "2.15.0, the oldest" to JacksonJars("2.15.0"),
            "2.15.4" to JacksonJars("2.15.4"),
            "2.15.4 with the core of 2.17.3" to JacksonJars("2.15.4", mapOf("core" to "2.17.3")),
            "the newest with datatypes of 2.15.0" to
                JacksonJars(null, DATATYPES.associateWith { "2.15.0" }),
            "2.15.0 with the newest datatypes" to JacksonJars("2.15.0", DATATYPES.associateWith { null }),
        ).forEach { (name, jars) ->
            test("values arrive the same with Jackson $name") {
                LocalLangfuse.start().use { local ->
                    val output = run(jars.classPath(), "values", local)
                    output shouldContain "jackson-databind ${jars.databind}"
                    output shouldNotContain "jackson-datatype"
                    sent(local) shouldBeSameAs expected
                }
            }
        }

        listOf("2.15.0", "2.15.4").forEach { version ->
            test("langfuse-local receives and shows the same with Jackson $version") {
                LocalLangfuse.start().use { unused ->
                    val output = run(JacksonJars(version).classPath(), "receive", unused)
                    output.lines().filter { "=" in it } shouldContainExactlyInAnyOrder
                        expected.map { (name, value) -> "$name=${value.hashCode()}" }
                    unused.requests().shouldBeEmpty()
                }
            }
        }

        listOf("the newest" to null, "2.15.4" to "2.15.4").forEach { (name, version) ->
            DATATYPES.map { setOf(it) }.plus(listOf(DATATYPES)).forEach { left ->
                test("with Jackson $name without ${left.joinToString(" and ")} values arrive, and one line says so") {
                    LocalLangfuse.start().use { local ->
                        val output = run(JacksonJars(version, absent = left).classPath(), "unformatted", local)
                        sent(local) shouldBeSameAs expected.filterKeys { "formatted" !in it }
                        val line = output.lines().filter { "jackson-datatype" in it }
                        withClue(output) { line shouldHaveSize 1 }
                        left.forEach { line.single() shouldContain "add.*jackson-$it:${databindOf(version)}".toRegex() }
                        (DATATYPES - left).forEach { line.single() shouldNotContain it }
                        line.single() shouldContain "ISO 8601"
                    }
                }
            }
        }

        // On an older OpenTelemetry JSON is written at once, which this mixture of parts can do.
        test(
            "what fails by parts of Jackson that do not fit each other is a marker, and one line names the versions",
        ).config(enabled = System.getProperty("opentelemetry.tested") == null) {
            LocalLangfuse.start().use { local ->
                val output = run(JacksonJars(null, mapOf("core" to "2.15.4")).classPath(), "times", local)
                output.lines().filter { it == "body ran" } shouldHaveSize 2
                local.observations().map { it.name to it.input }.distinct() shouldBe
                    listOf("times" to "\"<not serializable object of type: ArrayList>\"")
                val line = output.lines().single { "NoSuchMethodError" in it }
                line shouldContain "jackson-core 2.15.4, jackson-databind ${databindOf(null)}, "
                line shouldContain "jackson-bom"
            }
        }

        test("a class that is missing costs its field, and is said once") {
            class Part {
                @Suppress("unused")
                val missing: Any get() = throw NoClassDefFoundError("com/example/jackson/Missing")
                val kept = 1
            }
            LocalLangfuse.start().use { local ->
                val warnings =
                    warningsOf {
                        local.client().use { langfuse ->
                            repeat(3) { langfuse.observation("a").input(listOf(Part(), Part())).start().end() }
                        }
                    }
                val part = """{"missing":"<not readable: NoClassDefFoundError>","kept":1}"""
                local.observations().map { it.input }.distinct().single().toString().let {
                    json.readTree(it) shouldBe json.readTree("[$part,$part]")
                }
                warnings.single() shouldContain "NoClassDefFoundError: com/example/jackson/Missing"
                warnings.single() shouldNotContain "jackson-bom"
            }
        }

        test("Jackson 3 is not loaded, and no service of Jackson's is offered") {
            LocalLangfuse.start().use { local ->
                val output = run(JacksonJars(null).classPath(), "values", local, "-Xlog:class+load")
                output shouldContain "com.fasterxml.jackson.databind.ObjectMapper "
                output.lines().filter { "tools.jackson." in it }.shouldBeEmpty()
            }
            val classes = File(Langfuse::class.java.protectionDomain.codeSource.location.toURI())
            File(classes, "META-INF/services").list().orEmpty().filter { "jackson" in it }.shouldBeEmpty()
        }

        listOf("the newest" to JacksonJars(null), "2.15.4" to JacksonJars("2.15.4", mapOf("annotations" to null)))
            .forEach { (name, jars) ->
                test("beside Jackson 2 in version $name values of Jackson 3 are recorded, and its JSON stays") {
                    LocalLangfuse.start().use { local ->
                        val output = run(jars.classPath(), "jackson 3", local)
                        output shouldContain "unchanged"
                        output shouldNotContain "WARNING"
                        val bean = """{"count":1,"first_name":"Ann"}"""
                        local.observations().associate { it.name to it.input } shouldBe
                            mapOf(
                                "node" to """{"a":[1,null,{"b":"c"}]}""",
                                "inside" to """{"nodes":[{"a":[1,null,{"b":"c"}]},"t"]}""",
                                "bean" to bean,
                                "bean with a node" to """{"node":{"a":[1,null,{"b":"c"}]}}""",
                            )
                    }
                }
            }

        test("each member of Jackson that is used is there in the oldest version, but for those that are asked for") {
            val oldest = JacksonJars("2.15.0")
            val loader = URLClassLoader(oldest.urls(), ClassLoader.getPlatformClassLoader())
            val classes =
                ClassFileImporter()
                    .withImportOption(ImportOption.DoNotIncludeTests())
                    .importPackages("com.langfuse.sdk")
            val missing =
                classes
                    .flatMap { it.accessesFromSelf }
                    .map { it.target }
                    .filter { it.owner.name.startsWith("com.fasterxml.jackson.") }
                    .filterNot { isThere(it, loader) }
                    .map { it.owner.simpleName + "." + it.name }
                    .distinct()
            missing shouldContainExactlyInAnyOrder
                listOf(
                    "JsonRecyclerPools.newConcurrentDequePool",
                    "JsonFactory.setRecyclerPool",
                    "BufferRecycler.releaseToPool",
                    "JsonGenerator.streamWriteConstraints",
                    "StreamWriteConstraints.getMaxNestingDepth",
                    "JsonSerializer.withIgnoredProperties", // Jackson calls what calls it, from 2.16 on
                )
        }
    })

private val DATATYPES = setOf("datatype-jsr310", "datatype-jdk8")
private val PARTS = setOf("core", "databind", "annotations") + DATATYPES
private val NEWEST = Regex("""[/\\]jackson-(core|databind|annotations|datatype-\w+|module-\w+)-2\.[^/\\]*\.jar$""")

private fun databindOf(version: String?) =
    version ?: com.fasterxml.jackson.databind.cfg.PackageVersion.VERSION.toString()

/**
 * A choice of jars.
 *
 * @param version of all parts; null for the one of the build
 * @param other of some parts
 */
private class JacksonJars(
    private val version: String?,
    private val other: Map<String, String?> = emptyMap(),
    private val absent: Set<String> = emptySet(),
) {
    val databind = databindOf(version)

    private val all = System.getProperty("java.class.path").split(File.pathSeparator)

    private fun jars() =
        (PARTS - absent).map { part ->
            val chosen = if (part in other) other[part] else version
            if (chosen == null) {
                all.single { Regex("""[/\\]jackson-$part-2\.[^/\\]*\.jar$""").containsMatchIn(it) }
            } else {
                File("target/jackson/jackson-$part-$chosen.jar").also { check(it.isFile) { it } }.path
            }
        }

    fun urls() = jars().map { File(it).toURI().toURL() }.toTypedArray()

    fun classPath() = (jars() + all.filterNot { NEWEST.containsMatchIn(it) }).joinToString(File.pathSeparator)
}

/** Runs the program to its end and returns what it printed. */
private fun run(
    classPath: String,
    program: String,
    local: LocalLangfuse,
    vararg options: String,
): String {
    val output = File.createTempFile("jackson", ".txt")
    val command =
        listOf(File(System.getProperty("java.home"), "bin/java").path, "-XX:TieredStopAtLevel=1", *options) +
            listOf("-cp", classPath, JacksonPrograms::class.java.name, local.baseUrl().toString(), program)
    val process = ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output).start()
    process.waitFor(DEADLINE.toSeconds(), TimeUnit.SECONDS) shouldBe true
    val text = output.readText()
    output.delete()
    withClue(text) { process.exitValue() shouldBe 0 }
    return text
}

private fun sent(record: (LocalLangfuse) -> Unit) = LocalLangfuse.start().use { local ->
    record(local)
    sent(local)
}

private fun sent(local: LocalLangfuse): Map<String, String> =
    local.observations().associate { it.name to "${it.input}\n${it.metadata.toSortedMap()}" } +
        local.scores().associate { it.name to "${it.metadata}" }

/** One by one: the texts are long. */
private infix fun Map<String, String>.shouldBeSameAs(expected: Map<String, String>) {
    keys shouldBe expected.keys
    forEach { (name, value) -> withClue(name) { value shouldBe expected[name] } }
}

private fun isThere(
    target: AccessTarget,
    loader: ClassLoader,
): Boolean = runCatching {
    val owner = Class.forName(target.owner.name, false, loader)
    val types = generateSequence(listOf<Class<*>>(owner)) { level ->
        level.flatMap { listOfNotNull(it.superclass) + it.interfaces }.ifEmpty { null }
    }.flatten()
    types.any { type ->
        when (target) {
            is AccessTarget.MethodCallTarget -> {
                val wanted = target.rawParameterTypes.map { it.name } + target.rawReturnType.name
                type.declaredMethods.filter { it.name == target.name }.any { method ->
                    method.parameterTypes.map { it.name } + method.returnType.name == wanted
                }
            }

            is AccessTarget.ConstructorCallTarget -> {
                type == owner &&
                    type.declaredConstructors.any { maker ->
                        maker.parameterTypes.map { it.name } == target.rawParameterTypes.map { it.name }
                    }
            }

            else -> {
                type.declaredFields.any { it.name == target.name }
            }
        }
    }
}.getOrDefault(false)

internal object JacksonPrograms {
    @JvmStatic
    fun main(arguments: Array<String>) {
        val (url, program) = arguments
        println("jackson-databind ${com.fasterxml.jackson.databind.cfg.PackageVersion.VERSION}")
        val settings = bareBuilder().publicKey("pk-lf-local").secretKey("sk-lf-local").baseUrl(url)
        when (program) {
            "values" -> record(settings, JacksonValues.all() + JacksonValues.formatted())
            "receive" -> receive(JacksonValues.all() + JacksonValues.formatted())
            "unformatted" -> record(settings, JacksonValues.all())
            "times" -> recordTwice(settings, listOf(Instant.EPOCH))
            "jackson 3" -> recordJackson3(settings)
            else -> error(program)
        }
    }

    fun record(
        local: LocalLangfuse,
        values: Map<String, Any>,
    ) = record(
        bareBuilder().publicKey(local.publicKey()).secretKey(local.secretKey()).baseUrl(local.baseUrl().toString()),
        values,
    )

    /** By our mapper and by one of the application's. */
    private fun record(
        settings: LangfuseBuilder,
        values: Map<String, Any>,
    ) {
        listOf("ours" to null, "own" to JsonMapper.builder().build()).forEach { (name, mapper) ->
            settings.objectMapper(mapper).build().use { langfuse ->
                values.forEach { (key, value) ->
                    val observation = langfuse.observation("$name: $key").input(value).start()
                    observation.metadata(value)
                    observation.end()
                    if (key != "deep tree") { // which no server takes as part of a score
                        observation.score(Score.numeric("$name: score of $key", 1.0).metadata(value))
                    }
                }
                check(langfuse.flush(DEADLINE).failed() == 0L)
            }
        }
    }

    /** By a langfuse-local in this process. */
    private fun receive(values: Map<String, Any>) =
        sent { record(it, values) }.forEach { (name, value) -> println("$name=${value.hashCode()}") }

    private fun recordTwice(
        settings: LangfuseBuilder,
        value: Any,
    ) = settings.build().use { langfuse ->
        repeat(2) { langfuse.observation("times").input(value).block { println("body ran") } }
    }

    private fun recordJackson3(settings: LangfuseBuilder) {
        val own = tools.jackson.databind.json.JsonMapper.builder().findAndAddModules().build()
        val bean = Bean("Ann")
        val before = own.writeValueAsString(bean)
        settings.build().use { langfuse ->
            fun record(
                name: String,
                value: Any,
            ) = langfuse.observation(name).input(value).start().end()
            val node = own.readTree("""{"a":[1,null,{"b":"c"}]}""")
            record("node", node)
            record("inside", mapOf("nodes" to listOf(node, tools.jackson.databind.node.StringNode.valueOf("t"))))
            record("bean", bean)
            record("bean with a node", Holder(node))
        }
        val fresh = tools.jackson.databind.json.JsonMapper.builder().findAndAddModules().build()
        println(if (fresh.writeValueAsString(bean) == before) "unchanged" else "changed")
    }

    @JsonNaming3(KebabCaseStrategy::class)
    class Bean(
        @get:JsonProperty("first_name") val name: String,
    ) {
        val count = 1

        @get:JsonIgnore
        val secret = "s"
    }

    class Holder(
        val node: tools.jackson.databind.JsonNode,
    )
}
