package com.langfuse.sdk.local;

import java.util.LinkedHashMap;
import java.util.Map;

/** What goes back over the wire: always JSON, as from Langfuse. */
record Answer(int status, String json, Map<String, String> headers) {

  static Answer ok(String json) {
    return new Answer(200, json, Map.of());
  }

  static Answer of(int status, Object body) {
    return new Answer(status, Json.text(body), Map.of());
  }

  static Answer error(int status, String message) {
    return of(status, Map.of("message", message));
  }

  Answer withHeader(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new Answer(status, json, more);
  }
}
