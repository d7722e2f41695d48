package com.langfuse.sdk.media;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.langfuse.sdk.internal.JsonBuffers;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds files in a JSON text. What is around them stays as it is, to the letter: the text is cut at
 * the places where strings begin and end, not written anew.
 */
final class JsonMedia {

  /** Long strings are skipped over, so they need no limit; names are not worth remembering. */
  private static final JsonFactory JSON =
      JsonBuffers.own(
          JsonFactory.builder()
              .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
              .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
              .streamReadConstraints(
                  StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
              .build());

  private static final JsonStringEncoder ESCAPES = JsonStringEncoder.getInstance();
  private static final int LONGEST_WORD = 200;
  private static final int SHORTEST_DATA = 8;

  /** A string without its quotes. */
  private record Span(int from, int to) {}

  /** An object or array that has begun. */
  private static final class Open {
    private final String name;
    private final Map<String, String> words = new HashMap<>();
    private final Map<String, Span> data = new HashMap<>();
    private final boolean isArray;
    private String field = "";

    private Open(String name, boolean isArray) {
      this.name = name;
      this.isArray = isArray;
    }
  }

  private final String text;
  private final Deque<Open> around = new ArrayDeque<>();

  /** Done when the whole text has proved to be JSON, and not before. */
  private final List<Runnable> finds = new ArrayList<>();

  private final MediaTaker taker;
  private final Edits edits;
  private int uriSign = -1;
  private int pendingSign = -1;

  private JsonMedia(String text, MediaTaker taker, Edits edits) {
    this.text = text;
    this.taker = taker;
    this.edits = edits;
  }

  /**
   * Finds them, and puts in their place what the taker says. False for a text that is not JSON, or
   * too deep: then nothing has been taken.
   */
  static boolean replaceIn(String text, MediaTaker taker, Edits edits) {
    return looksLikeJson(text) && new JsonMedia(text, taker, edits).replace();
  }

  private static boolean looksLikeJson(String text) {
    int first = 0;
    while (first < text.length() && Character.isWhitespace(text.charAt(first))) {
      first++;
    }
    return first < text.length() && "{[\"".indexOf(text.charAt(first)) >= 0;
  }

  private boolean replace() {
    try (JsonParser parser = JSON.createParser(text)) {
      around.push(new Open("", false));
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        read(token, parser);
      }
    } catch (IOException noJson) {
      return false;
    }
    finds.forEach(Runnable::run);
    return true;
  }

  private void read(JsonToken token, JsonParser parser) throws IOException {
    switch (token) {
      case START_OBJECT, START_ARRAY ->
          around.push(new Open(around.element().field, token == JsonToken.START_ARRAY));
      case END_OBJECT, END_ARRAY -> end(around.pop());
      case FIELD_NAME -> around.element().field = parser.currentName();
      case VALUE_STRING -> string(parser);
      default -> {}
    }
  }

  private void string(JsonParser parser) throws IOException {
    Span span = spanOf(parser);
    Open object = around.element();
    if (object.isArray && object.name.equals(MediaShape.IMAGES)) {
      found(MediaShape.signed(""), span);
    } else if (MediaShape.DATA_FIELDS.contains(object.field)) {
      object.data.put(object.field, span);
    } else if (MediaShape.WORD_FIELDS.contains(object.field)
        && span.to() - span.from() <= LONGEST_WORD) {
      object.words.put(object.field, parser.getText());
    }
    if (hasSign(span)) {
      String inside = text.substring(span.from(), span.to());
      boolean escaped = inside.indexOf('\\') >= 0;
      String value = escaped ? parser.getText() : inside;
      finds.add(() -> replace(span, value, escaped));
    }
  }

  private Span spanOf(JsonParser parser) throws IOException {
    int quote = Math.toIntExact(parser.currentTokenLocation().getCharOffset());
    if (text.charAt(quote) != '"') {
      throw new IOException("no string here");
    }
    int end = text.indexOf('"', quote + 1);
    while (isEscaped(end)) {
      end = text.indexOf('"', end + 1);
    }
    if (end < 0) {
      throw new IOException("no end of the string");
    }
    return new Span(quote + 1, end);
  }

  private boolean isEscaped(int at) {
    int slashes = 0;
    while (at - 1 - slashes >= 0 && text.charAt(at - 1 - slashes) == '\\') {
      slashes++;
    }
    return slashes % 2 == 1;
  }

  /** Strings come in order, so each part of the text is searched once. */
  private boolean hasSign(Span span) {
    uriSign = uriSign < span.from() ? next(DataUri.SIGN, span.from()) : uriSign;
    pendingSign = pendingSign < span.from() ? next(PendingMedia.SIGN, span.from()) : pendingSign;
    return Math.min(uriSign, pendingSign) < span.to();
  }

  private int next(String sign, int from) {
    int at = text.indexOf(sign, from);
    return at < 0 ? Integer.MAX_VALUE : at;
  }

  private void replace(Span span, String value, boolean escaped) {
    String changed = MediaText.replaceInFreeText(value, taker);
    if (!changed.equals(value)) {
      String inside = escaped ? new String(ESCAPES.quoteAsString(changed)) : changed;
      edits.replace(span.from(), span.to(), inside);
    }
  }

  private void end(Open object) {
    if (object.data.isEmpty()) {
      return;
    }
    Span inner = object.name.equals("source") ? object.data.remove("bytes") : null;
    if (inner != null) {
      around.element().data.put(MediaShape.CONVERSE_DATA, inner); // which tells what it is
    }
    for (MediaShape shape : MediaShape.of(object.name, object.words, object.data.keySet())) {
      Span data = object.data.get(shape.dataField());
      if (data != null) {
        found(shape, data);
      }
    }
  }

  private void found(MediaShape shape, Span data) {
    if (data.to() - data.from() >= SHORTEST_DATA) {
      finds.add(() -> replace(shape, data));
    }
  }

  private void replace(MediaShape shape, Span data) {
    // Some writers escape slashes, and the padding.
    String base64 =
        text.substring(data.from(), data.to()).replace("\\/", "/").replace("\\u003d", "=");
    String type = shape.type().apply(base64);
    byte[] bytes = type == null ? null : Base64Text.decode(base64);
    String instead = bytes == null || type == null ? null : taker.take(type, bytes);
    if (instead != null) {
      edits.replace(data.from(), data.to(), instead);
    }
  }
}
