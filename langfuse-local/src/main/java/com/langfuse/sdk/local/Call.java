package com.langfuse.sdk.local;

import com.sun.net.httpserver.HttpExchange;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/** A request as far as it has been read. Header names are in lower case. */
@SuppressWarnings("ArrayRecordComponent") // lives for one request, never compared
record Call(
    String method,
    String path,
    @Nullable String query,
    Map<String, String> headers,
    byte[] body,
    Instant at) {

  /** Without the body, which is still to be read. */
  static Call of(HttpExchange exchange, Instant at) {
    Map<String, String> headers = new TreeMap<>();
    exchange
        .getRequestHeaders()
        .forEach(
            (name, values) ->
                headers.put(name.toLowerCase(Locale.ROOT), String.join(", ", values)));
    return new Call(
        exchange.getRequestMethod(),
        String.valueOf(exchange.getRequestURI().getPath()), // none in the target of a CONNECT
        exchange.getRequestURI().getRawQuery(),
        headers,
        new byte[0],
        at);
  }

  Call withBody(byte[] read) {
    return new Call(method, path, query, headers, read, at);
  }

  @Nullable String header(String name) {
    return headers.get(name);
  }

  /** The body; of one that came compressed, the first bytes after inflating. */
  byte[] content(int atMost) throws RefusedException {
    String encoding = headers.getOrDefault("content-encoding", "").toLowerCase(Locale.ROOT);
    if (!encoding.contains("gzip")) {
      return body;
    }
    try (var gzip = new GZIPInputStream(new ByteArrayInputStream(body))) {
      return gzip.readNBytes(atMost);
    } catch (IOException e) {
      throw new RefusedException("Body is not gzip", e);
    }
  }

  ReceivedRequest answered(int status, int spans) {
    return new ReceivedRequest(method, path, headers, body, spans, status, at);
  }
}
