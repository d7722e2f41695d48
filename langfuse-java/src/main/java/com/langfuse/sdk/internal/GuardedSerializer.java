package com.langfuse.sdk.internal;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.databind.BeanProperty;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.jsontype.TypeSerializer;
import com.fasterxml.jackson.databind.ser.ContainerSerializer;
import com.fasterxml.jackson.databind.ser.ContextualSerializer;
import com.fasterxml.jackson.databind.ser.ResolvableSerializer;
import com.fasterxml.jackson.databind.util.NameTransformer;
import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A value's own serializer, which writes exactly one JSON value whatever happens: a marker for a
 * cycle, for what is too deep, and for what fails; the rest of what was begun is ended.
 */
final class GuardedSerializer extends ContainerSerializer<Object>
    implements ContextualSerializer, ResolvableSerializer {

  private static final long serialVersionUID = 1L;

  private transient JsonSerializer<Object> serializer;

  @SuppressWarnings("unchecked")
  GuardedSerializer(JsonSerializer<?> serializer) {
    super(Object.class);
    this.serializer = (JsonSerializer<Object>) serializer;
  }

  @Override
  public void serialize(Object value, JsonGenerator json, SerializerProvider provider)
      throws IOException {
    write(value, json, provider, null);
  }

  @Override
  public void serializeWithType(
      Object value, JsonGenerator json, SerializerProvider provider, TypeSerializer type)
      throws IOException {
    write(value, json, provider, type);
  }

  private void write(
      Object value, JsonGenerator json, SerializerProvider provider, @Nullable TypeSerializer type)
      throws IOException {
    ValuePath path = ValuePath.of(json, provider);
    if (path.isTooDeep() || (path.contains(value) && !serializer.usesObjectId())) {
      json.writeString(Marker.cut(value));
      return;
    }
    JsonStreamContext before = json.getOutputContext();
    int entries = before.getEntryCount();
    boolean isRoot = path.isAtRoot();
    path.push(value);
    try {
      if (type == null) {
        serializer.serialize(value, json, provider);
      } else {
        serializer.serializeWithType(value, json, provider, type);
      }
      if (json.getOutputContext() != before) {
        JsonRepair.closeUpTo(before, json, Marker.notSerializable(value));
      } else if (before.inObject() && before.getEntryCount() == entries) {
        json.writeNull(); // after a name there has to be something
      }
    } catch (Throwable t) {
      BoundedGenerator.failed(json, t);
      if (json.getOutputContext() != before) {
        JsonRepair.closeUpTo(before, json, JsonRepair.rest(value, before, json, t));
      } else if (before.getEntryCount() == entries) {
        if (isRoot || BoundedGenerator.exceeded(json) != null) {
          throw t; // what is around it writes the text
        }
        json.writeString(Marker.failed(value, t));
      }
    } finally {
      path.pop();
    }
  }

  @Override
  public JsonSerializer<?> createContextual(
      SerializerProvider provider, @Nullable BeanProperty property) {
    try {
      JsonSerializer<?> contextual =
          serializer instanceof ContextualSerializer aware
              ? aware.createContextual(provider, property)
              : serializer;
      return contextual == serializer ? this : new GuardedSerializer(contextual);
    } catch (Throwable t) {
      return new GuardedSerializer(new UnwritableSerializer(t));
    }
  }

  @Override
  public void resolve(SerializerProvider provider) {
    if (serializer instanceof ResolvableSerializer resolvable) {
      try {
        resolvable.resolve(provider);
      } catch (Throwable t) {
        serializer = new UnwritableSerializer(t);
      }
    }
  }

  @Override
  public JsonSerializer<Object> unwrappingSerializer(NameTransformer unwrapper) {
    return serializer.unwrappingSerializer(unwrapper);
  }

  @Override
  public JsonSerializer<?> withFilterId(Object filterId) {
    JsonSerializer<?> filtered = serializer.withFilterId(filterId);
    return filtered == serializer ? this : new GuardedSerializer(filtered);
  }

  /** Called by Jackson from 2.16 on; earlier versions do not have it. */
  @Override
  public JsonSerializer<?> withIgnoredProperties(Set<String> names) {
    JsonSerializer<?> ignoring = serializer.withIgnoredProperties(names);
    return ignoring == serializer ? this : new GuardedSerializer(ignoring);
  }

  @Override
  public boolean isEmpty(SerializerProvider provider, @Nullable Object value) {
    return serializer.isEmpty(provider, value);
  }

  @Override
  public boolean usesObjectId() {
    return serializer.usesObjectId();
  }

  @Override
  public JsonSerializer<?> getDelegatee() {
    return serializer;
  }

  @Override
  public @Nullable JavaType getContentType() {
    return serializer instanceof ContainerSerializer<?> container
        ? container.getContentType()
        : null;
  }

  @Override
  public @Nullable JsonSerializer<?> getContentSerializer() {
    return serializer instanceof ContainerSerializer<?> container
        ? container.getContentSerializer()
        : null;
  }

  @Override
  @SuppressWarnings("unchecked")
  public boolean hasSingleElement(Object value) {
    return serializer instanceof ContainerSerializer<?> container
        && ((ContainerSerializer<Object>) container).hasSingleElement(value);
  }

  @Override
  protected ContainerSerializer<?> _withValueTypeSerializer(TypeSerializer type) {
    return serializer instanceof ContainerSerializer<?> container
        ? new GuardedSerializer(container.withValueTypeSerializer(type))
        : this;
  }
}
