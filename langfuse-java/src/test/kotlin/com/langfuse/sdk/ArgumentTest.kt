package com.langfuse.sdk

import com.fasterxml.jackson.databind.ObjectMapper
import com.langfuse.sdk.ObservationType.GENERATION
import com.langfuse.sdk.export.AttributeMask
import com.langfuse.sdk.export.DeliveryListener
import com.langfuse.sdk.export.ExportLine
import com.langfuse.sdk.export.FlushReport
import com.langfuse.sdk.export.LangfuseSpanProcessor
import com.langfuse.sdk.export.SpanFilter
import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.media.LangfuseMedia
import com.langfuse.sdk.media.MediaUploads
import com.langfuse.sdk.propagation.PropagatedAttributes
import com.langfuse.sdk.score.Score
import com.langfuse.sdk.score.ScoreDelivery
import com.langfuse.sdk.score.Scores
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.opentelemetry.api.trace.TracerProvider
import io.opentelemetry.context.Context
import java.lang.reflect.Array
import java.lang.reflect.Constructor
import java.lang.reflect.Executable
import java.lang.reflect.InvocationTargetException
import java.lang.reflect.Method
import java.lang.reflect.Modifier
import java.lang.reflect.Parameter
import java.lang.reflect.Proxy
import java.nio.file.Files
import java.nio.file.Path
import java.time.Duration
import java.time.Instant
import java.util.SortedMap
import java.util.TreeMap
import kotlin.io.path.extension
import kotlin.io.path.nameWithoutExtension
import kotlin.io.path.toPath
import kotlin.streams.asSequence

/** Arguments that make no sense: recording takes them, everything else names the argument. */
class ArgumentTest :
    FunSpec({
        test("null for any one argument of any public method is taken, or refused by the argument's name") {
            faults { parameter -> if (parameter.type.isPrimitive) emptyList() else listOf(null) }.shouldBeEmpty()
        }

        test("numbers and times without bounds are taken, or refused by the argument's or the setting's name") {
            faults { absurd(it.type) }.shouldBeEmpty()
        }

        test("all public types are tried") {
            TYPES.size shouldBeGreaterThan 25
            TYPES shouldContain LangfuseBuilder::class.java
            TYPES shouldContain Score::class.java
        }
    })

/** What a program holds, and its methods record: those never throw. */
private val RECORDING =
    setOf(
        Observation::class.java,
        Generation::class.java,
        ObservationBuilder::class.java,
        Propagation::class.java,
        StreamRecorder::class.java,
        ObservedCall::class.java,
        Score::class.java,
        Scores::class.java,
        Usage::class.java,
        LangfuseMedia::class.java,
        TraceContext::class.java,
        PromptReference::class.java,
    )

/** Take the program's code, without which there is nothing to run. */
private val BLOCKS = setOf("call", "run", "callAsync")

/** Public for the SDK's other packages only: their types are of packages that are not exported. */
private val MACHINERY =
    setOf(
        ScoreDelivery::class.java,
        MediaUploads::class.java,
        ExportLine::class.java,
        PropagatedAttributes::class.java,
        PropagatedAttributes.Builder::class.java,
    )

/** Called by OpenTelemetry, or by the SDK's other packages. */
private val MACHINERY_OF_PROCESSOR =
    setOf("add", "prepare", "marks", "claim", "hasClaim", "publish", "isPublished", "sends", "onStart", "onEnd")

/** The application's own code, if any is called. */
private val CALLBACKS = setOf(Mask::class.java, AttributeMask::class.java, DeliveryListener::class.java)

private val TYPES: List<Class<*>> =
    listOf("", ".export", ".media", ".propagation", ".score").flatMap { name ->
        val folder = Langfuse::class.java.protectionDomain.codeSource.location.toURI().toPath()
        Files.list(folder.resolve("com/langfuse/sdk" + name.replace('.', '/'))).use { files ->
            files
                .asSequence()
                .filter { it.extension == "class" && !it.nameWithoutExtension.endsWith("-info") }
                .map { Class.forName("com.langfuse.sdk$name.${it.nameWithoutExtension}") }
                .filter {
                    generateSequence(it) { type -> type.enclosingClass }.all { type ->
                        Modifier.isPublic(type.modifiers)
                    }
                }
                .filterNot { it in MACHINERY || it in CALLBACKS || it.isEnum }
                .toList()
        }
    }

