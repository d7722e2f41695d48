package com.langfuse.sdk.internal;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.BeanProperty;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializationConfig;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.jsontype.TypeSerializer;
import com.fasterxml.jackson.databind.ser.BeanSerializerModifier;
import com.fasterxml.jackson.databind.ser.ContextualSerializer;
import com.fasterxml.jackson.databind.ser.SerializerFactory;
import com.fasterxml.jackson.databind.ser.Serializers;
import com.fasterxml.jackson.databind.ser.std.EnumSerializer;
import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Guards the serializers that another factory makes, of values and of keys. What that factory fails
 * at is a serializer, too, which writes a marker.
 */
final class GuardedFactory extends SerializerFactory {

  /** Written by serializers that cannot fail. */
  private static final Set<Class<?>> SAFE =
      Set.of(
          String.class,
          Boolean.class,
          Character.class,
          Byte.class,
          Short.class,
          Integer.class,
          Long.class,
          Float.class,
          Double.class);

  private final SerializerFactory factory;
  private volatile boolean madeForShortLived;

  GuardedFactory(SerializerFactory factory) {
    this.factory = factory;
  }

  /**
   * Whether serializers were made for classes that may be unloaded before the SDK; no more then.
   */
  boolean takeMadeForShortLived() {
    boolean made = madeForShortLived;
    madeForShortLived = false;
    return made;
  }

  @Override
  @SuppressWarnings("unchecked")
  public JsonSerializer<Object> createSerializer(SerializerProvider provider, JavaType type)
      throws JsonMappingException {
    Class<?> raw = type.getRawClass();
    if (ClassLoaders.mayGoBeforeSdk(raw)) {
      madeForShortLived = true;
    }
    if (raw.isPrimitive() || SAFE.contains(raw)) {
      return factory.createSerializer(provider, type);
    }
    JsonSerializer<?> serializer;
    try {
      serializer = factory.createSerializer(provider, type);
    } catch (Throwable t) {
      serializer = PlainValues.isOfSystem(raw) ? PlainValues.SYSTEM : new UnwritableSerializer(t);
    }
    return serializer == null || serializer.getClass() == EnumSerializer.class
        ? (JsonSerializer<Object>) serializer
        : new GuardedSerializer(serializer);
  }

  @Override
  public JsonSerializer<Object> createKeySerializer(
      SerializerProvider provider, JavaType type, @Nullable JsonSerializer<Object> defaults)
      throws JsonMappingException {
    if (type.hasRawClass(String.class)) {
      return factory.createKeySerializer(provider, type, defaults);
    }
    JsonSerializer<Object> serializer;
    try {
      serializer = factory.createKeySerializer(provider, type, defaults);
    } catch (Throwable t) {
      serializer = new UnwritableSerializer(t);
    }
    return serializer == null ? serializer : new GuardedKey(serializer);
  }

  @Override
  @Deprecated
  public JsonSerializer<Object> createKeySerializer(
      SerializationConfig config, JavaType type, @Nullable JsonSerializer<Object> defaults)
      throws JsonMappingException {
    return factory.createKeySerializer(config, type, defaults);
  }

  @Override
  public TypeSerializer createTypeSerializer(SerializationConfig config, JavaType type)
      throws JsonMappingException {
    return factory.createTypeSerializer(config, type);
  }

  @Override
  public SerializerFactory withAdditionalSerializers(Serializers additional) {
    return new GuardedFactory(factory.withAdditionalSerializers(additional));
  }

  @Override
  public SerializerFactory withAdditionalKeySerializers(Serializers additional) {
    return new GuardedFactory(factory.withAdditionalKeySerializers(additional));
  }

  @Override
  public SerializerFactory withSerializerModifier(BeanSerializerModifier modifier) {
    return new GuardedFactory(factory.withSerializerModifier(modifier));
  }

  /** Writes a name whatever happens. */
  private static final class GuardedKey extends JsonSerializer<Object>
      implements ContextualSerializer {

    private final JsonSerializer<Object> serializer;

    GuardedKey(JsonSerializer<Object> serializer) {
      this.serializer = serializer;
    }

    @Override
    public void serialize(Object key, JsonGenerator json, SerializerProvider provider)
        throws IOException {
      try {
        serializer.serialize(key, json, provider);
      } catch (Throwable t) {
        if (BoundedGenerator.exceeded(json) != null) {
          throw t;
        }
        BoundedGenerator.failed(json, t);
        try {
          json.writeFieldName(ValuePath.of(json, provider).nextKey(Marker.failed(key, t)));
        } catch (JsonProcessingException nameIsWritten) {
          // It failed afterwards.
        }
      }
    }

    @Override
    @SuppressWarnings("unchecked")
    public JsonSerializer<?> createContextual(
        SerializerProvider provider, @Nullable BeanProperty property) {
      try {
        return serializer instanceof ContextualSerializer aware
            ? new GuardedKey((JsonSerializer<Object>) aware.createContextual(provider, property))
            : this;
      } catch (Throwable t) {
        return new GuardedKey(new UnwritableSerializer(t));
      }
    }
  }
}
