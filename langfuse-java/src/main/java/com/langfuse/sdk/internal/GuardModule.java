package com.langfuse.sdk.internal;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.JavaType;
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
import com.fasterxml.jackson.databind.ser.std.StdKeySerializers;
import com.fasterxml.jackson.databind.ser.std.ToEmptyObjectSerializer;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import com.fasterxml.jackson.databind.type.ArrayType;
import com.fasterxml.jackson.databind.type.CollectionType;
import com.fasterxml.jackson.databind.type.MapType;
import com.fasterxml.jackson.databind.type.TypeFactory;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.BaseStream;
import org.jspecify.annotations.Nullable;

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
    setSerializerModifier(new Guards(texts.get(FileBytes.class)));
    texts.forEach((type, text) -> addSerializer(type, new TextSerializer(text)));
    addSerializer(Iterator.class, PlainValues.CUT);
    addSerializer(BaseStream.class, PlainValues.CUT);
    // Their classes are closed to Jackson, which fails before it asks the modifier.
    addSerializer(HttpClient.class, PlainValues.CUT);
    addSerializer(HttpRequest.class, ToStringSerializer.instance);
    addSerializer(HttpResponse.class, ToStringSerializer.instance);
  }

  /** Writes a value as one text. */
  private static final class TextSerializer extends PlainSerializer {
    private final Function<Object, String> text;

    TextSerializer(Function<Object, String> text) {
      this.text = text;
    }

    @Override
    public void serialize(Object value, JsonGenerator json, SerializerProvider provider)
        throws IOException {
      json.writeString(text.apply(value));
    }
  }

  /** Writes bytes that are a file as the text for it, and others as usual. */
  private static final class FileSerializer extends JsonSerializer<Object> {
    private final JsonSerializer<Object> others;
    private final Function<Object, String> text;

    @SuppressWarnings("unchecked")
    FileSerializer(JsonSerializer<?> others, Function<Object, String> text) {
      this.others = (JsonSerializer<Object>) others;
      this.text = text;
    }

    @Override
    public void serialize(Object value, JsonGenerator json, SerializerProvider provider)
        throws IOException {
      FileBytes file = FileBytes.in(value);
      if (file == null) {
        others.serialize(value, json, provider);
      } else {
        json.writeString(text.apply(file));
      }
    }

    @Override
    public void serializeWithType(
        Object value, JsonGenerator json, SerializerProvider provider, TypeSerializer type)
        throws IOException {
      FileBytes file = FileBytes.in(value);
      if (file == null) {
        others.serializeWithType(value, json, provider, type);
      } else {
        json.writeString(text.apply(file));
      }
    }
  }

  private static final class Guards extends BeanSerializerModifier {

    private static final long serialVersionUID = 1L;
    private static final String STANDARD_KEYS = StdKeySerializers.class.getName();

    @SuppressWarnings("serial") // a module of a mapper, never written
    private final @Nullable Function<Object, String> fileText;

    Guards(@Nullable Function<Object, String> fileText) {
      this.fileText = fileText;
    }

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
      JsonSerializer<?> foreign = ForeignSerializer.insteadOf(serializer, bean);
      if (foreign != null) {
        return foreign;
      }
      JsonSerializer<?> ofJdk = JdkValues.insteadOf(serializer, type);
      if (ofJdk != null) {
        return ofJdk;
      }
      if (ByteBuffer.class.isAssignableFrom(type)) {
        return filesOr(serializer);
      }
      boolean fields =
          serializer instanceof BeanSerializerBase
              || serializer instanceof UnknownSerializer
              || serializer instanceof ToEmptyObjectSerializer;
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
      boolean isDescribed = config.findMixInClassFor(type) != null;
      boolean isCollection = Collection.class.isAssignableFrom(type);
      if ((fields || elements) && !isCollection && !isDescribed && PlainValues.isOfSystem(type)) {
        return PlainValues.SYSTEM;
      }
      if (fields && PlainValues.isIterable(type)) {
        return new IterableSerializer(TypeFactory.unknownType(), false, null);
      }
      if (CharSequence.class.isAssignableFrom(type) && type != String.class) {
        return PlainValues.CHARACTERS;
      }
      JsonSerializer<?> empty = ForeignSerializer.insteadOfEmpty(serializer, bean);
      return empty == null ? serializer : empty;
    }

    @Override
    public JsonSerializer<?> modifyMapSerializer(
        SerializationConfig config, MapType type, BeanDescription bean, JsonSerializer<?> map) {
      JsonSerializer<?> foreign = ForeignSerializer.insteadOf(map, bean);
      return foreign == null ? map : foreign;
    }

    @Override
    public JsonSerializer<?> modifyCollectionSerializer(
        SerializationConfig config,
        CollectionType type,
        BeanDescription bean,
        JsonSerializer<?> collection) {
      JsonSerializer<?> foreign = ForeignSerializer.insteadOf(collection, bean);
      return foreign == null ? collection : foreign;
    }

    @Override
    public JsonSerializer<?> modifyArraySerializer(
        SerializationConfig config, ArrayType type, BeanDescription bean, JsonSerializer<?> array) {
      return type.getContentType().hasRawClass(Byte.TYPE) ? filesOr(array) : array;
    }

    @Override
    public JsonSerializer<?> modifyKeySerializer(
        SerializationConfig config, JavaType type, BeanDescription bean, JsonSerializer<?> key) {
      if (!key.getClass().getName().startsWith(STANDARD_KEYS)) {
        return key;
      }
      JsonSerializer<?> ofJdk = JdkValues.keySerializerOf(type.getRawClass());
      JsonSerializer<?> ofKotlin =
          ofJdk == null ? KotlinValues.keySerializerOf(type.getRawClass()) : ofJdk;
      return ofKotlin == null ? key : ofKotlin;
    }

    private JsonSerializer<?> filesOr(JsonSerializer<?> others) {
      return fileText == null ? others : new FileSerializer(others, fileText);
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
