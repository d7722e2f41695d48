package com.langfuse.sdk.internal;

import java.security.CodeSource;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Explains a {@link LinkageError}: which versions of a library were found, which are needed, and
 * what to write into the build. Needs no library itself.
 */
public final class LinkageProblem {

  private static final Library OPENTELEMETRY =
      new Library(
          "OpenTelemetry",
          "opentelemetry",
          "io.opentelemetry:opentelemetry-bom",
          "opentelemetry.version",
          "",
          List.of(
              "io/opentelemetry/api/",
              "io/opentelemetry/common/",
              "io/opentelemetry/context/",
              "io/opentelemetry/sdk/"),
          List.of(
              "opentelemetry-api io.opentelemetry.api.trace.Span",
              "opentelemetry-context io.opentelemetry.context.Context",
              "opentelemetry-sdk-common io.opentelemetry.sdk.resources.Resource",
              "opentelemetry-sdk-trace io.opentelemetry.sdk.trace.SdkTracerProvider"));

  private static final Library JACKSON =
      new Library(
          "Jackson",
          "jackson",
          "com.fasterxml.jackson:jackson-bom",
          "jackson-bom.version",
          " (from Spring Boot 4 on jackson-2-bom.version)",
          List.of("com/fasterxml/jackson/"),
          List.of(
              "jackson-core com.fasterxml.jackson.core.JsonFactory",
              "jackson-databind com.fasterxml.jackson.databind.ObjectMapper",
              "jackson-annotations com.fasterxml.jackson.annotation.JsonProperty"));

  private static final int MAX_CAUSES = 20;

  private static final Pattern VERSION_IN_FILE_NAME = Pattern.compile("-(\\d[^/]*)\\.jar");

  private LinkageProblem() {}

  /** What was found, what is needed, and how to get it, in one message. Never throws. */
  public static String explain(LinkageError error) {
    for (Library library : List.of(JACKSON, OPENTELEMETRY)) {
      if (library.classes().stream().anyMatch(prefix -> isAbout(error, prefix))) {
        return library.advice(error);
      }
    }
    return "a class is missing on the class path, is there in another version, or cannot be"
        + " initialized: "
        + error;
  }

  /** The error that a throwable is, or was caused by; null for another failure. */
  static @Nullable LinkageError in(Throwable thrown) {
    Throwable each = thrown;
    for (int i = 0; each != null && i < MAX_CAUSES; i++) {
      if (each instanceof LinkageError error) {
        return error;
      }
      Throwable[] suppressed = each.getSuppressed();
      each = each.getCause() != null || suppressed.length == 0 ? each.getCause() : suppressed[0];
    }
    return null;
  }

  private static boolean isAbout(LinkageError error, String prefix) {
    Throwable each = error;
    for (int i = 0; each != null && i < MAX_CAUSES; i++) {
      String message = each instanceof LinkageError ? String.valueOf(each.getMessage()) : "";
      if (message.replace('.', '/').contains(prefix)) {
        return true;
      }
      each = each.getCause();
    }
    return false;
  }

  /**
   * @param word of the entries about it in {@code sdk.properties}
   * @param bom Maven coordinates without the version
   * @param property by which Spring Boot sets the version
   * @param propertyNote where its name differs
   * @param classes prefixes of its classes' names, as errors have them
   * @param parts artifacts, each with one of its classes
   */
  private record Library(
      String name,
      String word,
      String bom,
      String property,
      String propertyNote,
      List<String> classes,
      List<String> parts) {

    String advice(Throwable error) {
      String newest = SdkVersion.of(word + ".newest");
      String found = String.join(", ", parts.stream().map(Library::found).toList());
      return name
          + (" " + SdkVersion.of(word + ".oldest") + " or newer is needed, ")
          + ("all artifacts of one version; found were " + found + " (" + error + "). ")
          + ("With Spring Boot set "
              + property
              + " to "
              + newest
              + propertyNote
              + ": in Maven as <")
          + (property + ">" + newest + "</" + property + "> under <properties>, in Gradle as ext['")
          + (property + "'] = '" + newest + "'. Without it import " + bom + ":" + newest)
          + ": in Maven under <dependencyManagement>, in Gradle as a platform.";
    }

    private static String found(String part) {
      int space = part.indexOf(' ');
      return part.substring(0, space) + " " + versionOf(part.substring(space + 1));
    }

    private static String versionOf(String className) {
      try {
        Class<?> type = Class.forName(className, false, LinkageProblem.class.getClassLoader());
        String version = type.getPackage().getImplementationVersion();
        return version == null ? versionOf(type.getProtectionDomain().getCodeSource()) : version;
      } catch (Throwable missing) {
        return "(missing)";
      }
    }

    private static String versionOf(@Nullable CodeSource source) {
      Matcher version =
          VERSION_IN_FILE_NAME.matcher(source == null ? "" : source.getLocation().getPath());
      return version.find() ? version.group(1) : "(of a version that it does not tell)";
    }
  }
}
