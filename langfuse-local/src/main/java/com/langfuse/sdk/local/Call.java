package com.langfuse.sdk.local;

import com.sun.net.httpserver.HttpExchange;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A request that has been read. Header names are in lower case. */
@SuppressWarnings("ArrayRecordComponent") // lives for one request, never compared
record Call(String method, String path, Map<String, String> headers, byte[] body) {

  static Call of(HttpExchange exchange, byte[] body) {
    Map<String, String> headers = new TreeMap<>();
    exchange
        .getRequestHeaders()
        .forEach(
            (name, values) ->
                headers.put(name.toLowerCase(Locale.ROOT), String.join(", ", values)));
    return new Call(
        exchange.getRequestMethod(),
        String.valueOf(exchange.getRequestURI().getPath()), // none in the target of a CONNECT
        headers,
        body);
  }

  @Nullable String header(String name) {
    return headers.get(name);
  }

  ReceivedRequest answered(int status, int spans) {
    return new ReceivedRequest(method, path, headers, body, spans, status);
  }
}
