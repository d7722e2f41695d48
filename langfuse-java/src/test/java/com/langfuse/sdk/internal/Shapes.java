package com.langfuse.sdk.internal;

import com.fasterxml.jackson.annotation.JacksonAnnotationsInside;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonIgnoreType;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonSerializable;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.jsontype.TypeSerializer;
import java.beans.ConstructorProperties;
import java.io.IOException;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.util.AbstractCollection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Java's records and enums, which Kotlin does not make. */
public final class Shapes {

  private Shapes() {}

  public record Message(String role, @Nullable String content, int index) {}

  public record Chat(
      String model, List<Message> messages, Map<String, Object> more, double[] scores) {}

  public record OddNames(
      boolean isActive, String getText, String URL, int xAxis, String a, long Upper) {}

  public record Generic<T extends @Nullable Object>(T value, T[] values) {}

  public record Empty() {}

  record NotPublic(String text) {}

  public record Failing(String text) {
    @Override
    public String text() {
      throw new IllegalStateException("no");
    }
  }

  public record WithGetter(String text) {
    public String getShout() {
      return text + "!";
    }
  }

  public interface Shouting {
    default boolean isLoud() {
      return true;
    }
  }

  public record WithInheritedGetter(String text) implements Shouting {}

  public record Renamed(@JsonProperty("body") String text) {}

  public record Hiding(@JsonIgnore String secret, String text) {}

  @JsonTypeInfo(use = JsonTypeInfo.Id.SIMPLE_NAME)
  public interface Typed {}

  public record OfType(String text) implements Typed {}

  @Retention(RetentionPolicy.RUNTIME)
  @JacksonAnnotationsInside
  @JsonProperty("bundled")
  public @interface Bundle {}

  public record Bundled(@Bundle String text) {}

  public record Transient(String text) {
    @Override
    @java.beans.Transient
    public String text() {
      return text;
    }
  }

  public record Reordered(String a, String b) {
    @ConstructorProperties({"b", "a"})
    public Reordered(String a, String b) {
      this.a = a;
      this.b = b;
    }
  }

  public record Own(String text) implements JsonSerializable {
    @Override
    public void serialize(JsonGenerator json, SerializerProvider provider) throws IOException {
      json.writeString("mine");
    }

    @Override
    public void serializeWithType(
        JsonGenerator json, SerializerProvider provider, TypeSerializer type) throws IOException {
      serialize(json, provider);
    }
  }

  @JsonIgnoreType
  public static final class Ignored {}

  public record OfIgnored(@Nullable Ignored ignored, String text) {}

  /** Hands out its own array, which it should not. */
  public static final class Careless extends AbstractCollection<Object> {
    private final Object[] own;

    public Careless(Object[] own) {
      this.own = own;
    }

    @Override
    public Iterator<Object> iterator() {
      return List.of(own).iterator();
    }

    @Override
    public int size() {
      return own.length;
    }

    @Override
    public Object[] toArray() {
      return own;
    }
  }

  public record Closing(String text) implements AutoCloseable {
    @Override
    public void close() {}
  }

  public enum Plain {
    ONE,
    TWO {
      @Override
      public String toString() {
        return "zwei";
      }
    }
  }

  public enum Written {
    ONE;

    @JsonValue
    public String wire() {
      return "uno";
    }
  }
}
