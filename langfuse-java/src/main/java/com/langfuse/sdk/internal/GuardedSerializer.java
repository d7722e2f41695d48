package com.langfuse.sdk.internal;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.databind.BeanProperty;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.jsontype.TypeSerializer;
import com.fasterxml.jackson.databind.ser.ContextualSerializer;
import com.fasterxml.jackson.databind.ser.ResolvableSerializer;
import com.fasterxml.jackson.databind.util.NameTransformer;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** A bean's or container's own serializer, behind a look at the way that led here. */
final class GuardedSerializer extends JsonSerializer<Object>
    implements ContextualSerializer, ResolvableSerializer {

  /** As deep as the Python SDK goes. */
  static final int MAX_DEPTH = 20;

  private static final Object WAY = GuardedSerializer.class;

  private final JsonSerializer<Object> serializer;

  @SuppressWarnings("unchecked")
  GuardedSerializer(JsonSerializer<?> serializer) {
    this.serializer = (JsonSerializer<Object>) serializer;
  }

  @Override
  public void serialize(Object value, JsonGenerator json, SerializerProvider provider)
      throws IOException {
    guarded(value, json, provider, () -> serializer.serialize(value, json, provider));
  }

  @Override
  public void serializeWithType(
      Object value, JsonGenerator json, SerializerProvider provider, TypeSerializer type)
      throws IOException {
    guarded(value, json, provider, () -> serializer.serializeWithType(value, json, provider, type));
  }

  private static void guarded(
      Object value, JsonGenerator json, SerializerProvider provider, Body body) throws IOException {
    Deque<Object> way = way(provider);
    if (way.size() >= MAX_DEPTH || leadsBackTo(value, way)) {
      json.writeString(Marker.cut(value));
      return;
    }
    JsonStreamContext before = json.getOutputContext();
    way.push(value);
    try {
      body.write();
    } catch (IOException | RuntimeException | LinkageError e) {
      if (json.getOutputContext() != before) {
        throw e; // half written: the whole value gets the marker
      }
      json.writeString(Marker.failed(e));
    } finally {
      way.pop();
    }
  }

  @SuppressWarnings("unchecked")
  private static Deque<Object> way(SerializerProvider provider) {
    Deque<Object> way = (Deque<Object>) provider.getAttribute(WAY);
    if (way == null) {
      way = new ArrayDeque<>();
      provider.setAttribute(WAY, way);
    }
    return way;
  }

  private static boolean leadsBackTo(Object value, Deque<Object> way) {
    for (Object ancestor : way) {
      if (ancestor == value) {
        return true;
      }
    }
    return false;
  }

  @Override
  public JsonSerializer<?> createContextual(SerializerProvider provider, BeanProperty property)
      throws JsonMappingException {
    JsonSerializer<?> contextual =
        serializer instanceof ContextualSerializer aware
            ? aware.createContextual(provider, property)
            : serializer;
    return contextual == serializer ? this : new GuardedSerializer(contextual);
  }

  @Override
  public void resolve(SerializerProvider provider) throws JsonMappingException {
    if (serializer instanceof ResolvableSerializer resolvable) {
      resolvable.resolve(provider);
    }
  }

  @Override
  public JsonSerializer<Object> unwrappingSerializer(NameTransformer unwrapper) {
    return serializer.unwrappingSerializer(unwrapper);
  }

  @Override
  public boolean isEmpty(SerializerProvider provider, @Nullable Object value) {
    return serializer.isEmpty(provider, value);
  }

  @Override
  public boolean usesObjectId() {
    return serializer.usesObjectId();
  }

  private interface Body {
    void write() throws IOException;
  }
}
