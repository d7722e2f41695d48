package com.langfuse.sdk.local;

import com.sun.net.httpserver.HttpExchange;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A request as far as it has been read. Header names are in lower case. */
record Call(
    String method,
    String path,
    @Nullable String query,
    Map<String, String> headers,
    Body body,
    Instant at) {

  private static final String HOST = "host";

  /** Without the body, which is still to be read. */
  static Call of(HttpExchange exchange, Instant at) {
    Map<String, String> headers = new TreeMap<>();
    exchange
        .getRequestHeaders()
        .forEach(
            (name, values) ->
                headers.put(name.toLowerCase(Locale.ROOT), String.join(", ", values)));
    // A target with a host of its own, as for a proxy, is for that host, whatever the header says.
    String authority = exchange.getRequestURI().getRawAuthority();
    if (authority != null && !authority.equalsIgnoreCase(headers.get(HOST))) {
      headers.merge(HOST, authority, (header, target) -> header + ", " + target);
    }
    return new Call(
        exchange.getRequestMethod(),
        String.valueOf(exchange.getRequestURI().getPath()), // none in the target of a CONNECT
        exchange.getRequestURI().getRawQuery(),
        headers,
        Body.NONE,
        at);
  }

  Call withBody(Body read) {
    return new Call(method, path, query, headers, read, at);
  }

  @Nullable String header(String name) {
    return headers.get(name);
  }

  /**
   * The body as far as the route inflates it; refused if it is too large or is not what it says.
   */
  byte[] content() throws RefusedException {
    RefusedException problem = body.problem();
    if (problem != null) {
      throw problem;
    }
    return body.content();
  }

  ReceivedRequest answered(int status, int spans) {
    return new ReceivedRequest(method, path, headers, body.wire(), spans, status, at);
  }
}
