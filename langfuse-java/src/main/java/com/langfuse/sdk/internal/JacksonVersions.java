package com.langfuse.sdk.internal;

import com.fasterxml.jackson.core.Version;
import java.util.function.Supplier;

/** Which parts of Jackson are on the class path. */
final class JacksonVersions {

  private static final String OLDEST = "2.15.0";

  private JacksonVersions() {}

  /** What was found, and how to have it fit. */
  static String advice() {
    return "jackson-core "
        + of(() -> com.fasterxml.jackson.core.json.PackageVersion.VERSION)
        + " and jackson-databind "
        + databind()
        + " were found; all parts of Jackson have to be of one version, "
        + OLDEST
        + " or newer: import com.fasterxml.jackson:jackson-bom in Maven or Gradle, or set the"
        + " property jackson-bom.version (Spring Boot 3) or jackson-2-bom.version (Spring Boot 4).";
  }

  static String databind() {
    return of(() -> com.fasterxml.jackson.databind.cfg.PackageVersion.VERSION);
  }

  private static String of(Supplier<Version> part) {
    try {
      return part.get().toString();
    } catch (LinkageError absent) {
      return "of an unknown version";
    }
  }
}
