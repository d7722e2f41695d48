package com.langfuse.sdk.media;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How model vendors write a file into JSON: an object with base64 in one field, often with what it
 * is in another.
 *
 * @param dataField which field has the base64
 * @param type what these data are; null for data that are no file
 */
record MediaShape(String dataField, Function<String, @Nullable String> type) {

  private static final List<String> TYPE_FIELDS =
      List.of("media_type", "mediaType", "mime_type", "mimeType");

  /** Anthropic; Vertex; AI SDK; tools by MCP. */
  private static final Set<String> TYPES =
      Set.of("base64", "media", "file", "image", "audio", "image-data", "file-data");

  /** Gemini. */
  private static final Set<String> INLINE = Set.of("inline_data", "inlineData");

  /** OpenAI, in requests and in answers. */
  private static final Set<String> SOUND = Set.of("input_audio", "audio");

  /** Bedrock, with a format; the bytes are one object further down. */
  private static final Set<String> CONVERSE = Set.of("image", "document", "video", "audio");

  static final String CONVERSE_DATA = "source.bytes";

  /** An item of OpenAI's Responses API. */
  private static final String GENERATED_IMAGE = "image_generation_call";

  /** Arrays of base64: Ollama, Stability. */
  static final String IMAGES = "images";

  /** Short texts that tell what an object is. */
  static final Set<String> WORD_FIELDS =
      Set.of("type", "format", "media_type", "mediaType", "mime_type", "mimeType");

  /** What is base64 in these is a file where a type says so: MCP; LangChain4j; Imagen and Veo. */
  private static final List<String> TYPED_DATA =
      List.of("blob", "base64Data", "bytesBase64Encoded", "imageBytes", "videoBytes");

  /**
   * What is base64 in these is a file where its first bytes say so: OpenAI's images; Vercel's AI
   * SDK; Bedrock; the results of image generation; OpenAI's files; Spring AI's Media.
   */
  private static final List<String> SIGNED_DATA =
      List.of(
          "b64_json",
          "partial_image_b64",
          "image",
          "base64",
          "bytes",
          CONVERSE_DATA,
          "result",
          "file_data",
          "data");

  /** Where base64 may be. */
  static final Set<String> DATA_FIELDS =
      Set.of(
          "data",
          "content",
          "blob",
          "base64Data",
          "bytesBase64Encoded",
          "imageBytes",
          "videoBytes",
          "b64_json",
          "partial_image_b64",
          "image",
          "base64",
          "bytes",
          "result",
          "file_data");

  /** A text without any of these has none of these objects. No part of them is frequent. */
  static final List<String> SIGNS =
      List.of(
          "\"media_type\"",
          "\"mediaType\"",
          "\"mime_type\"",
          "\"mimeType\"",
          "_audio\"",
          "\"audio\"",
          "\"b64_json\"",
          "\"file_data\"",
          "_image_b64\"",
          "\"base64\"",
          "\"bytes\"",
          "\"image\"",
          "\"images\"",
          GENERATED_IMAGE);

  /**
   * The files that an object has.
   *
   * @param name of the object, in the one around it; empty where it has none
   * @param words its short texts
   * @param data which fields may be base64
   */
  static List<MediaShape> of(String name, Map<String, String> words, Set<String> data) {
    MediaShape typed = typed(name, words, data);
    if (typed != null) {
      return List.of(typed);
    }
    List<MediaShape> found = new ArrayList<>();
    for (String field : SIGNED_DATA) {
      boolean isResult = field.equals("result");
      if (data.contains(field) && (!isResult || GENERATED_IMAGE.equals(words.get("type")))) {
        found.add(signed(field));
      }
    }
    return found;
  }

  private static @Nullable MediaShape typed(
      String name, Map<String, String> words, Set<String> data) {
    String format = words.get("format");
    if (data.contains(CONVERSE_DATA) && format != null && CONVERSE.contains(name)) {
      return new MediaShape(CONVERSE_DATA, base64 -> MediaType.ofFormat(name, format));
    }
    String contentType = contentType(words);
    if (contentType == null) {
      return SOUND.contains(name) && data.contains("data")
          ? new MediaShape("data", base64 -> MediaType.ofSound(format, base64))
          : null;
    }
    String type = words.getOrDefault("type", "");
    if (data.contains("data") && (TYPES.contains(type) || INLINE.contains(name))) {
      return declared("data", contentType);
    }
    if (data.contains("image") && type.equals("image")) {
      return new MediaShape("image", base64 -> MediaType.ofSignatureOr(contentType, base64));
    }
    if (data.contains("content") && type.equals("blob")) {
      return declared("content", contentType);
    }
    for (String field : TYPED_DATA) {
      if (data.contains(field)) {
        return declared(field, contentType);
      }
    }
    return null;
  }

  private static MediaShape declared(String field, String contentType) {
    return new MediaShape(field, base64 -> MediaType.checked(contentType));
  }

  /** Of data that say themselves what they are. */
  static MediaShape signed(String field) {
    return new MediaShape(field, MediaType::ofSignature);
  }

  private static @Nullable String contentType(Map<String, String> words) {
    return TYPE_FIELDS.stream().filter(words::containsKey).findFirst().map(words::get).orElse(null);
  }
}
