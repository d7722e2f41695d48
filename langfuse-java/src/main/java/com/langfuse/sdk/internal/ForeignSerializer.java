package com.langfuse.sdk.internal;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.ext.SqlBlobSerializer;
import com.fasterxml.jackson.databind.jsontype.TypeSerializer;
import com.fasterxml.jackson.databind.ser.impl.UnknownSerializer;
import com.fasterxml.jackson.databind.ser.std.AsArraySerializerBase;
import com.fasterxml.jackson.databind.ser.std.BeanSerializerBase;
import com.fasterxml.jackson.databind.ser.std.MapSerializer;
import com.fasterxml.jackson.databind.ser.std.NumberSerializer;
import com.fasterxml.jackson.databind.ser.std.ToEmptyObjectSerializer;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Writes values of other libraries in the form that {@link ForeignValues} knows. Takes the place of
 * serializers that would read them as beans, lists or maps, and of no other: a serializer that the
 * application registered stays.
 */
final class ForeignSerializer extends JsonSerializer<Object> {

  /** In characters, of one value's JSON or text. */
  static final int MAX_LENGTH = 32 << 20;

  /** Long texts are skipped over, so they need no limit. */
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
          .build();

  private final ForeignForm form;
  private final ForeignForm text;

  ForeignSerializer(ForeignForm form, Class<?> type) {
    this.form = form;
    this.text = ForeignForm.text(type);
  }

  /** For a type that is known; null where the serializer that was found is to stay. */
  static @Nullable JsonSerializer<?> insteadOf(JsonSerializer<?> found, BeanDescription bean) {
    Class<?> type = bean.getBeanClass();
    ForeignForm form =
        found instanceof NumberSerializer
            ? ForeignValues.formOfNumber(type)
            : isReplaceable(found) ? ForeignValues.formOf(type) : null;
    return form == null ? null : new ForeignSerializer(form, type);
  }

  private static boolean isReplaceable(JsonSerializer<?> found) {
    return found instanceof BeanSerializerBase
        || found instanceof AsArraySerializerBase
        || found instanceof MapSerializer
        || found instanceof UnknownSerializer
        || found instanceof ToEmptyObjectSerializer
        || found instanceof SqlBlobSerializer;
  }

  /**
   * For an object without properties, of any type, its text; null where the serializer that was
   * found is to stay, as for one whose properties are hidden by annotations.
   */
  static @Nullable JsonSerializer<?> insteadOfEmpty(JsonSerializer<?> found, BeanDescription bean) {
    boolean isEmpty =
        found instanceof UnknownSerializer
            || found instanceof ToEmptyObjectSerializer
            || (found instanceof BeanSerializerBase fields && !fields.properties().hasNext());
    Class<?> type = bean.getBeanClass();
    return isEmpty
            && bean.findAnyGetter() == null
            && bean.getIgnoredPropertyNames().isEmpty()
            && !SnapshotShape.isAnnotated(type)
        ? new ForeignSerializer(ForeignForm.text(type), type)
        : null;
  }

  @Override
  public void serialize(Object value, JsonGenerator json, SerializerProvider provider)
      throws IOException {
    Object written = written(value);
    if (written instanceof ForeignForm.Json raw) {
      writeRaw(value, raw.text(), json);
    } else if (written instanceof String text) {
      json.writeString(cut(text));
    } else if (written != value) {
      provider.defaultSerializeValue(written, json);
    } else {
      json.writeString(Marker.cut(value));
    }
  }

  /** It is written in its own form, whatever types the application's mapper writes down. */
  @Override
  public void serializeWithType(
      Object value, JsonGenerator json, SerializerProvider provider, TypeSerializer type)
      throws IOException {
    serialize(value, json, provider);
  }

  private @Nullable Object written(Object value) throws IOException {
    try {
      return form.of(value);
    } catch (Throwable failing) {
      return text(value, failing);
    }
  }

  private Object text(Object value, Throwable failing) throws IOException {
    try {
      return String.valueOf(text.of(value));
    } catch (Throwable failingToo) {
      throw new JsonMappingException(null, String.valueOf(failing.getMessage()), failing);
    }
  }

  private static void writeRaw(Object value, String text, JsonGenerator json) throws IOException {
    if (text.length() > MAX_LENGTH) {
      json.writeString(Marker.tooLongJson(value, text.length()));
    } else if (isJson(text)) {
      json.writeRawValue(text);
    } else {
      json.writeString(text);
    }
  }

  /** Exactly one value. */
  private static boolean isJson(String text) {
    try (JsonParser parser = JSON.createParser(text)) {
      if (parser.nextToken() == null) {
        return false;
      }
      parser.skipChildren();
      return parser.nextToken() == null;
    } catch (IOException noJson) {
      return false;
    }
  }

  private static String cut(String text) {
    if (text.length() <= MAX_LENGTH) {
      return text;
    }
    boolean splitsPair = Character.isHighSurrogate(text.charAt(MAX_LENGTH - 1));
    return text.substring(0, splitsPair ? MAX_LENGTH - 1 : MAX_LENGTH)
        + "… [cut: "
        + text.length()
        + " characters]";
  }
}
