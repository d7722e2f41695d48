package com.langfuse.sdk.local;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** Tags in every form they come in: an array, JSON array text, a comma list, a single word. */
final class Tags {

  private static final List<String> KEYS =
      List.of(
          LangfuseAttributes.TRACE_TAGS,
          LangfuseAttributes.LANGFUSE_TAGS,
          LangfuseAttributes.OBSERVATION_METADATA + LangfuseAttributes.METADATA_TAGS,
          LangfuseAttributes.TRACE_METADATA + LangfuseAttributes.METADATA_TAGS,
          LangfuseAttributes.TAG_TAGS);

  static List<String> of(Attributes span) {
    for (String key : KEYS) {
      List<String> tags = parse(span.get(key));
      if (!tags.isEmpty()) {
        return tags;
      }
    }
    return List.of();
  }

  private static List<String> parse(@Nullable Object sent) {
    if (sent instanceof List<?> list) {
      List<String> tags = new ArrayList<>(list.size());
      list.forEach(each -> tags.add(Json.text(each)));
      return tags;
    }
    if (!(sent instanceof String text)) {
      return List.of();
    }
    JsonNode json = Json.parse(text);
    if (json != null && json.isArray()) {
      return StreamSupport.stream(json.spliterator(), false).map(Json::text).toList();
    }
    return Arrays.stream(text.split(",", -1))
        .map(String::strip)
        .filter(each -> !each.isEmpty())
        .toList();
  }

  private Tags() {}
}
