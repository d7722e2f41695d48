package com.langfuse.sdk.internal;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.ser.impl.UnsupportedTypeSerializer;
import com.fasterxml.jackson.databind.ser.std.BeanSerializerBase;
import java.io.IOException;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.TemporalAccessor;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How {@code java.time} values and optional ones are written by a mapper that has no module for
 * them: as {@link DatatypeModules} writes them, but for annotations, which are not read.
 */
final class JdkValues {

  /** Their own texts leave seconds out that are zero, and name the zone. */
  private static final Map<Class<?>, DateTimeFormatter> FORMATS =
      Map.of(
          LocalTime.class, DateTimeFormatter.ISO_LOCAL_TIME,
          LocalDateTime.class, DateTimeFormatter.ISO_LOCAL_DATE_TIME,
          OffsetDateTime.class, DateTimeFormatter.ISO_OFFSET_DATE_TIME,
          ZonedDateTime.class, DateTimeFormatter.ISO_OFFSET_DATE_TIME);

  private static final Map<Class<?>, Function<Object, @Nullable Object>> OPTIONALS =
      Map.of(
          Optional.class, value -> ((Optional<?>) value).orElse(null),
          OptionalInt.class, value -> valueOf((OptionalInt) value),
          OptionalLong.class, value -> valueOf((OptionalLong) value),
          OptionalDouble.class, value -> valueOf((OptionalDouble) value));

  private static final JsonSerializer<Object> TIME =
      new PlainSerializer() {
        @Override
        public void serialize(Object value, JsonGenerator json, SerializerProvider provider)
            throws IOException {
          json.writeString(textOf(value));
        }
      };

  private static final JsonSerializer<Object> TIME_KEY =
      new JsonSerializer<>() {
        @Override
        public void serialize(Object value, JsonGenerator json, SerializerProvider provider)
            throws IOException {
          json.writeFieldName(textOf(value));
        }
      };

  private JdkValues() {}

  /** Null where the serializer that was found is to stay. */
  static @Nullable JsonSerializer<?> insteadOf(JsonSerializer<?> found, Class<?> type) {
    if (!(found instanceof UnsupportedTypeSerializer || found instanceof BeanSerializerBase)) {
      return null;
    }
    Function<Object, @Nullable Object> content = OPTIONALS.get(type);
    return content != null ? new OptionalSerializer(content) : isTime(type) ? TIME : null;
  }

  /** For names of a map's entries; null where the default writes the same. */
  static @Nullable JsonSerializer<Object> keySerializerOf(Class<?> type) {
    return type == ZonedDateTime.class ? TIME_KEY : null;
  }

  private static boolean isTime(Class<?> type) {
    return type.getName().startsWith("java.time.");
  }

  private static String textOf(Object time) {
    DateTimeFormatter format = FORMATS.get(time.getClass());
    return format == null ? time.toString() : format.format((TemporalAccessor) time);
  }

  private static @Nullable Object valueOf(OptionalInt value) {
    return value.isPresent() ? value.getAsInt() : null;
  }

  private static @Nullable Object valueOf(OptionalLong value) {
    return value.isPresent() ? value.getAsLong() : null;
  }

  private static @Nullable Object valueOf(OptionalDouble value) {
    return value.isPresent() ? value.getAsDouble() : null;
  }

  /** Writes what is inside, or null. */
  private static final class OptionalSerializer extends PlainSerializer {
    private final Function<Object, @Nullable Object> content;

    OptionalSerializer(Function<Object, @Nullable Object> content) {
      this.content = content;
    }

    @Override
    public void serialize(Object value, JsonGenerator json, SerializerProvider provider)
        throws IOException {
      provider.defaultSerializeValue(content.apply(value), json);
    }
  }
}
