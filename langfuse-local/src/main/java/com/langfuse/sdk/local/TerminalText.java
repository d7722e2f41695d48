package com.langfuse.sdk.local;

import java.time.Duration;
import java.util.Locale;

/** Text from the outside, made fit for one place on one line of a terminal. */
public final class TerminalText {

  private static final int CONTROL_PICTURES = 0x2400;
  private static final int PICTURE_OF_DELETE = 0x2421;
  private static final int REPLACEMENT = 0xFFFD;
  private static final int SPACE = 0x20;
  private static final int DELETE = 0x7F;

  /** Makes control characters visible instead of effective, and cuts what is too long. */
  public static String oneLine(String text, int maxCodePoints) {
    StringBuilder line = new StringBuilder(Math.min(text.length(), maxCodePoints));
    text.codePoints()
        .limit(maxCodePoints)
        .map(TerminalText::harmless)
        .forEach(line::appendCodePoint);
    return text.codePointCount(0, text.length()) > maxCodePoints ? line + "…" : line.toString();
  }

  private static int harmless(int character) {
    if (character < SPACE) {
      return CONTROL_PICTURES + character;
    }
    if (character == DELETE) {
      return PICTURE_OF_DELETE;
    }
    return switch (Character.getType(character)) {
      // FORMAT holds the marks that turn the writing direction around.
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE ->
          REPLACEMENT;
      default -> character;
    };
  }

  /** Three digits or so in the unit that suits: 12 ms, 1.24 s, 3 min 05 s, 2 h 10 min. */
  public static String duration(Duration duration) {
    if (duration.isNegative()) {
      return "<1 ms"; // and long ones have no milliseconds
    } else if (duration.toHours() > 0) {
      return String.format(
          Locale.ROOT, "%d h %02d min", duration.toHours(), duration.toMinutesPart());
    } else if (duration.toMinutes() > 0) {
      return String.format(
          Locale.ROOT, "%d min %02d s", duration.toMinutes(), duration.toSecondsPart());
    }
    long millis = duration.toMillis();
    if (millis >= 1_000) {
      // Cut, not rounded, so that 59.999 s never reads as 60.00 s.
      return String.format(Locale.ROOT, "%d.%02d s", millis / 1_000, millis % 1_000 / 10);
    }
    return millis < 1 ? "<1 ms" : millis + " ms";
  }

  /** 1 span, 2 spans. */
  public static String count(int count, String noun) {
    return count + " " + noun + (count == 1 ? "" : "s");
  }

  private TerminalText() {}
}
