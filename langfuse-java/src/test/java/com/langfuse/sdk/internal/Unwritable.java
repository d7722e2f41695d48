package com.langfuse.sdk.internal;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.BeanProperty;
import com.fasterxml.jackson.databind.DatabindContext;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import com.fasterxml.jackson.databind.annotation.JsonTypeIdResolver;
import com.fasterxml.jackson.databind.jsontype.impl.TypeIdResolverBase;
import com.fasterxml.jackson.databind.ser.ContextualSerializer;
import com.fasterxml.jackson.databind.ser.ResolvableSerializer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Values that Jackson, or their own serializers, fail at. */
public final class Unwritable {

  private Unwritable() {}

  @JsonSerialize(using = Throwing.class)
  public static final class AtOnce {}

  @JsonSerialize(using = HalfObject.class)
  public static final class Half {}

  @JsonSerialize(using = HalfName.class)
  public static final class HalfField {}

  @JsonSerialize(using = Unclosed.class)
  public static final class Open {}

  @JsonSerialize(using = Silent.class)
  public static final class Nothing {}

  @JsonSerialize(using = Late.class)
  public static final class Done {}

  @JsonSerialize(using = RawPieces.class)
  public static final class Pieces {}

  @JsonSerialize(using = NotResolved.class)
  public static final class Unresolved {}

  @JsonSerialize(using = NotContextual.class)
  public static final class WithoutContext {}

  @JsonSerialize(using = Uncreatable.class)
  public static final class WithoutSerializer {}

  @JsonTypeInfo(use = JsonTypeInfo.Id.CUSTOM)
  @JsonTypeIdResolver(NoTypes.class)
  public static final class Untyped {
    public int getA() {
      return 1;
    }
  }

  /** Two getters of one property. */
  public static final class Ambiguous {
    public int getA() {
      return 1;
    }

    @JsonProperty("a")
    public int getB() {
      return 2;
    }

    @JsonProperty("a")
    public int getC() {
      return 2;
    }
  }

  public static final class Uninitialized {
    static {
      fail();
    }

    static final int CONSTANT = 1;

    private static void fail() {
      throw new IllegalStateException("no");
    }

    static void touch() {}
  }

  public static final class Errors {
    public int getBefore() {
      return 1;
    }

    public int getDeep() {
      return getDeep() + 1;
    }

    public int getGone() {
      throw new NoClassDefFoundError("gone");
    }

    public int getFailedStatic() {
      Uninitialized.touch();
      return 1;
    }

    public int getMemory() {
      throw new OutOfMemoryError("no");
    }

    public int getZero() {
      return 2;
    }
  }

  public record Holding(Object first, Object value, Object last) {}

  public static final class Bean {
    private final Object value;

    public Bean(Object value) {
      this.value = value;
    }

    public int getA() {
      return 1;
    }

    public Object getValue() {
      return value;
    }

    public int getZ() {
      return 2;
    }
  }

  public static final class Unwrapping {
    public int getA() {
      return 1;
    }

    @JsonUnwrapped
    public Object getInner() {
      throw new IllegalStateException("no");
    }

    public int getZ() {
      return 2;
    }
  }

  @JsonFormat(shape = JsonFormat.Shape.ARRAY)
  @JsonPropertyOrder(alphabetic = true)
  public static final class AsArray {
    public int getA() {
      return 1;
    }

    public int getB() {
      throw new IllegalStateException("no");
    }

    public int getC() {
      return 3;
    }
  }

  public static final class Using {
    public int getA() {
      return 1;
    }

    @JsonSerialize(using = HalfObject.class)
    public Object getHalf() {
      return "x";
    }

    @JsonSerialize(using = Unclosed.class)
    public Object getOpen() {
      return "x";
    }

    @JsonSerialize(using = Silent.class)
    public Object getSilent() {
      return "x";
    }

    public int getZ() {
      return 2;
    }
  }

  public static final class Raw {
    @JsonRawValue
    public String getGood() {
      return "{\"a\": [1]}";
    }

    @JsonRawValue
    public String getBad() {
      return "{broken";
    }

    @JsonRawValue
    public String getTwo() {
      return "1 2";
    }

    public int getZ() {
      return 2;
    }
  }

