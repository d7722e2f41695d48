package com.langfuse.sdk.internal;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializationConfig;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.jsontype.TypeSerializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.BeanPropertyWriter;
import com.fasterxml.jackson.databind.ser.BeanSerializerModifier;
import com.fasterxml.jackson.databind.ser.std.AsArraySerializerBase;
import com.fasterxml.jackson.databind.ser.std.BeanSerializerBase;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import com.fasterxml.jackson.databind.type.ArrayType;
import com.fasterxml.jackson.databind.type.CollectionLikeType;
import com.fasterxml.jackson.databind.type.CollectionType;
import com.fasterxml.jackson.databind.type.MapLikeType;
import com.fasterxml.jackson.databind.type.MapType;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.BaseStream;

/**
 * Lets Jackson walk any object graph: every bean and container is watched for cycles and depth,
 * every getter for failure.
 */
final class GuardModule extends SimpleModule {

  private static final long serialVersionUID = 1L;

  /**
   * @param texts how values of some types are written, by class
   */
  GuardModule(Map<Class<?>, Function<Object, String>> texts) {
    setSerializerModifier(new Guards());
    texts.forEach((type, text) -> addSerializer(type, new TextSerializer(text)));
    addSerializer(Iterator.class, PlainValues.CUT);
    addSerializer(BaseStream.class, PlainValues.CUT);
  }

  /** Writes a value as one text. */
  private static final class TextSerializer extends JsonSerializer<Object> {
    private final Function<Object, String> text;

    TextSerializer(Function<Object, String> text) {
      this.text = text;
    }

    @Override
    public void serialize(Object value, JsonGenerator json, SerializerProvider provider)
        throws IOException {
      json.writeString(text.apply(value));
    }

    /** It is a text, whatever types the application's mapper writes down. */
    @Override
    public void serializeWithType(
        Object value, JsonGenerator json, SerializerProvider provider, TypeSerializer type)
        throws IOException {
      serialize(value, json, provider);
    }
  }

  private static final class Guards extends BeanSerializerModifier {

    private static final long serialVersionUID = 1L;

    @Override
    public List<BeanPropertyWriter> changeProperties(
        SerializationConfig config, BeanDescription bean, List<BeanPropertyWriter> properties) {
      properties.replaceAll(
          property ->
              property.getClass() == BeanPropertyWriter.class
                  ? new GuardedProperty(property)
                  : property);
      return properties;
    }

    @Override
    public JsonSerializer<?> modifySerializer(
        SerializationConfig config, BeanDescription bean, JsonSerializer<?> serializer) {
      boolean fields = serializer instanceof BeanSerializerBase;
      boolean elements = serializer instanceof AsArraySerializerBase;
      if (fields && PlainValues.isText(bean.getBeanClass())) {
        return ToStringSerializer.instance;
      }
      if ((fields || elements) && PlainValues.isLive(bean.getBeanClass())) {
        return PlainValues.CUT;
      }
      return fields || elements ? guard(serializer) : serializer;
    }

    @Override
    public JsonSerializer<?> modifyMapSerializer(
        SerializationConfig config, MapType type, BeanDescription bean, JsonSerializer<?> map) {
      return guard(map);
    }

    @Override
    public JsonSerializer<?> modifyMapLikeSerializer(
        SerializationConfig config, MapLikeType type, BeanDescription bean, JsonSerializer<?> map) {
      return guard(map);
    }

    @Override
    public JsonSerializer<?> modifyCollectionSerializer(
        SerializationConfig config,
        CollectionType type,
        BeanDescription bean,
        JsonSerializer<?> s) {
      return guard(s);
    }

    @Override
    public JsonSerializer<?> modifyCollectionLikeSerializer(
        SerializationConfig config,
        CollectionLikeType type,
        BeanDescription bean,
        JsonSerializer<?> collection) {
      return guard(collection);
    }

    @Override
    public JsonSerializer<?> modifyArraySerializer(
        SerializationConfig config, ArrayType type, BeanDescription bean, JsonSerializer<?> array) {
      return type.getContentType().isPrimitive() ? array : guard(array);
    }

    private static JsonSerializer<?> guard(JsonSerializer<?> serializer) {
      return new GuardedSerializer(serializer);
    }
  }
}
