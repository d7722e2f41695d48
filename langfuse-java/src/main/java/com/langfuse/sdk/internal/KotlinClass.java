package com.langfuse.sdk.internal;

import java.lang.annotation.Annotation;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What Kotlin's compiler notes about a class in its {@code kotlin.Metadata} annotation: the
 * properties of the source and their getters, whose names in class files may be others. Reads the
 * few fields it needs of that format, so that the Kotlin library is not needed.
 */
final class KotlinClass {

  private static final String METADATA = "kotlin.Metadata";

  /** The kind of a file that holds one class. */
  private static final Integer CLASS = 1;

  // Fields of metadata.proto and jvm_metadata.proto in the Kotlin compiler.
  private static final int CLASS_FLAGS = 1;
  private static final int CLASS_PROPERTY = 10;
  private static final int CLASS_UNDERLYING_NAME = 17;
  private static final int PROPERTY_NAME = 2;
  private static final int PROPERTY_TYPE = 3;
  private static final int PROPERTY_SIGNATURE = 100;
  private static final int SIGNATURE_GETTER = 3;
  private static final int GETTER_NAME = 1;
  private static final int TYPE_CLASS = 6;

  /** Public, final, a class. */
  private static final int USUAL_FLAGS = 6;

  private static final int MODALITY_SHIFT = 4;
  private static final int MODALITY_MASK = 3;
  private static final int SEALED = 3;
  private static final int KIND_SHIFT = 6;
  private static final int KIND_MASK = 7;
  private static final int OBJECT = 5;
  private static final int DATA = 1 << 10;

  /**
   * A property of the source.
   *
   * @param getter null where there is none: it is private, or the getter is inlined
   * @param type binary name of its class; null for a type parameter
   */
  record Property(String name, @Nullable String getter, @Nullable String type) {}

  private final Map<String, Property> byGetter = new HashMap<>();
  private int flags = USUAL_FLAGS;
  private @Nullable Property underlying;

  private KotlinClass(byte[] metadata, String[] texts) {
    Reader reader = new Reader(metadata, 0, metadata.length);
    reader.message(); // says how texts were shortened, which those that are read here are not
    String underlyingName = "";
    List<Property> properties = new ArrayList<>();
    while (reader.next()) {
      switch (reader.field()) {
        case CLASS_FLAGS -> flags = reader.number();
        case CLASS_UNDERLYING_NAME -> underlyingName = texts[reader.number()];
        case CLASS_PROPERTY -> properties.add(property(reader.message(), texts));
        default -> reader.skip();
      }
    }
    for (Property property : properties) {
      if (property.getter != null) {
        byGetter.put(property.getter, property);
      }
      if (property.name.equals(underlyingName)) {
        underlying = property;
      }
    }
  }

  /** Null for a class that is not Kotlin's, or is compiled in a form that is not known. */
  static @Nullable KotlinClass of(Class<?> type) {
    try {
      for (Annotation annotation : type.getDeclaredAnnotations()) {
        Class<?> metadata = annotation.annotationType();
        if (metadata.getName().equals(METADATA)) {
          return CLASS.equals(metadata.getMethod("k").invoke(annotation))
              ? new KotlinClass(
                  bytes((String[]) metadata.getMethod("d1").invoke(annotation)),
                  (String[]) metadata.getMethod("d2").invoke(annotation))
              : null;
        }
      }
    } catch (ReflectiveOperationException | RuntimeException | LinkageError unknownForm) {
      return null;
    }
    return null;
  }

  /**
   * The property that a method without parameters gets.
   *
   * @param method its name in the class file
   */
  @Nullable Property propertyOf(String method) {
    return byGetter.get(method);
  }

  /** The one property of a value class. */
  @Nullable Property underlying() {
    return underlying;
  }

  boolean isObject() {
    return (flags >> KIND_SHIFT & KIND_MASK) == OBJECT;
  }

  boolean isData() {
    return (flags & DATA) != 0;
  }

  boolean isSealed() {
    return (flags >> MODALITY_SHIFT & MODALITY_MASK) == SEALED;
  }

  boolean hasGetters() {
    return !byGetter.isEmpty();
  }

  /** A byte for each character, after a mark for this form. */
  private static byte[] bytes(String[] data) {
    String all = String.join("", data);
    if (all.isEmpty() || all.charAt(0) != 0) {
      throw new IllegalArgumentException("not the form of Kotlin 1.4 and later");
    }
    return all.substring(1).getBytes(StandardCharsets.ISO_8859_1);
  }

  private static Property property(Reader property, String[] texts) {
    String name = "";
    String getter = null;
    String type = null;
    while (property.next()) {
      switch (property.field()) {
        case PROPERTY_NAME -> name = texts[property.number()];
        case PROPERTY_TYPE -> type = className(property.message(), texts);
        case PROPERTY_SIGNATURE -> getter = getter(property.message(), texts);
        default -> property.skip();
      }
    }
    return new Property(name, getter, type);
  }

  private static @Nullable String className(Reader type, String[] texts) {
    String name = null;
    while (type.next()) {
      if (type.field() == TYPE_CLASS) {
        name = texts[type.number()];
      } else {
        type.skip();
      }
    }
    return name != null && name.startsWith("L") && name.endsWith(";")
        ? name.substring(1, name.length() - 1).replace('/', '.')
        : name == null ? null : name.replace('/', '.');
  }

  private static @Nullable String getter(Reader signature, String[] texts) {
    String getter = null;
    while (signature.next()) {
      if (signature.field() != SIGNATURE_GETTER) {
        signature.skip();
        continue;
      }
      Reader method = signature.message();
      while (method.next()) {
        if (method.field() == GETTER_NAME) {
          getter = texts[method.number()];
        } else {
          method.skip();
        }
      }
    }
    return getter;
  }

  /** Fields of a protobuf message. */
  private static final class Reader {
    private final byte[] bytes;
    private int at;
    private final int end;
    private int tag;

    Reader(byte[] bytes, int from, int end) {
      this.bytes = bytes;
      this.at = from;
      this.end = end;
    }

    boolean next() {
      if (at >= end) {
        return false;
      }
      tag = number();
      return true;
    }

    int field() {
      return tag >>> 3;
    }

    int number() {
      long value = 0;
      for (int shift = 0; ; shift += 7) {
        byte b = bytes[at++];
        value |= (long) (b & 0x7f) << shift;
        if (b >= 0) {
          return (int) value;
        }
      }
    }

    Reader message() {
      int length = number();
      Reader message = new Reader(bytes, at, at + length);
      at += length;
      return message;
    }

    void skip() {
      switch (tag & 7) {
        case 0 -> number();
        case 1 -> at += Long.BYTES;
        case 2 -> message();
        case 5 -> at += Integer.BYTES;
        default -> throw new IllegalArgumentException("wire type " + (tag & 7));
      }
    }
  }
}
