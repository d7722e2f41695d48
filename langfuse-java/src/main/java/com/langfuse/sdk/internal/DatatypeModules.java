package com.langfuse.sdk.internal;

import com.fasterxml.jackson.databind.Module;
import com.fasterxml.jackson.databind.cfg.PackageVersion;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * Jackson's modules for {@code java.time} and {@code Optional}. An application may have left them
 * out, or have them in a version that does not fit its databind: {@link JdkValues} is in their
 * place then, and one warning of the process says so.
 */
final class DatatypeModules {

  private static final String GROUP = "com.fasterxml.jackson.datatype:";
  private static final AtomicBoolean WARNED = new AtomicBoolean();

  private DatatypeModules() {}

  static void addTo(JsonMapper.Builder mapper, QuietLog log) {
    List<String> missing = new ArrayList<>();
    add("jackson-datatype-jsr310", () -> Times.module(), mapper, missing);
    add("jackson-datatype-jdk8", () -> Optionals.module(), mapper, missing);
    if (!missing.isEmpty() && WARNED.compareAndSet(false, true)) {
      log.warn("datatypes", warning(missing));
    }
  }

  private static void add(
      String artifact, Supplier<Module> module, JsonMapper.Builder mapper, List<String> missing) {
    try {
      mapper.addModule(module.get());
    } catch (LinkageError | RuntimeException absentOrOfAnotherVersion) {
      missing.add(artifact);
    }
  }

  private static String warning(List<String> missing) {
    String version = PackageVersion.VERSION.toString();
    String artifacts = String.join(" and ", missing);
    List<String> coordinates =
        missing.stream().map(artifact -> GROUP + artifact + ":" + version).toList();
    return artifacts
        + (missing.size() == 1 ? " is" : " are")
        + " not on the class path, or not in a version that fits jackson-databind "
        + version
        + ": java.time values are recorded as ISO 8601 text and Optional as its value, but without"
        + " what Jackson's annotations such as @JsonFormat say about them. To have these applied,"
        + " add "
        + String.join(" and ", coordinates)
        + ".";
  }

  // Each in a class of its own, which is linked when it is asked and not before.

  private static final class Times {
    static Module module() {
      return new JavaTimeModule();
    }
  }

  private static final class Optionals {
    static Module module() {
      return new Jdk8Module();
    }
  }
}