/** Calls each method with each of the values in each place, and says what went wrong. */
private fun faults(values: (Parameter) -> List<Any?>): List<String> {
    val faults = mutableListOf<String>()
    warningsOf {
        LocalLangfuse.start().use { local ->
            for (type in TYPES) {
                for (method in executables(type)) {
                    method.parameters.forEachIndexed { i, parameter ->
                        for (value in values(parameter)) {
                            fault(local, type, method, i, value)?.let { faults += it }
                        }
                    }
                }
            }
        }
    }
    return faults
}

private fun executables(type: Class<*>): List<Executable> =
    (type.declaredMethods.toList() + type.declaredConstructors)
        .filter { Modifier.isPublic(it.modifiers) && !it.isSynthetic && it.name != "equals" }
        .filterNot { type == LangfuseSpanProcessor::class.java && it.name in MACHINERY_OF_PROCESSOR }
        .filterNot { it.parameterTypes.any { of -> of.name.startsWith("com.langfuse.sdk.internal") } }
        .filterNot { it is Method && Modifier.isAbstract(it.modifiers) && type in CALLBACKS }
        .filterNot { type == SpanFilter::class.java && it.name == "test" }
        .filterNot {
            Observed::class.java == type.enclosingClass ||
                ObservationBuilder::class.java == type.enclosingClass
        }
        .filterNot { Propagation::class.java == type.enclosingClass }

private fun fault(
    local: LocalLangfuse,
    type: Class<*>,
    method: Executable,
    place: Int,
    value: Any?,
): String? =
    local.client().use { langfuse ->
        val arguments = method.parameters.map { sample(it.type, langfuse) }.toTypedArray()
        arguments[place] = value
        val target = if (Modifier.isStatic(method.modifiers)) null else targetOf(type, langfuse)
        val parameter = method.parameters[place].name
        try {
            when (method) {
                is Method -> method.invoke(target, *arguments)
                is Constructor<*> -> method.newInstance(*arguments)
            }
            if (target is LangfuseBuilder) {
                target.isEnabled
            }
            null
        } catch (e: Throwable) {
            val thrown = if (e is InvocationTargetException) e.targetException else e
            val message = thrown.message.orEmpty()
            val isNamed =
                when (thrown) {
                    // The JVM's own message names it too, among the insides of the SDK.
                    is NullPointerException -> message == parameter || message == method.name

                    is IllegalArgumentException -> parameter in message || method.name in message

                    else -> false
                }
            val mayThrow = type !in RECORDING || method.name in BLOCKS
            val shown = value.toString().take(40)
            "${type.simpleName}.${method.name}($parameter = $shown): $thrown".takeUnless { isNamed && mayThrow }
        }
    }

private fun targetOf(
    type: Class<*>,
    langfuse: Langfuse,
): Any? =
    when (type) {
        Langfuse::class.java -> langfuse
        LangfuseBuilder::class.java -> bareBuilder().publicKey("pk").secretKey("sk")
        DeliveryOptions::class.java -> DeliveryOptions()
        Observation::class.java -> langfuse.observation("o").start()
        Generation::class.java -> langfuse.observation("g", GENERATION).start()
        ObservationBuilder::class.java -> langfuse.observation("b")
        Propagation::class.java -> langfuse.propagate()
        Observed::class.java -> langfuse.observed("f", GENERATION)
        ObservedCall::class.java -> langfuse.observed("f", GENERATION).open()
        StreamRecorder::class.java -> StreamRecorder.on(langfuse.observation("g", GENERATION).start())
        Scores::class.java -> langfuse.scores()
        LangfuseSpanProcessor::class.java -> bareBuilder().publicKey("pk").secretKey("sk").buildProcessor()
        else -> sample(type, langfuse)
    }