  public static final class Key {
    private final boolean fails;

    public Key(boolean fails) {
      this.fails = fails;
    }

    @Override
    public String toString() {
      if (fails) {
        throw new IllegalStateException("no");
      }
      return "key";
    }
  }

  /** Properties of a declared type, whose serializer is made with the bean's. */
  public static final class Declared {
    public AtOnce getValue() {
      return new AtOnce();
    }

    public WithoutSerializer getOther() {
      return new WithoutSerializer();
    }

    public List<WithoutSerializer> getOthers() {
      return List.of(new WithoutSerializer());
    }

    public Map<String, Unresolved> getMap() {
      return Map.of("k", new Unresolved());
    }

    public int getZ() {
      return 2;
    }
  }

  public static List<Object> all() {
    return new ArrayList<>(
        List.of(
            new AtOnce(),
            new Half(),
            new HalfField(),
            new Open(),
            new Done(),
            new Unresolved(),
            new WithoutContext(),
            new WithoutSerializer(),
            new Untyped(),
            new Ambiguous()));
  }

  public static final class Throwing extends JsonSerializer<Object> {
    @Override
    public void serialize(Object value, JsonGenerator json, SerializerProvider provider) {
      throw new IllegalStateException("no");
    }
  }

  public static final class HalfObject extends JsonSerializer<Object> {
    @Override
    public void serialize(Object value, JsonGenerator json, SerializerProvider provider)
        throws IOException {
      json.writeStartObject();
      json.writeFieldName("list");
      json.writeStartArray();
      json.writeNumber(1);
      throw new IllegalStateException("no");
    }
  }

  public static final class HalfName extends JsonSerializer<Object> {
    @Override
    public void serialize(Object value, JsonGenerator json, SerializerProvider provider)
        throws IOException {
      json.writeStartObject();
      json.writeFieldName("name");
      throw new IllegalStateException("no");
    }
  }

  public static final class Unclosed extends JsonSerializer<Object> {
    @Override
    public void serialize(Object value, JsonGenerator json, SerializerProvider provider)
        throws IOException {
      json.writeStartObject();
      json.writeNumberField("a", 1);
    }
  }

  public static final class Silent extends JsonSerializer<Object> {
    @Override
    public void serialize(Object value, JsonGenerator json, SerializerProvider provider) {}
  }

  public static final class Late extends JsonSerializer<Object> {
    @Override
    public void serialize(Object value, JsonGenerator json, SerializerProvider provider)
        throws IOException {
      json.writeString("done");
      throw new IllegalStateException("no");
    }
  }

  public static final class RawPieces extends JsonSerializer<Object> {
    @Override
    public void serialize(Object value, JsonGenerator json, SerializerProvider provider)
        throws IOException {
      json.writeRaw("{broken");
    }
  }

  public static final class NotResolved extends JsonSerializer<Object>
      implements ResolvableSerializer {
    @Override
    public void resolve(SerializerProvider provider) {
      throw new IllegalStateException("no");
    }

    @Override
    public void serialize(Object value, JsonGenerator json, SerializerProvider provider) {}
  }

  public static final class NotContextual extends JsonSerializer<Object>
      implements ContextualSerializer {
    @Override
    public JsonSerializer<?> createContextual(SerializerProvider provider, BeanProperty property)
        throws JsonMappingException {
      throw new JsonMappingException(null, "no");
    }

    @Override
    public void serialize(Object value, JsonGenerator json, SerializerProvider provider) {}
  }

  public static final class Uncreatable extends JsonSerializer<Object> {
    public Uncreatable() {
      throw new IllegalStateException("no");
    }

    @Override
    public void serialize(Object value, JsonGenerator json, SerializerProvider provider) {}
  }

  public static final class NoTypes extends TypeIdResolverBase {
    @Override
    public String idFromValue(Object value) {
      throw new IllegalStateException("no");
    }

    @Override
    public String idFromValueAndType(Object value, Class<?> type) {
      throw new IllegalStateException("no");
    }

    @Override
    public JsonTypeInfo.Id getMechanism() {
      return JsonTypeInfo.Id.CUSTOM;
    }

    @Override
    public JavaType typeFromId(DatabindContext context, String id) {
      return null;
    }
  }
}
