package com.langfuse.sdk.local;

import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Environment names as the server normalises them. */
final class Environment {

  static final String DEFAULT = "default";

  private static final int MAX_LENGTH = 40;
  private static final String RESERVED = "langfuse";
  private static final Pattern VALID = Pattern.compile("[a-z0-9_-]+");

  static String normalise(@Nullable String sent) {
    if (sent == null) {
      return DEFAULT;
    }
    String name = sent.toLowerCase(Locale.ROOT);
    int start =
        0; // by hand: a pattern that repeats a group ends in StackOverflowError on long texts
    while (name.startsWith(RESERVED, start)) {
      start += RESERVED.length();
      if (start < name.length() && "-_".indexOf(name.charAt(start)) >= 0) {
        start++;
      }
    }
    String cut = name.substring(start, Math.min(name.length(), start + MAX_LENGTH));
    return VALID.matcher(cut).matches() ? cut : DEFAULT;
  }

  private Environment() {}
}
