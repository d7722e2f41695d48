package com.langfuse.sdk.local;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * What goes back over the wire: JSON, as from Langfuse, unless said otherwise.
 *
 * @param stream written instead of the body, for as long as it takes
 */
@SuppressWarnings("ArrayRecordComponent") // lives for one request, never compared
record Answer(int status, Map<String, String> headers, byte[] body, @Nullable Stream stream) {

  static final String CONTENT_TYPE = "Content-Type";

  private static final String JSON = "application/json; charset=utf-8";
  private static final byte[] NOTHING = {};

  /** Writes until it has no more to say; an exception ends it, as when the other side hangs up. */
  interface Stream {
    void writeTo(OutputStream out) throws IOException;
  }

  static Answer ok(String json) {
    return bytes(200, JSON, json.getBytes(StandardCharsets.UTF_8));
  }

  static Answer of(int status, Object body) {
    return bytes(status, JSON, Json.text(body).getBytes(StandardCharsets.UTF_8));
  }

  static Answer error(int status, String message) {
    return of(status, Map.of("message", message));
  }

  static Answer text(int status, String text) {
    return bytes(status, "text/plain; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
  }

  static Answer bytes(int status, String contentType, byte[] body) {
    return new Answer(status, Map.of(CONTENT_TYPE, contentType), body, null);
  }

  static Answer stream(String contentType, Stream stream) {
    return new Answer(200, Map.of(CONTENT_TYPE, contentType), NOTHING, stream);
  }

  Answer withHeader(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new Answer(status, more, body, stream);
  }

  /** These headers too, except those it has already. */
  Answer withDefaults(Map<String, String> defaults) {
    Map<String, String> more = new LinkedHashMap<>(defaults);
    more.putAll(headers);
    return new Answer(status, more, body, stream);
  }

  Answer compressed() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(body.length / 4);
    try (OutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Answer(status, headers, bytes.toByteArray(), stream)
        .withHeader("Content-Encoding", "gzip");
  }
}
