package com.langfuse.sdk.internal;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.module.SimpleModule;
import java.io.IOException;
import java.lang.ref.Reference;
import java.lang.reflect.AnnotatedElement;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.Key;
import java.util.Arrays;
import java.util.Collection;
import java.util.Date;
import java.util.Enumeration;
import java.util.Iterator;
import java.util.OptionalLong;
import java.util.Set;
import java.util.Spliterator;
import java.util.Timer;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.Future;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import org.jspecify.annotations.Nullable;

/** How values without fields are written; follows the Python SDK's table, ISO-8601 for time. */
final class PlainValues extends SimpleModule {

  private static final long serialVersionUID = 1L;

  /** The server is JavaScript: above this, digits of a number get lost, those of a text do not. */
  private static final BigInteger MAX_SAFE = BigInteger.valueOf((1L << 53) - 1);

  /** Stands for a value that is better left unread. */
  static final JsonSerializer<Object> CUT =
      new PlainSerializer() {
        @Override
        public void serialize(Object value, JsonGenerator json, SerializerProvider provider)
            throws IOException {
          json.writeString(Marker.cut(value));
        }
      };

  /** Stands for machinery of the process. */
  static final JsonSerializer<Object> SYSTEM =
      new PlainSerializer() {
        @Override
        public void serialize(Object value, JsonGenerator json, SerializerProvider provider)
            throws IOException {
          json.writeString(describeSystem(value));
        }
      };

  /** A text that is no String may be one without end. */
  static final JsonSerializer<Object> CHARACTERS =
      new PlainSerializer() {
        @Override
        public void serialize(Object value, JsonGenerator json, SerializerProvider provider)
            throws IOException {
          json.writeString(textOf((CharSequence) value));
        }
      };

  private static final Set<Class<?>> MACHINERY =
      Set.of(
          Thread.class,
          ThreadGroup.class,
          ThreadLocal.class,
          ClassLoader.class,
          Process.class,
          Executor.class,
          Lock.class,
          ReadWriteLock.class,
          Condition.class,
          Timer.class,
          Reference.class,
          AnnotatedElement.class,
          Key.class);

  private static final int MAX_DESCRIPTION = 200;
  private static final int SAFE_DIGITS = 15;
  private static final int MAX_TEXT_BYTES = 4096;

  PlainValues() {
    write(Long.class, PlainValues::writeLong);
    write(Long.TYPE, PlainValues::writeLong);
    write(OptionalLong.class, PlainValues::writeOptional);
    write(BigInteger.class, PlainValues::writeBigInteger);
    write(BigDecimal.class, PlainValues::writeBigDecimal);
    write(byte[].class, PlainValues::writeBytes);
    write(ByteBuffer.class, PlainValues::writeBuffer);
    write(Date.class, (date, json) -> json.writeString(describe(date)));
    write(Path.class, (path, json) -> json.writeString(path.toString()));
    write(Throwable.class, (thrown, json) -> json.writeString(describe(thrown)));
  }

  /**
   * Reading it would use up or set off what belongs to the application: streams, cursors,
   * connections, what is still running.
   */
  static boolean isLive(Class<?> type) {
    return AutoCloseable.class.isAssignableFrom(type)
        || Iterator.class.isAssignableFrom(type)
        || Enumeration.class.isAssignableFrom(type)
        || Spliterator.class.isAssignableFrom(type)
        || Future.class.isAssignableFrom(type)
        || Flow.Publisher.class.isAssignableFrom(type)
        || (type.isHidden() && !Iterable.class.isAssignableFrom(type))
        || isCode(type);
  }

  /**
   * Jobs, scopes, flows and functions: their getters lead to the whole coroutine and its context.
   * Sequences and publishers are used up by reading.
   */
  private static boolean isCode(@Nullable Class<?> type) {
    if (type == null) {
      return false;
    }
    String name = type.getName();
    return name.startsWith("kotlinx.coroutines.")
        || name.startsWith("kotlin.coroutines.")
        || name.equals("kotlin.Function")
        || name.equals("kotlin.sequences.Sequence")
        || name.equals("org.reactivestreams.Publisher")
        || isCode(type.getSuperclass())
        || Arrays.stream(type.getInterfaces()).anyMatch(PlainValues::isCode);
  }

  /** Value types without getters that mean anything: Kotlin's Duration, Regex, ranges. */
  static boolean isText(Class<?> type) {
    return KotlinValues.isText(type);
  }

