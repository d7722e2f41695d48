package com.langfuse.sdk.local;

import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Environment names as the server normalises them. */
final class Environment {

  static final String DEFAULT = "default";

  private static final int MAX_LENGTH = 40;
  private static final Pattern RESERVED = Pattern.compile("^(langfuse[-_]?)+");
  private static final Pattern VALID = Pattern.compile("[a-z0-9_-]+");

  static String normalise(@Nullable String sent) {
    if (sent == null) {
      return DEFAULT;
    }
    String name = RESERVED.matcher(sent.toLowerCase(Locale.ROOT)).replaceFirst("");
    String cut = name.substring(0, Math.min(name.length(), MAX_LENGTH));
    return VALID.matcher(cut).matches() ? cut : DEFAULT;
  }

  private Environment() {}
}
