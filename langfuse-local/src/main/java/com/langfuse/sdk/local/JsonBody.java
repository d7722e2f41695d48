package com.langfuse.sdk.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * The body of a request to one of Langfuse's routes that have their bodies parsed for them. That
 * comes before all else, the keys included, and nothing is inflated.
 */
final class JsonBody {

  private static final List<String> TYPES = List.of("application/json", "application/ld+json");

  /**
   * Returns what the body holds: a missing node if it is not said to be JSON, an empty object if it
   * is empty.
   *
   * @throws RefusedException if it is compressed, too large or not JSON
   */
  static JsonNode of(Call call) throws RefusedException {
    String encoding = header(call, "content-encoding");
    if (!encoding.isEmpty() && !encoding.equals("identity")) {
      throw invalid();
    }
    byte[] content = call.content();
    if (!TYPES.contains(header(call, "content-type").split(";", 2)[0].strip())) {
      return MissingNode.getInstance();
    } else if (content.length == 0) {
      return JsonNodeFactory.instance.objectNode();
    }
    JsonNode body = Json.parse(new String(content, StandardCharsets.UTF_8));
    if (body == null) {
      throw invalid();
    }
    return body;
  }

  private static RefusedException invalid() {
    return RefusedException.byParser(400, "Invalid JSON");
  }

  private static String header(Call call, String name) {
    return Objects.requireNonNullElse(call.header(name), "").strip().toLowerCase(Locale.ROOT);
  }

  private JsonBody() {}
}