/** Something that makes sense. */
private fun sample(
    type: Class<*>,
    langfuse: Langfuse,
): Any? =
    when (type) {
        Int::class.java -> {
            1
        }

        Long::class.java -> {
            1L
        }

        Double::class.java -> {
            0.5
        }

        Boolean::class.java -> {
            true
        }

        String::class.java -> {
            "text"
        }

        Any::class.java -> {
            "anything"
        }

        Class::class.java -> {
            Any::class.java
        }

        ByteArray::class.java -> {
            byteArrayOf(1)
        }

        Duration::class.java -> {
            Duration.ofMillis(1)
        }

        Instant::class.java -> {
            Instant.now()
        }

        Throwable::class.java -> {
            IllegalStateException("thrown")
        }

        Context::class.java -> {
            Context.root()
        }

        Path::class.java -> {
            Path.of("build.none")
        }

        SortedMap::class.java -> {
            TreeMap<Int, Long>()
        }

        Map::class.java -> {
            mapOf("key" to 1)
        }

        Collection::class.java -> {
            listOf("tag")
        }

        ObservationType::class.java -> {
            ObservationType.SPAN
        }

        ObservationLevel::class.java -> {
            ObservationLevel.WARNING
        }

        PromptReference::class.java -> {
            PromptReference("prompt", 1)
        }

        TraceContext::class.java -> {
            TraceContext.fromSeed("seed")
        }

        Usage::class.java -> {
            Usage.of(1, 2)
        }

        Score::class.java -> {
            Score.bool("score", true)
        }

        LangfuseMedia::class.java -> {
            LangfuseMedia.of(byteArrayOf(1), "image/png")
        }

        Observation::class.java -> {
            langfuse.observation("o").start()
        }

        Generation::class.java -> {
            langfuse.observation("g", GENERATION).start()
        }

        SpanFilter::class.java -> {
            SpanFilter.all()
        }

        FlushReport::class.java -> {
            FlushReport.EMPTY
        }

        FlushReport.Count::class.java -> {
            FlushReport.Count.NONE
        }

        TracerProvider::class.java -> {
            TracerProvider.noop()
        }

        LangfuseSpanProcessor::class.java -> {
            bareBuilder().buildProcessor()
        }

        ObjectMapper::class.java -> {
            ObjectMapper()
        }

        else -> {
            when {
                type.isArray -> Array.newInstance(type.componentType, 0)

                type.isInterface -> Proxy.newProxyInstance(
                    type.classLoader ?: Langfuse::class.java.classLoader,
                    arrayOf(type),
                ) {
                    proxy,
                    method,
                    _,
                    ->
                    when {
                        method.name == "hashCode" -> System.identityHashCode(proxy)
                        method.name == "toString" -> "a sample"
                        method.returnType == Boolean::class.java -> false
                        else -> null
                    }
                }

                else -> null
            }
        }
    }

private fun absurd(type: Class<*>): List<Any?> =
    when (type) {
        Int::class.java -> {
            listOf(Int.MIN_VALUE, -1, 0, Int.MAX_VALUE)
        }

        Long::class.java -> {
            listOf(Long.MIN_VALUE, -1L, 0L, Long.MAX_VALUE)
        }

        Double::class.java -> {
            listOf(Double.NaN, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, -1.0, Double.MAX_VALUE)
        }

        Duration::class.java -> {
            listOf(
                Duration.ofSeconds(Long.MIN_VALUE),
                Duration.ofNanos(-1),
                Duration.ZERO,
                Duration.ofSeconds(Long.MAX_VALUE, 999_999_999),
            )
        }

        Instant::class.java -> {
            listOf(Instant.MIN, Instant.MAX, Instant.EPOCH)
        }

        String::class.java -> {
            listOf("", " ", "\u0000\ud800", "x".repeat(100_000))
        }

        else -> {
            emptyList()
        }
    }
