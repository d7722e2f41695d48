package com.langfuse.sdk.internal;

import static com.langfuse.sdk.internal.PublicMethods.call;
import static com.langfuse.sdk.internal.PublicMethods.callIfPresent;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Chat messages of LangChain4j and Spring AI, as the chat messages of OpenAI's API that Langfuse
 * renders: {@code role}, {@code content}, {@code tool_calls}.
 */
final class ForeignMessages {

  private static final Map<String, String> ROLES =
      Map.of(
          "USER", "user", "SYSTEM", "system", "AI", "assistant", "TOOL_EXECUTION_RESULT", "tool");

  private ForeignMessages() {}

  /** An object that leaves out what is null or empty. */
  private static final class Fields extends LinkedHashMap<String, @Nullable Object> {
    private static final long serialVersionUID = 1L;

    private Fields with(String name, @Nullable Object value) {
      boolean isEmpty =
          value == null
              || (value instanceof Collection<?> all && all.isEmpty())
              || (value instanceof Map<?, ?> map && map.isEmpty());
      if (!isEmpty) {
        put(name, value);
      }
      return this;
    }
  }

  static Object langChain(Object message) throws Throwable {
    String type = String.valueOf(call(message, "type"));
    return new Fields()
        .with("role", ROLES.getOrDefault(type, type.toLowerCase(Locale.ROOT)))
        .with("tool_call_id", callIfPresent(message, "id"))
        .with("name", firstOf(message, "name", "toolName"))
        .with("content", langChainText(message))
        .with("thinking", callIfPresent(message, "thinking"))
        .with("tool_calls", callIfPresent(message, "toolExecutionRequests"))
        .with("images", callIfPresent(message, "images"))
        .with("is_error", callIfPresent(message, "isError"))
        .with("attributes", callIfPresent(message, "attributes"));
  }

  private static @Nullable Object firstOf(Object value, String first, String second)
      throws Throwable {
    Object found = callIfPresent(value, first);
    return found == null ? callIfPresent(value, second) : found;
  }

  private static @Nullable Object langChainText(Object message) throws Throwable {
    Object contents = callIfPresent(message, "contents");
    boolean isList =
        contents instanceof Collection<?>
            && Boolean.FALSE.equals(callIfPresent(message, "hasSingleText"));
    return isList ? contents : firstOf(message, "singleText", "text");
  }

  static Object langChainContent(Object content) throws Throwable {
    String type = String.valueOf(call(content, "type"));
    if (type.equals("TEXT")) {
      return part("text").with("text", call(content, "text"));
    }
    Object image = type.equals("IMAGE") ? call(content, "image") : null;
    if (image != null) {
      return part("image_url")
          .with("image_url", new Fields().with("url", url(image)).with("detail", detail(content)));
    }
    Fields part = part(type.toLowerCase(Locale.ROOT));
    if (accessors(content.getClass()).of(content) instanceof Map<?, ?> fields) {
      fields.forEach((name, value) -> part.with(String.valueOf(name), value));
    }
    return part;
  }

  private static Fields part(String type) {
    return new Fields().with("type", type);
  }

  private static @Nullable Object url(Object image) throws Throwable {
    Object data = call(image, "base64Data");
    Object type = Objects.requireNonNullElse(call(image, "mimeType"), "image/png");
    return data == null ? call(image, "url") : "data:" + type + ";base64," + data;
  }

  private static @Nullable Object detail(Object content) throws Throwable {
    Object detail = callIfPresent(content, "detailLevel");
    return detail == null ? null : detail.toString().toLowerCase(Locale.ROOT);
  }

  static Object langChainCall(Object request) throws Throwable {
    return toolCall(call(request, "id"), call(request, "name"), call(request, "arguments"));
  }

  private static Fields toolCall(
      @Nullable Object id, @Nullable Object name, @Nullable Object arguments) {
    return new Fields()
        .with("id", id)
        .with("type", "function")
        .with("function", new Fields().with("name", name).with("arguments", arguments));
  }

