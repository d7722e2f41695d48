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
import com.fasterxml.jackson.databind.ser.impl.UnknownSerializer;
import com.fasterxml.jackson.databind.ser.std.AsArraySerializerBase;
import com.fasterxml.jackson.databind.ser.std.BeanSerializerBase;
import com.fasterxml.jackson.databind.ser.std.IterableSerializer;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import com.fasterxml.jackson.databind.type.TypeFactory;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.BaseStream;

/**
 * What Jackson must not walk as a bean, and a guard for every getter that it calls. {@link
 * GuardedFactory} guards the serializers.
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
      properties.replaceAll(Guards::guard);
      return properties;
    }

    @Override
    public JsonSerializer<?> modifySerializer(
        SerializationConfig config, BeanDescription bean, JsonSerializer<?> serializer) {
      Class<?> type = bean.getBeanClass();
      boolean fields =
          serializer instanceof BeanSerializerBase || serializer instanceof UnknownSerializer;
      boolean elements = serializer instanceof AsArraySerializerBase;
      if ((fields || elements) && PlainValues.isLive(type)) {
        return PlainValues.CUT;
      }
      JsonSerializer<?> ofKotlin = fields ? KotlinValues.serializerOf(type) : null;
      if (ofKotlin != null) {
        return ofKotlin;
      }
      if (fields && PlainValues.isText(type)) {
        return ToStringSerializer.instance;
      }
      if (fields && PlainValues.isOfSystem(type) && !bean.hasKnownClassAnnotations()) {
        return PlainValues.SYSTEM;
      }
      if (fields && PlainValues.isIterable(type)) {
        return new IterableSerializer(TypeFactory.unknownType(), false, null);
      }
      return CharSequence.class.isAssignableFrom(type) && type != String.class
          ? PlainValues.CHARACTERS
          : serializer;
    }

    private static BeanPropertyWriter guard(BeanPropertyWriter property) {
      JsonSerializer<Object> boxing =
          property.hasSerializer() ? null : KotlinValues.boxing(property.getMember());
      if (boxing != null) {
        property.assignSerializer(boxing);
      }
      return new GuardedProperty(property, KotlinValues.isReadable(property));
    }
  }
}
