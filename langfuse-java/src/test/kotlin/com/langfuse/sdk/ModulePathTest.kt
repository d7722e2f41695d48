package com.langfuse.sdk

import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.io.File
import java.io.PrintWriter
import java.io.StringWriter
import java.nio.file.Path
import java.util.spi.ToolProvider
import kotlin.io.path.Path
import kotlin.io.path.createDirectories
import kotlin.io.path.writeText

/** An application that is a module, on a run-time image that has only what the modules ask for. */
class ModulePathTest :
    FunSpec({
        val jars =
            System.getProperty("java.class.path").split(File.pathSeparator).filter { jar ->
                val isLibrary = LIBRARIES.any { File(jar).name.startsWith(it) } && "tools" !in jar && "proto" !in jar
                isLibrary ||
                    listOf("langfuse-java", "langfuse-local").any { "$it/target/classes" in jar || "$it-0" in jar }
            }

        fun tool(
            name: String,
            vararg arguments: String,
        ): String {
            val output = StringWriter()
            val code = ToolProvider.findFirst(
                name,
            ).orElseThrow().run(PrintWriter(output), PrintWriter(output), *arguments)
            withClue("$name ${arguments.toList()}: $output") { code shouldBe 0 }
            return output.toString()
        }

        fun run(vararg command: String): String {
            val process = ProcessBuilder(*command).redirectErrorStream(true).start()
            val output = process.inputStream.bufferedReader().readText()
            withClue(output) { process.waitFor() shouldBe 0 }
            return output
        }

        /** The module path of a compiled application. */
        fun application(folder: Path): String {
            val sources = folder.resolve("sources").createDirectories()
            val module = sources.resolve("module-info.java").apply { writeText(MODULE) }
            val main = sources.resolve("org/example").createDirectories().resolve("Main.java").apply { writeText(MAIN) }
            val classes = folder.resolve("classes")
            val libraries = jars.joinToString(File.pathSeparator)
            tool("javac", "-d", "$classes", "--module-path", libraries, "$module", "$main")
            return "$classes${File.pathSeparator}$libraries"
        }

        test("an application that requires the module runs, and its trace arrives") {
            val path = application(tempdir().toPath())
            val java = Path(System.getProperty("java.home"), "bin", "java").toString()
            // What is not required by some module is not there, as in an image.
            run(
                java,
                "--module-path",
                path,
                "--limit-modules",
                "org.example",
                "--module",
                "org.example/org.example.Main",
            ) shouldContain
                "GENERATION answer"
        }

        test("so it does on an image of the JDK's modules that are required") {
            val folder = tempdir().toPath()
            val path = application(folder)
            val java = Path(System.getProperty("java.home"), "bin", "java").toString()
            val required =
                run(
                    java,
                    "--module-path",
                    path,
                    "--add-modules",
                    "org.example",
                    "--limit-modules",
                    "org.example",
                    "--list-modules",
                )
                    .lines()
                    .map { it.substringBefore('@').substringBefore(' ') }
                    .filter { it.startsWith("java.") || it.startsWith("jdk.") }
            val image = folder.resolve("image")
            tool(
                "jlink",
                "--add-modules",
                required.joinToString(","),
                "--output",
                "$image",
                "--strip-debug",
                "--no-header-files",
            )
            run("$image/bin/java", "--module-path", path, "--module", "org.example/org.example.Main") shouldContain
                "GENERATION answer"
        }
    })

private val LIBRARIES =
    listOf(
        "opentelemetry-",
        "jackson-core-",
        "jackson-databind-",
        "jackson-annotations-",
        "jackson-datatype-",
        "jspecify-",
    )

private val MODULE =
    """
    module org.example {
      requires com.langfuse.sdk;
      requires com.langfuse.sdk.local;
    }
    """.trimIndent()

private val MAIN =
    """
    package org.example;

    import static com.langfuse.sdk.ObservationType.GENERATION;

    import com.langfuse.sdk.Langfuse;
    import com.langfuse.sdk.local.LocalLangfuse;
    import java.util.List;
    import java.util.Map;

    public final class Main {
      public static void main(String[] arguments) {
        try (LocalLangfuse local = LocalLangfuse.start()) {
          try (Langfuse langfuse =
              Langfuse.builder()
                  .publicKey(local.publicKey())
                  .secretKey(local.secretKey())
                  .baseUrl(local.baseUrl().toString())
                  .build()) {
            langfuse
                .observation("answer", GENERATION)
                .input(Map.of("question", List.of(1, java.time.Instant.EPOCH)))
                .run(answer -> answer.output("A fog horn."));
          }
          System.out.println(local.traces().get(0).toTree(false));
        }
      }
    }
    """.trimIndent()
