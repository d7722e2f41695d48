package com.langfuse.sdk.internal;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.ext.SqlBlobSerializer;
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
 * application registered stays. {@link BoundedGenerator} checks that JSON parses, and cuts what is
 * too long.
 */
final class ForeignSerializer extends PlainSerializer {

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
    Object written = written(value, json);
    if (written instanceof ForeignForm.Json raw) {
      json.writeRawValue(raw.text()); // what does not parse becomes a text
    } else if (written instanceof String text) {
      json.writeString(text);
    } else if (written != value) {
      provider.defaultSerializeValue(written, json);
    } else {
      json.writeString(Marker.cut(value));
    }
  }

  private @Nullable Object written(Object value, JsonGenerator json) throws IOException {
    try {
      return form.of(value);
    } catch (Throwable failing) {
      BoundedGenerator.failed(json, failing);
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
}
