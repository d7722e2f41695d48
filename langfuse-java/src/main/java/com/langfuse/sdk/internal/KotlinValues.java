package com.langfuse.sdk.internal;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.introspect.AnnotatedMember;
import com.fasterxml.jackson.databind.ser.BeanPropertyWriter;
import com.fasterxml.jackson.databind.type.TypeFactory;
import java.io.IOException;
import java.lang.annotation.Annotation;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * How values are written that only Kotlin has: a value class as what it holds, unsigned numbers as
 * numbers, an object without properties as its name.
 */
final class KotlinValues {

  private static final String VALUE_CLASS = "kotlin.jvm.JvmInline";
  private static final String RESULT = "kotlin.Result";
  private static final Set<String> UNSIGNED =
      Set.of("kotlin.UByte", "kotlin.UShort", "kotlin.UInt", "kotlin.ULong");

  private KotlinValues() {}

  /** Null for a class that is written as any other. */
  static @Nullable JsonSerializer<Object> serializerOf(Class<?> type) {
    String name = type.getName();
    if (UNSIGNED.contains(name)) {
      return new Text(
          (value, json) -> PlainValues.writeBigInteger(new BigInteger(value.toString()), json));
    }
    if (name.equals(RESULT) || (!isOfKotlin(type) && isValueClass(type))) {
      return unboxing(type);
    }
    return isName(type)
        ? new Text((value, json) -> json.writeString(value.getClass().getSimpleName()))
        : null;
  }

  /** A library's own class that is best read as its text. */
  static boolean isText(Class<?> type) {
    if (!isOfKotlin(type)) {
      return false;
    }
    KotlinClass kotlin = KotlinClass.of(type);
    return kotlin == null || !kotlin.isData();
  }

  private static boolean isOfKotlin(Class<?> type) {
    return type.getName().startsWith("kotlin.") || type.getName().startsWith("kotlinx.datetime.");
  }

  private static boolean isValueClass(Class<?> type) {
    return Arrays.stream(type.getDeclaredAnnotations())
        .map(Annotation::annotationType)
        .anyMatch(annotation -> annotation.getName().equals(VALUE_CLASS));
  }

  /** An object that is one case of a sealed type, or has nothing but its name. */
  private static boolean isName(Class<?> type) {
    KotlinClass kotlin = KotlinClass.of(type);
    return kotlin != null
        && kotlin.isObject()
        && (kotlin.isData()
            || !kotlin.hasGetters()
            || isSealed(type.getSuperclass())
            || Arrays.stream(type.getInterfaces()).anyMatch(KotlinValues::isSealed));
  }

  private static boolean isSealed(@Nullable Class<?> type) {
    if (type == null || type == Object.class) {
      return false;
    }
    KotlinClass kotlin = KotlinClass.of(type);
    return (kotlin != null && kotlin.isSealed())
        || isSealed(type.getSuperclass())
        || Arrays.stream(type.getInterfaces()).anyMatch(KotlinValues::isSealed);
  }

  /**
   * For a property of a value class, whose getter gives what the value holds. Null for any other.
   */
  static @Nullable JsonSerializer<Object> boxing(AnnotatedMember member) {
    KotlinClass.Property property = propertyOf(member);
    return property == null || member.getRawType().getName().equals(property.type())
        ? null
        : boxing(property.type(), member.getDeclaringClass());
  }

  /** False for a bean whose lazy property is not computed yet. */
  static Predicate<Object> isReadable(BeanPropertyWriter writer) {
    KotlinClass.Property property = propertyOf(writer.getMember());
    if (property == null) {
      return bean -> true;
    }
    try {
      Field lazy =
          writer.getMember().getDeclaringClass().getDeclaredField(property.name() + "$delegate");
      if (!lazy.getType().getName().equals("kotlin.Lazy") || !lazy.trySetAccessible()) {
        return bean -> true;
      }
      Method isInitialized = lazy.getType().getMethod("isInitialized");
      return bean -> {
        try {
          return (Boolean) isInitialized.invoke(lazy.get(bean));
        } catch (ReflectiveOperationException e) {
          return true;
        }
      };
    } catch (ReflectiveOperationException notLazy) {
      return bean -> true;
    }
  }

