package com.langfuse.sdk.export;

import com.langfuse.sdk.internal.BackgroundThread;
import com.langfuse.sdk.internal.ClassLoaders;
import com.langfuse.sdk.line.Answer;
import com.langfuse.sdk.line.Outcome;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/**
 * Loads what delivering needs while it can be loaded. Launchers such as {@code mvn exec:java} close
 * the program's class loader before the JVM ends, and the exit hook would find no class that has
 * not been used by then. For the SDK's own exit hook.
 *
 * <p>The SDK's classes are found by looking into its jar, those of Jackson by encoding samples,
 * those of OpenTelemetry have been loaded by {@link LinkageCheck}: no list of names has to be kept
 * up to date.
 */
public final class ClassWarmUp {

  private static final String CLASS = ".class";

  private ClassWarmUp() {}

  /**
   * Does nothing where the class loader lives as long as the JVM, and passes no failure on.
   *
   * @param sdk a class of the SDK's root package
   * @param samples more of what delivering does, to be done once
   */
  public static void run(Class<?> sdk, Runnable... samples) {
    ClassLoader loader = Objects.requireNonNull(sdk, "sdk").getClassLoader();
    if (loader == null || ClassLoaders.isOfJvm(loader)) {
      return;
    }
    Thread thread = BackgroundThread.create("langfuse-warm-up", () -> load(sdk, loader, samples));
    try {
      thread.start();
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // it goes on meanwhile
    } catch (VirtualMachineError noThread) {
      // The exit hook says what it cannot deliver.
    }
  }

  /**
   * On a thread of its own: libraries keep buffers in thread-locals, and a thread of the container
   * would keep the class loader by them.
   */
  private static void load(Class<?> sdk, ClassLoader loader, Runnable... samples) {
    try {
      for (String name : names(sdk)) {
        link(name, loader);
      }
      readSamples();
      for (Runnable sample : samples) {
        sample.run();
      }
    } catch (Throwable incomplete) {
      // The exit hook says what it cannot deliver.
    }
  }

  private static void link(String name, ClassLoader loader) {
    try {
      // Reflection links a class, which loads what its code is verified against.
      var unused = Class.forName(name, false, loader).getDeclaredMethods();
    } catch (Throwable optionalLibraryIsMissing) {
      // Then delivering does not use it either.
    }
  }

  private static List<String> names(Class<?> sdk) throws IOException, URISyntaxException {
    CodeSource source = sdk.getProtectionDomain().getCodeSource();
    List<String> names = new ArrayList<>();
    if (source == null) {
      return names;
    }
    String prefix = sdk.getPackageName().replace('.', '/') + "/";
    Path place = Path.of(source.getLocation().toURI());
    if (Files.isDirectory(place)) {
      try (Stream<Path> files = Files.walk(place.resolve(prefix))) {
        files.forEach(file -> names.add(place.relativize(file).toString().replace('\\', '/')));
      }
    } else {
      try (JarFile jar = new JarFile(place.toFile())) {
        jar.stream().forEach(entry -> names.add(entry.getName()));
      }
    }
    names.removeIf(name -> !name.startsWith(prefix) || !name.endsWith(CLASS));
    names.replaceAll(name -> name.substring(0, name.length() - CLASS.length()).replace('/', '.'));
    return names;
  }

  private static void readSamples() {
    String json =
        """
        {"successes": [{"id": "text", "status": 201}], "errors": [], "number": [1, 1.5, true, null],
         "partialSuccess": {"rejectedSpans": "1", "errorMessage": "text"}}""";
    List<Answer> answers =
        List.of(
            Answer.sample("application/json", json),
            Answer.sample("text/html", "<html><title>text</title>"),
            Answer.sample("application/x-protobuf", "\n\0"));
    for (Answer answer : answers) {
      Outcome outcome = new Outcome(answer, answer.words(), 1, answer.isForeign());
      var unused = PartialSuccess.of(outcome, 1);
    }
  }
}