  /**
   * Machinery of the JDK: threads, class loaders, executors, locks, keys. Its getters lead to what
   * belongs to the process, or are secrets.
   */
  static boolean isOfSystem(Class<?> type) {
    return isOfJdk(type) || MACHINERY.stream().anyMatch(each -> each.isAssignableFrom(type));
  }

  private static boolean isOfJdk(Class<?> type) {
    ClassLoader loader = type.getClassLoader();
    return type != Object.class
        && (loader == null || loader == ClassLoader.getPlatformClassLoader());
  }

  /** One of the application's that is no collection, and only read. */
  static boolean isIterable(Class<?> type) {
    return Iterable.class.isAssignableFrom(type)
        && !Collection.class.isAssignableFrom(type)
        && !Throwable.class.isAssignableFrom(type)
        && !isOfJdk(type);
  }

  /** A number that JavaScript can read whole. */
  static boolean isSafe(long number) {
    return number <= MAX_SAFE.longValue() && number >= -MAX_SAFE.longValue();
  }

  private static void writeLong(Long number, JsonGenerator json) throws IOException {
    if (isSafe(number)) {
      json.writeNumber(number);
    } else {
      json.writeString(number.toString());
    }
  }

  private static void writeOptional(OptionalLong number, JsonGenerator json) throws IOException {
    if (number.isPresent()) {
      writeLong(number.getAsLong(), json);
    } else {
      json.writeNull();
    }
  }

  static void writeBigInteger(BigInteger number, JsonGenerator json) throws IOException {
    if (!BoundedGenerator.hasFewDigits(number)) {
      json.writeNumber(number); // which has a text for it
    } else if (number.abs().compareTo(MAX_SAFE) > 0) {
      json.writeString(number.toString());
    } else {
      json.writeNumber(number);
    }
  }

  private static void writeBigDecimal(BigDecimal number, JsonGenerator json) throws IOException {
    // toPlainString of 1E+1000000000 would be a gigabyte of zeros.
    if (!BoundedGenerator.hasFewDigits(number.unscaledValue())) {
      json.writeNumber(number);
    } else if (number.precision() > SAFE_DIGITS || Math.abs((long) number.scale()) > SAFE_DIGITS) {
      json.writeString(number.toString());
    } else {
      json.writeNumber(number.toPlainString());
    }
  }

  private static void writeBuffer(ByteBuffer buffer, JsonGenerator json) throws IOException {
    json.writeString(Marker.bytes(buffer.remaining()));
  }

  private static void writeBytes(byte[] bytes, JsonGenerator json) throws IOException {
    String text = bytes.length > MAX_TEXT_BYTES ? null : decodeUtf8(bytes);
    json.writeString(text == null ? Marker.bytes(bytes.length) : text);
  }

  private static @Nullable String decodeUtf8(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException binary) {
      return null;
    }
  }

  @SuppressWarnings("JavaUtilDate") // it is the application's
  private static String describe(Date date) {
    try {
      return date.toInstant().toString();
    } catch (UnsupportedOperationException dateOrTimeOfSql) {
      return date.toString();
    }
  }

  static String describe(Throwable thrown) {
    String message = thrown.getMessage();
    String type = thrown.getClass().getSimpleName();
    return message == null || message.isBlank() ? type : type + ": " + message;
  }

  /** Never the address of an object, which means nothing, and nothing long. */
  private static String describeSystem(Object value) {
    String text = isOfJdk(value.getClass()) ? value.toString() : "";
    boolean isAddress = text.startsWith(value.getClass().getName() + "@");
    return text.isEmpty() || isAddress || text.length() > MAX_DESCRIPTION
        ? Marker.cut(value)
        : text;
  }

  /** The text, or the beginning of one that is too long to be kept in memory. */
  static String textOf(CharSequence text) {
    int max = (int) Limits.DEFAULT.characters();
    return text instanceof String || text.length() <= max
        ? text.toString()
        : Marker.cutText(text, max);
  }

  private <T> void write(Class<? extends T> type, Writer<T> writer) {
    addSerializer(
        type,
        new JsonSerializer<T>() {
          @Override
          public void serialize(T value, JsonGenerator json, SerializerProvider provider)
              throws IOException {
            writer.write(value, json);
          }
        });
  }

  private interface Writer<T> {
    void write(T value, JsonGenerator json) throws IOException;
  }
}
