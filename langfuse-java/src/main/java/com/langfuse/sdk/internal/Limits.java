package com.langfuse.sdk.internal;

import java.time.Duration;

/**
 * How much of one value is recorded. What is over a limit is left out with a text in its place.
 *
 * @param depth objects and lists inside each other
 * @param values elements, names and plain values, in all
 * @param characters of JSON, about
 * @param time for reading and writing; one second more for 2 million characters
 */
record Limits(int depth, long values, long characters, Duration time) {

  /**
   * The server takes requests of 10 MB, whose schemas of tools nest some 30 levels. Reading a level
   * takes about 1 kB of stack. Jackson reads no text of more than 20 million characters.
   */
  static final Limits DEFAULT = new Limits(100, 10_000_000, 16_000_000, Duration.ofSeconds(2));

  /** The same, for what is in memory already: only reading the application's values takes time. */
  Limits untimed() {
    return new Limits(depth, values, characters, Duration.ofDays(1));
  }
}
