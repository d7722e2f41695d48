package com.langfuse.sdk.local;

import static java.util.Map.entry;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Severity of an observation, with the many words the server understands for it. */
final class Level {

  static final String DEBUG = "DEBUG";
  static final String DEFAULT = "DEFAULT";
  static final String WARNING = "WARNING";
  static final String ERROR = "ERROR";

  /** Harmless ones first. */
  static final List<String> ALL = List.of(DEBUG, DEFAULT, WARNING, ERROR);

  static final Comparator<String> BY_SEVERITY = Comparator.comparingInt(ALL::indexOf);

  private static final Map<String, String> ALIASES =
      Map.ofEntries(
          entry("DEBUG", DEBUG),
          entry("TRACE", DEBUG),
          entry("VERBOSE", DEBUG),
          entry("DEFAULT", DEFAULT),
          entry("INFO", DEFAULT),
          entry("LOG", DEFAULT),
          entry("NOTICE", DEFAULT),
          entry("OK", DEFAULT),
          entry("SUCCESS", DEFAULT),
          entry("WARNING", WARNING),
          entry("WARN", WARNING),
          entry("ERROR", ERROR),
          entry("FATAL", ERROR),
          entry("CRITICAL", ERROR));

  /** The level that was sent, if it is one; else what the OpenTelemetry status says. */
  static String of(@Nullable String sent, String otelStatus) {
    String fromStatus = otelStatus.equals("ERROR") ? ERROR : DEFAULT;
    return sent == null
        ? fromStatus
        : ALIASES.getOrDefault(sent.strip().toUpperCase(Locale.ROOT), fromStatus);
  }

  private Level() {}
}
