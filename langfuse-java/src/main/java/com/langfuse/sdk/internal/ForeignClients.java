package com.langfuse.sdk.internal;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Requests and responses of generated clients, as they go over the wire. */
final class ForeignClients {

  private ForeignClients() {}

  /**
   * Of openai-java and anthropic-java, whose classes need the mapper of their library: a plain one
   * writes helper methods as fields.
   *
   * @param root of the library's packages
   */
  static ForeignForm model(Class<?> type, String root) {
    Optional<String> raw = rawMethod(type);
    if (raw.isPresent()) {
      return ForeignForm.method(raw.get());
    }
    boolean isRequest = implementsType(type, root + "core.Params");
    if (isRequest && !PublicMethods.has(type, "_body")) {
      return value -> parameters(value);
    }
    MethodHandle mapper = mapper(type, root);
    if (mapper == null) {
      return ForeignForm.text(type);
    }
    return isRequest
        ? value -> request(value, root, mapper)
        : value -> new ForeignForm.Json(String.valueOf(mapper.invoke(value)));
  }

  /** Structured requests and responses wrap the ones that are sent. */
  private static Optional<String> rawMethod(Class<?> type) {
    return type.getSimpleName().startsWith("Structured")
        ? Arrays.stream(type.getMethods())
            .filter(method -> method.getParameterCount() == 0)
            .map(Method::getName)
            .filter(name -> name.startsWith("raw") && !name.contains("$"))
            .findFirst()
        : Optional.empty();
  }

  private static boolean implementsType(Class<?> type, String name) {
    return PublicMethods.typesOf(type).stream().anyMatch(each -> each.getName().equals(name));
  }

  private static @Nullable Object request(Object value, String root, MethodHandle mapper)
      throws Throwable {
    Object body = present(PublicMethods.call(value, "_body"));
    if (body == null) {
      return parameters(value);
    }
    if (body instanceof Map<?, ?> fields && isForm(fields, root)) {
      return form(fields);
    }
    return new ForeignForm.Json(String.valueOf(mapper.invoke(body)));
  }

  /** Of a request without a body: of its path and query, without headers, which may be secret. */
  private static Map<String, @Nullable Object> parameters(Object value) throws Throwable {
    Map<String, @Nullable Object> parameters = new LinkedHashMap<>();
    for (Field field : value.getClass().getDeclaredFields()) {
      String name = field.getName();
      boolean isParameter =
          !Modifier.isStatic(field.getModifiers()) && !name.startsWith("additional");
      Object known = isParameter ? present(PublicMethods.callIfPresent(value, name)) : null;
      if (known != null) {
        parameters.put(name, known);
      }
    }
    return parameters;
  }

  private static @Nullable Object present(@Nullable Object value) {
    return value instanceof Optional<?> optional ? optional.orElse(null) : value;
  }

  private static boolean isForm(Map<?, ?> fields, String root) {
    String part = root + "core.MultipartField";
    return fields.values().stream()
        .anyMatch(field -> field != null && field.getClass().getName().equals(part));
  }

  /** A multipart form: streams in it are left unread. */
  private static Map<String, @Nullable Object> form(Map<?, ?> fields) throws Throwable {
    Map<String, @Nullable Object> form = new LinkedHashMap<>();
    for (Map.Entry<?, ?> field : fields.entrySet()) {
      Object part = field.getValue();
      Object value = part == null ? null : PublicMethods.call(part, "value");
      Object known = value == null ? null : PublicMethods.callIfPresent(value, "asKnown");
      Object plain = known instanceof Optional<?> optional ? optional.orElse(null) : value;
      if (plain != null) {
        form.put(String.valueOf(field.getKey()), plain);
      }
    }
    return form;
  }

  /** Its {@code writeValueAsString}; null where this version of the library has none. */
  private static @Nullable MethodHandle mapper(Class<?> type, String root) {
    try {
      Class<?> mappers = Class.forName(root + "core.ObjectMappers", true, type.getClassLoader());
      Object mapper = mappers.getMethod("jsonMapper").invoke(null);
      Method write = mapper.getClass().getMethod("writeValueAsString", Object.class);
      return MethodHandles.publicLookup().unreflect(write).bindTo(mapper);
    } catch (ReflectiveOperationException | LinkageError | RuntimeException otherVersion) {
      return null;
    }
  }

  /** JSON as protobuf's own printer writes it, if protobuf-java-util is there; else its text. */
  static ForeignForm protobuf(Class<?> type) {
    for (ClassLoader loader :
        Arrays.asList(type.getClassLoader(), Thread.currentThread().getContextClassLoader())) {
      try {
        Class<?> format = Class.forName("com.google.protobuf.util.JsonFormat", true, loader);
        Object wide = format.getMethod("printer").invoke(null);
        Object printer =
            Objects.requireNonNull(PublicMethods.call(wide, "omittingInsignificantWhitespace"));
        for (Method method : printer.getClass().getMethods()) {
          if (method.getName().equals("print")
              && method.getParameterCount() == 1
              && method.getParameterTypes()[0].isAssignableFrom(type)) {
            MethodHandle print = MethodHandles.publicLookup().unreflect(method).bindTo(printer);
            return value -> new ForeignForm.Json(String.valueOf(print.invoke(value)));
          }
        }
      } catch (Throwable notThere) {
        // Without it, or with one of another version, there is still the text.
      }
    }
    return ForeignForm.text(type);
  }

  /** Of the AWS SDK for Java 2: the fields that are set, named as on the wire. */
  static Map<String, @Nullable Object> amazon(Object value) throws Throwable {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    if (PublicMethods.call(value, "sdkFields") instanceof List<?> all) {
      for (Object field : all) {
        Object content = PublicMethods.call(field, "getValueOrDefault", value);
        if (content != null && !content.getClass().getName().contains("SdkAutoConstruct")) {
          fields.put(String.valueOf(PublicMethods.call(field, "locationName")), content);
        }
      }
    }
    return fields;
  }

  /** A file as bytes; what is none in base64, as on the wire. */
  static Object amazonBytes(Object value) throws Throwable {
    byte[] bytes = (byte[]) Objects.requireNonNull(PublicMethods.call(value, "asByteArrayUnsafe"));
    return FileBytes.in(bytes) == null ? Base64.getEncoder().encodeToString(bytes) : bytes;
  }
}
