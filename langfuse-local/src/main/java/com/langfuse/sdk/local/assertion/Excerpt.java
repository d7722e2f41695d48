package com.langfuse.sdk.local.assertion;

import com.langfuse.sdk.local.TerminalText;

/** The part of a text that matters, on one line. */
final class Excerpt {

  private static final int LONGEST = 80;
  private static final int BEFORE = 20;

  static String of(String text) {
    return TerminalText.oneLine(text, LONGEST);
  }

  /** From shortly before the place where the text differs from the other one. */
  static String of(String text, String other) {
    int same = 0;
    while (same < Math.min(text.length(), other.length())
        && text.charAt(same) == other.charAt(same)) {
      same++;
    }
    int from = same - BEFORE;
    if (from <= 0 || Math.max(text.length(), other.length()) <= LONGEST) {
      return of(text);
    }
    return "…" + of(text.substring(from));
  }

  private Excerpt() {}
}