  /** By the accessors that have the name and the type of a field, as in a record. */
  static ForeignForm accessors(Class<?> type) {
    List<String> names = new ArrayList<>();
    for (Class<?> each = type; each != null; each = each.getSuperclass()) {
      List<String> own = new ArrayList<>();
      for (Field field : each.getDeclaredFields()) {
        if (!Modifier.isStatic(field.getModifiers()) && hasAccessor(type, field)) {
          own.add(field.getName());
        }
      }
      names.addAll(0, own);
    }
    return names.isEmpty() ? ForeignForm.text(type) : value -> fields(value, names);
  }

  private static boolean hasAccessor(Class<?> type, Field field) {
    try {
      return field.getType().isAssignableFrom(type.getMethod(field.getName()).getReturnType())
          && PublicMethods.has(type, field.getName());
    } catch (NoSuchMethodException none) {
      return false;
    }
  }

  private static Object fields(Object value, List<String> names) throws Throwable {
    Fields fields = new Fields();
    for (String name : names) {
      fields.with(name, call(value, name));
    }
    return fields;
  }

  static Object spring(Object message) throws Throwable {
    Object type = call(message, "getMessageType");
    Object role = type == null ? null : call(type, "getValue");
    Fields fields = new Fields().with("role", role);
    if (callIfPresent(message, "getResponses") instanceof List<?> responses) {
      return springResults(fields, responses);
    }
    return fields
        .with("content", springContent(message))
        .with("tool_calls", callIfPresent(message, "getToolCalls"))
        .with("metadata", springMetadata(message));
  }

  private static @Nullable Object springContent(Object message) throws Throwable {
    Object text = call(message, "getText");
    if (!(callIfPresent(message, "getMedia") instanceof Collection<?> media) || media.isEmpty()) {
      return text;
    }
    List<Object> parts = new ArrayList<>();
    if (text != null) {
      parts.add(part("text").with("text", text));
    }
    parts.addAll(media);
    return parts;
  }

  /** Without the role, which it repeats. */
  private static @Nullable Object springMetadata(Object message) throws Throwable {
    if (!(call(message, "getMetadata") instanceof Map<?, ?> metadata)) {
      return null;
    }
    Map<Object, Object> others = new HashMap<>(metadata);
    others.remove("messageType");
    return others;
  }

  private static Object springResults(Fields message, List<?> responses) throws Throwable {
    if (responses.size() == 1) {
      return springResult(message, responses.get(0));
    }
    List<Object> results = new ArrayList<>();
    for (Object response : responses) {
      results.add(springResult(part("tool_result"), response));
    }
    return message.with("content", results);
  }

  private static Fields springResult(Fields fields, Object response) throws Throwable {
    return fields
        .with("tool_call_id", call(response, "id"))
        .with("name", call(response, "name"))
        .with("content", call(response, "responseData"));
  }

  static Object springCall(Object toolCall) throws Throwable {
    return toolCall(call(toolCall, "id"), call(toolCall, "name"), call(toolCall, "arguments"));
  }

  /** Each message once: it has getters for choices of them. */
  static Object springPrompt(Object prompt) throws Throwable {
    return new Fields()
        .with("messages", call(prompt, "getInstructions"))
        .with("options", call(prompt, "getOptions"));
  }

  static Object springResponse(Object response) throws Throwable {
    return new Fields()
        .with("results", call(response, "getResults"))
        .with("metadata", call(response, "getMetadata"));
  }

  static Object springDocument(Object document) throws Throwable {
    return new Fields()
        .with("id", call(document, "getId"))
        .with("text", callIfPresent(document, "getText"))
        .with("media", callIfPresent(document, "getMedia"))
        .with("metadata", call(document, "getMetadata"))
        .with("score", callIfPresent(document, "getScore"));
  }

  static Object springMedia(Object media) throws Throwable {
    String type = String.valueOf(call(media, "getMimeType"));
    Object data = call(media, "getData");
    return part("media")
        .with("mimeType", type)
        .with("name", callIfPresent(media, "getName"))
        .with("data", data instanceof byte[] bytes ? new FileBytes(bytes, type) : data);
  }
}