  private static KotlinClass.@Nullable Property propertyOf(@Nullable AnnotatedMember member) {
    if (member == null || !(member.getMember() instanceof Method)) {
      return null;
    }
    KotlinClass kotlin = KotlinClass.of(member.getDeclaringClass());
    return kotlin == null ? null : kotlin.propertyOf(member.getName());
  }

  /** Null where a class of that name is no value class. */
  private static @Nullable JsonSerializer<Object> boxing(@Nullable String name, Class<?> user) {
    try {
      Class<?> type = name == null ? null : Class.forName(name, false, user.getClassLoader());
      if (type == null || !isValueClass(type)) {
        return null;
      }
      Method box =
          Arrays.stream(type.getDeclaredMethods())
              .filter(method -> method.getName().equals("box-impl"))
              .findFirst()
              .orElse(null);
      return box == null || !box.trySetAccessible()
          ? null
          : new Converting(value -> box.invoke(null, value));
    } catch (ReflectiveOperationException | LinkageError kotlinTypeWithoutClass) {
      return null;
    }
  }

  /** The same for names of a map's entries. */
  static @Nullable JsonSerializer<Object> keySerializerOf(Class<?> type) {
    if (isOfKotlin(type)) {
      return null;
    }
    if (isValueClass(type) && unboxing(type) instanceof Converting held) {
      return new Key(held);
    }
    return isName(type)
        ? new Text((value, json) -> json.writeFieldName(type.getSimpleName()))
        : null;
  }

  private static @Nullable JsonSerializer<Object> unboxing(Class<?> type) {
    try {
      Method unbox = type.getDeclaredMethod("unbox-impl");
      if (!unbox.trySetAccessible()) {
        return null;
      }
      KotlinClass kotlin = KotlinClass.of(type);
      KotlinClass.Property held = kotlin == null ? null : kotlin.underlying();
      JsonSerializer<Object> inner =
          held == null || unbox.getReturnType().getName().equals(held.type())
              ? null
              : boxing(held.type(), type);
      Conversion conversion = unbox::invoke;
      return inner == null ? new Converting(conversion) : new Converting(conversion, inner);
    } catch (ReflectiveOperationException olderForm) {
      return null;
    }
  }

  private interface Conversion {
    @Nullable Object apply(Object value) throws ReflectiveOperationException;
  }

  /** Writes another value in place of one. */
  private static final class Converting extends PlainSerializer {
    private final Conversion conversion;
    private final @Nullable JsonSerializer<Object> serializer;

    Converting(Conversion conversion) {
      this(conversion, null);
    }

    Converting(Conversion conversion, @Nullable JsonSerializer<Object> serializer) {
      this.conversion = conversion;
      this.serializer = serializer;
    }

    /** What a value holds, which may be of a value class itself. */
    @Nullable Object held(Object value) throws ReflectiveOperationException {
      Object other = conversion.apply(value);
      return other != null && serializer instanceof Converting inner ? inner.held(other) : other;
    }

    @Override
    public void serialize(Object value, JsonGenerator json, SerializerProvider provider)
        throws IOException {
      try {
        Object other = conversion.apply(value);
        if (serializer == null || other == null) {
          provider.defaultSerializeValue(other, json);
        } else {
          serializer.serialize(other, json, provider);
        }
      } catch (ReflectiveOperationException e) {
        throw new IOException(e);
      }
    }
  }

  /** Names an entry as what the key holds. */
  private static final class Key extends JsonSerializer<Object> {
    private final Converting conversion;

    Key(Converting conversion) {
      this.conversion = conversion;
    }

    @Override
    public void serialize(Object value, JsonGenerator json, SerializerProvider provider)
        throws IOException {
      try {
        Object held = conversion.held(value);
        JsonSerializer<Object> key =
            held == null
                ? provider.findNullKeySerializer(TypeFactory.unknownType(), null)
                : provider.findKeySerializer(held.getClass(), null);
        key.serialize(held, json, provider);
      } catch (ReflectiveOperationException e) {
        throw new IOException(e);
      }
    }
  }

  private interface Writer {
    void write(Object value, JsonGenerator json) throws IOException;
  }

  private static final class Text extends PlainSerializer {
    private final Writer writer;

    Text(Writer writer) {
      this.writer = writer;
    }

    @Override
    public void serialize(Object value, JsonGenerator json, SerializerProvider provider)
        throws IOException {
      writer.write(value, json);
    }
  }
}
