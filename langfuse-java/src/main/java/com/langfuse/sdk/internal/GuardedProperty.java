package com.langfuse.sdk.internal;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializationConfig;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.jsontype.TypeSerializer;
import com.fasterxml.jackson.databind.ser.BeanPropertyWriter;
import com.fasterxml.jackson.databind.util.NameTransformer;
import java.io.IOException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A field whose getter may throw, as lazy proxies do outside their session. */
final class GuardedProperty extends BeanPropertyWriter {

  private static final long serialVersionUID = 1L;

  private final BeanPropertyWriter property;
  private final transient Predicate<Object> isReadable;

  /**
   * @param isReadable false for a bean whose value would have to be computed
   */
  GuardedProperty(BeanPropertyWriter property, Predicate<Object> isReadable) {
    super(property);
    this.property = property;
    this.isReadable = isReadable;
  }

  @Override
  public void serializeAsField(Object bean, JsonGenerator json, SerializerProvider provider)
      throws Exception {
    JsonStreamContext object = json.getOutputContext();
    int entries = object.getEntryCount();
    try {
      if (!isReadable.test(bean)) {
        json.writeFieldName(getName());
        json.writeString(Marker.NOT_COMPUTED);
        return;
      }
      property.serializeAsField(bean, json, provider);
    } catch (Throwable t) {
      if (BoundedGenerator.exceeded(json) != null) {
        throw t;
      }
      writeMarker(object, entries, json, t);
      return;
    }
    if (json.getOutputContext() != object) {
      JsonRepair.closeUpTo(object, json, Marker.UNFINISHED);
    } else if (object.getEntryCount() == entries && getName().equals(object.getCurrentName())) {
      json.writeNull(); // the name was written and nothing else
    }
  }

  private void writeMarker(
      JsonStreamContext object, int entries, JsonGenerator json, Throwable thrown)
      throws IOException {
    BoundedGenerator.failed(json, thrown);
    String marker = Marker.failed(thrown);
    if (json.getOutputContext() != object) {
      JsonRepair.closeUpTo(object, json, marker);
    } else if (object.getEntryCount() == entries || property.isUnwrapping()) {
      try {
        json.writeFieldName(getName());
      } catch (JsonProcessingException nameIsWritten) {
        // A value is due.
      }
      json.writeString(marker);
    }
  }

  @Override
  public void serializeAsElement(Object bean, JsonGenerator json, SerializerProvider provider)
      throws Exception {
    JsonStreamContext array = json.getOutputContext();
    int entries = array.getEntryCount();
    try {
      property.serializeAsElement(bean, json, provider);
    } catch (Throwable t) {
      if (BoundedGenerator.exceeded(json) != null) {
        throw t;
      }
      BoundedGenerator.failed(json, t);
      if (json.getOutputContext() != array) {
        JsonRepair.closeUpTo(array, json, Marker.failed(t));
      } else if (array.getEntryCount() == entries) {
        json.writeString(Marker.failed(t));
      }
    }
  }

  @Override
  public BeanPropertyWriter rename(NameTransformer names) {
    return new GuardedProperty(property.rename(names), isReadable);
  }

  @Override
  public void assignSerializer(JsonSerializer<Object> serializer) {
    property.assignSerializer(serializer);
  }

  @Override
  public void assignNullSerializer(JsonSerializer<Object> serializer) {
    property.assignNullSerializer(serializer);
  }

  @Override
  public void assignTypeSerializer(@Nullable TypeSerializer serializer) {
    property.assignTypeSerializer(serializer);
  }

  @Override
  public void setNonTrivialBaseType(JavaType type) {
    property.setNonTrivialBaseType(type);
  }

  @Override
  public void fixAccess(SerializationConfig config) {
    property.fixAccess(config);
  }

  @Override
  public boolean hasSerializer() {
    return property.hasSerializer();
  }

  @Override
  public boolean hasNullSerializer() {
    return property.hasNullSerializer();
  }

  @Override
  public @Nullable JsonSerializer<Object> getSerializer() {
    return property.getSerializer();
  }

  @Override
  public @Nullable TypeSerializer getTypeSerializer() {
    return property.getTypeSerializer();
  }

  @Override
  public boolean isUnwrapping() {
    return property.isUnwrapping();
  }
}
