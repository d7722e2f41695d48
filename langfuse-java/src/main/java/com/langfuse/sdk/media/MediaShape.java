package com.langfuse.sdk.media;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How model vendors write a file into JSON: an object with base64 in one field and what it is in
 * another.
 *
 * @param dataField which field has the base64
 * @param contentType null where it is sound, of this format
 * @param soundFormat null where only the data can tell
 */
record MediaShape(String dataField, @Nullable String contentType, @Nullable String soundFormat) {

  private static final List<String> TYPE_FIELDS =
      List.of("media_type", "mediaType", "mime_type", "mimeType");

  /** Anthropic; Vertex; AI SDK; tools by MCP. */
  private static final Set<String> TYPES = Set.of("base64", "media", "file", "image", "audio");

  /** Gemini. */
  private static final Set<String> INLINE = Set.of("inline_data", "inlineData");

  /** OpenAI, in requests and in answers. */
  private static final Set<String> SOUND = Set.of("input_audio", "audio");

  /** Short texts that tell what an object is. */
  static final Set<String> WORD_FIELDS =
      Set.of("type", "format", "media_type", "mediaType", "mime_type", "mimeType");

  /** Where base64 may be: everywhere; OpenTelemetry's parts; MCP; LangChain4j. */
  static final Set<String> DATA_FIELDS = Set.of("data", "content", "blob", "base64Data");

  /** A text without any of these has none of these objects. No part of them is frequent. */
  static final List<String> SIGNS =
      List.of(
          "\"media_type\"",
          "\"mediaType\"",
          "\"mime_type\"",
          "\"mimeType\"",
          "_audio\"",
          "\"audio\"");

  /**
   * What an object is, if it is one of them.
   *
   * @param name of the object, in the one around it; empty where it has none
   * @param words its short texts
   * @param data which fields may be base64
   */
  static @Nullable MediaShape of(String name, Map<String, String> words, Set<String> data) {
    String contentType = contentType(words);
    if (contentType == null) {
      return SOUND.contains(name) && data.contains("data")
          ? new MediaShape("data", null, words.get("format"))
          : null;
    }
    String type = words.getOrDefault("type", "");
    if (data.contains("data") && (TYPES.contains(type) || INLINE.contains(name))) {
      return new MediaShape("data", contentType, null);
    }
    if (data.contains("content") && type.equals("blob")) {
      return new MediaShape("content", contentType, null);
    }
    for (String field : List.of("blob", "base64Data")) {
      if (data.contains(field)) {
        return new MediaShape(field, contentType, null);
      }
    }
    return null;
  }

  private static @Nullable String contentType(Map<String, String> words) {
    return TYPE_FIELDS.stream().filter(words::containsKey).findFirst().map(words::get).orElse(null);
  }

  /** Of these data. */
  String contentTypeOf(String base64) {
    return contentType == null
        ? MediaType.ofSound(soundFormat, base64)
        : MediaType.checked(contentType);
  }
}
