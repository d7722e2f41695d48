package com.langfuse.sdk.internal;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.util.JsonParserDelegate;
import java.io.IOException;

/** Reads JSON that is in memory as one text: strings and numbers of any length, each as written. */
public final class JsonText {

  private static final JsonFactory JSON =
      JsonBuffers.own(
          JsonFactory.builder()
              .streamReadConstraints(
                  StreamReadConstraints.builder()
                      .maxStringLength(Integer.MAX_VALUE)
                      .maxNumberLength(Integer.MAX_VALUE)
                      .build())
              .build());

  private JsonText() {}

  /** Whether a text is one JSON value and nothing else. */
  static boolean isJson(String text) {
    try (JsonParser parser = JSON.createParser(text)) {
      if (parser.nextToken() == null) {
        return false;
      }
      parser.skipChildren();
      return parser.nextToken() == null;
    } catch (IOException other) {
      return false;
    }
  }

  /**
   * A parser whose limits do not depend on the version of Jackson, nor on the application's
   * settings.
   *
   * @throws IOException if the text cannot be read; none of what it says is checked yet
   */
  public static JsonParser parser(String json) throws IOException {
    return new NumberParser(JSON.createParser(json));
  }

  /** Jackson 2.15 takes a number beyond the range of {@code double} for NaN, and reads infinity. */
  private static final class NumberParser extends JsonParserDelegate {

    NumberParser(JsonParser parser) {
      super(parser);
    }

    @Override
    public boolean isNaN() {
      return false; // JSON has no such number
    }
  }
}
