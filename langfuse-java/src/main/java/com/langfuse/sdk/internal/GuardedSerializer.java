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

  /** Beans and containers in one value. Entities that all know each other would never end. */
  static final int MAX_NODES = 100_000;

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
    Walk walk = Walk.of(provider);
    if (!walk.enter(value)) {
      json.writeString(Marker.cut(value));
      return;
    }
    JsonStreamContext before = json.getOutputContext();
    try {
      body.write();
    } catch (Throwable t) {
      if (json.getOutputContext() == before) {
        json.writeString(Marker.failed(t));
      } else {
        closeUpTo(before, json, t);
      }
    } finally {
      walk.leave();
    }
  }

  /** Ends what a failed serializer left open, with a marker where it broke. */
  static void closeUpTo(JsonStreamContext outer, JsonGenerator json, Throwable thrown)
      throws IOException {
    while (json.getOutputContext() != outer) {
      boolean object = json.getOutputContext().inObject();
      try {
        json.writeString(Marker.failed(thrown));
      } catch (IOException nameIsDue) {
        // Between two fields of an object there is no place for a value.
      }
      if (object) {
        json.writeEndObject();
      } else {
        json.writeEndArray();
      }
    }
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

  /** The values from the root to here, and how many were met in all. One per encoded value. */
  private static final class Walk {

    private final Deque<Object> path = new ArrayDeque<>();
    private int met;

    static Walk of(SerializerProvider provider) {
      Walk walk = (Walk) provider.getAttribute(Walk.class);
      if (walk == null) {
        walk = new Walk();
        provider.setAttribute(Walk.class, walk);
      }
      return walk;
    }

    boolean enter(Object value) {
      if (path.size() >= MAX_DEPTH || met >= MAX_NODES || leadsBackTo(value)) {
        return false;
      }
      met++;
      path.push(value);
      return true;
    }

    void leave() {
      path.pop();
    }

    private boolean leadsBackTo(Object value) {
      for (Object ancestor : path) {
        if (ancestor == value) {
          return true;
        }
      }
      return false;
    }
  }
}
