package com.langfuse.sdk.local;

import java.io.Console;

/** Colours by meaning, or none at all. */
enum Palette {
  PLAIN,
  ANSI;

  private static final String RESET = "\u001b[0m";
  private static final String BOLD = "1";
  private static final String DIM = "2";
  private static final String RED = "31";
  private static final String GREEN = "32";
  private static final String YELLOW = "33";
  private static final String BLUE = "34";
  private static final String MAGENTA = "35";
  private static final String CYAN = "36";

  /** Colour on a terminal, unless the user has asked for none by setting {@code NO_COLOR}. */
  static Palette ofStandardOutput() {
    return isTerminal() && System.getenv("NO_COLOR") == null ? ANSI : PLAIN;
  }

  @SuppressWarnings(
      "SystemConsoleNull") // null still decides on Java 17 to 21; later ones are asked
  private static boolean isTerminal() {
    Console console = System.console();
    if (console == null) {
      return false;
    }
    try {
      return (boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (ReflectiveOperationException beforeJava22) {
      return true;
    }
  }

  String title(String text) {
    return paint(BOLD, text);
  }

  /** What frames the content: branches, times, counts. */
  String quiet(String text) {
    return paint(DIM, text);
  }

  String type(String type) {
    return switch (type) {
      case ObservationType.GENERATION, "EMBEDDING" -> paint(MAGENTA, type);
      case "AGENT", "CHAIN" -> paint(BLUE, type);
      case "TOOL", "RETRIEVER" -> paint(CYAN, type);
      case "EVALUATOR", "GUARDRAIL" -> paint(GREEN, type);
      default -> quiet(type);
    };
  }

  String level(String level, String text) {
    return switch (level) {
      case Level.ERROR -> paint(RED, text);
      case Level.WARNING -> paint(YELLOW, text);
      default -> quiet(text);
    };
  }

  private String paint(String code, String text) {
    return this == PLAIN ? text : "\u001b[" + code + "m" + text + RESET;
  }
}
