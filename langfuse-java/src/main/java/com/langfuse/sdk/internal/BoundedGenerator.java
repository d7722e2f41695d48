package com.langfuse.sdk.internal;

import com.fasterxml.jackson.core.Base64Variant;
import com.fasterxml.jackson.core.JsonGenerationException;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.exc.StreamWriteException;
import com.fasterxml.jackson.core.util.JsonGeneratorDelegate;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/**
 * Counts what is written for one value, and throws {@link LimitExceededException} from the first
 * write over a limit on. A text that exceeds what is left is cut. Text that is written raw as a
 * value is checked: what is no JSON becomes a JSON text.
 */
final class BoundedGenerator extends JsonGeneratorDelegate {

  /** Some 120,000 digits, which take milliseconds; more take much longer. */
  private static final int MAX_BITS = 400_000;

  private static final int BITS_PER_DIGIT = 3;

  /** Of a number that may be written as plain digits. */
  private static final int MAX_SCALE = 9_999;

  /** The clock is read at every 16th value. */
  private static final int CLOCK_MASK = 15;

  /** A second more for 2 million: what is large and not slow is kept whole on a busy machine. */
  private static final long NANOS_PER_CHARACTER = 500;

  private static final int NUMBER = 8;
  private static final int DECIMAL = 16;
  private static final int LITERAL = 5;
  private static final int QUOTES = 3;

  /** Jackson does it from 2.16 on. */
  private static final boolean BOUNDS_NESTING =
      PublicMethods.has(JsonGenerator.class, "streamWriteConstraints");

  /** The default of the versions that bound it. */
  private static final int MAX_NESTING = 1_000;

  private final Limits limits;
  private final ValuePath path;
  private final long start = System.nanoTime();
  private final long maxNanos;
  private final int maxNesting;
  private long values;
  private long characters;
  private boolean suspect;
  private @Nullable LimitExceededException exceeded;
  private @Nullable LinkageError linkageError;

  BoundedGenerator(JsonGenerator json, Limits limits) {
    super(json, false);
    this.limits = limits;
    this.path = new ValuePath(limits.depth());
    this.maxNanos = limits.time().toNanos();
    this.maxNesting =
        BOUNDS_NESTING ? json.streamWriteConstraints().getMaxNestingDepth() : MAX_NESTING;
  }

  /** The limit that was reached; null as long as none was. */
  static @Nullable LimitExceededException exceeded(JsonGenerator json) {
    return json instanceof BoundedGenerator bounded ? bounded.exceeded : null;
  }

  /** For what has to be written after a limit was reached. */
  static JsonGenerator unbounded(JsonGenerator json) {
    return json instanceof BoundedGenerator bounded ? bounded.delegate : json;
  }

  ValuePath path() {
    return path;
  }

  /** Whether the JSON may be broken: pieces were written raw, or a write broke off. */
  boolean isSuspect() {
    return suspect;
  }

  /** The first error of the class path that a part of the value failed with; null without one. */
  @Nullable LinkageError linkageError() {
    return linkageError;
  }

  /**
   * Notes what ended a serializer. An error of the virtual machine, or of the generator, may have
   * come when a value was counted and not yet written.
   */
  static void failed(JsonGenerator json, Throwable thrown) {
    if (json instanceof BoundedGenerator bounded) {
      bounded.suspect |=
          thrown instanceof VirtualMachineError || thrown instanceof StreamWriteException;
      if (bounded.linkageError == null) {
        bounded.linkageError = LinkageProblem.in(thrown);
      }
    }
  }

  private void count(int length) throws IOException {
    if (exceeded != null) {
      throw exceeded;
    }
    if (characters > limits.characters()) {
      exceed(limits.characters() + " characters");
    }
    if (values++ >= limits.values()) {
      exceed(limits.values() + " values");
    }
    if ((values & CLOCK_MASK) == 0
        && System.nanoTime() - start > maxNanos + NANOS_PER_CHARACTER * characters) {
      exceed(limits.time().toMillis() + " ms");
    }
    characters += length;
  }

  private void exceed(String limit) throws IOException {
    exceeded = new LimitExceededException(limit);
    throw exceeded;
  }

  /** The generator itself would fail when half of it is written. */
  private void countOpen() throws IOException {
    if (nesting() >= maxNesting) {
      throw new JsonGenerationException("nested too deeply", this);
    }
    count(2);
  }

  /** How many objects and lists are open. */
  private int nesting() {
    JsonStreamContext context = getOutputContext();
    if (BOUNDS_NESTING) {
      return context.getNestingDepth();
    }
    int open = 0; // which earlier versions do not count
    for (; context.getParent() != null; context = context.getParent()) {
      open++;
    }
    return open;
  }

  /** About how many characters, with a comma. */
  private static int lengthOf(long number) {
    long size = Math.abs(number);
    return size < 10 ? 2 : size < 1_000 ? 4 : size < 1_000_000 ? 7 : size < 1L << 31 ? 10 : 18;
  }

  private int room() {
    return (int) Math.max(0, Math.min(Integer.MAX_VALUE, limits.characters() - characters));
  }

  private boolean hasRoomFor(int numbers) {
    return characters + (long) NUMBER * numbers <= limits.characters()
        && values + numbers < limits.values();
  }

  private void countAll(int numbers) throws IOException {
    count(NUMBER * numbers);
    values += numbers;
  }

  @Override
  public void writeStartArray() throws IOException {
    countOpen();
    super.writeStartArray();
  }

  @Override
  public void writeStartArray(Object value) throws IOException {
    countOpen();
    super.writeStartArray(value);
  }

  @Override
  public void writeStartArray(Object value, int size) throws IOException {
    countOpen();
    super.writeStartArray(value, size);
  }

  @Override
  public void writeStartObject() throws IOException {
    countOpen();
    super.writeStartObject();
  }

  @Override
  public void writeStartObject(Object value) throws IOException {
    countOpen();
    super.writeStartObject(value);
  }

  @Override
  public void writeStartObject(Object value, int size) throws IOException {
    countOpen();
    super.writeStartObject(value, size);
  }

  @Override
  public void writeFieldName(String name) throws IOException {
    count(name.length() + QUOTES);
    super.writeFieldName(name);
  }

  @Override
  public void writeFieldName(SerializableString name) throws IOException {
    count(name.charLength() + QUOTES);
    super.writeFieldName(name);
  }

  @Override
  public void writeFieldId(long id) throws IOException {
    count(NUMBER);
    super.writeFieldId(id);
  }

  @Override
  public void writeArray(int[] array, int offset, int length) throws IOException {
    if (hasRoomFor(length)) {
      countAll(length);
      super.writeArray(array, offset, length);
      return;
    }
    writeStartArray(array, length);
    for (int i = offset; i < offset + length; i++) {
      writeNumber(array[i]);
    }
    writeEndArray();
  }

  @Override
  public void writeArray(long[] array, int offset, int length) throws IOException {
    if (hasRoomFor(length)) {
      countAll(length);
      super.writeArray(array, offset, length);
      return;
    }
    writeStartArray(array, length);
    for (int i = offset; i < offset + length; i++) {
      writeNumber(array[i]);
    }
    writeEndArray();
  }

  @Override
  public void writeArray(double[] array, int offset, int length) throws IOException {
    if (hasRoomFor(length)) {
      countAll(length);
      super.writeArray(array, offset, length);
      return;
    }
    writeStartArray(array, length);
    for (int i = offset; i < offset + length; i++) {
      writeNumber(array[i]);
    }
    writeEndArray();
  }

  @Override
  public void writeArray(String[] array, int offset, int length) throws IOException {
    writeStartArray(array, length);
    for (int i = offset; i < offset + length; i++) {
      writeString(array[i]);
    }
    writeEndArray();
  }

  @Override
  public void writeString(@Nullable String text) throws IOException {
    if (text == null) {
      writeNull();
      return;
    }
    int room = room();
    count(text.length() + QUOTES);
    super.writeString(text.length() <= room ? text : Marker.cutText(text, room));
  }

  @Override
  public void writeString(char[] text, int offset, int length) throws IOException {
    if (length > room()) {
      writeString(new String(text, offset, length));
      return;
    }
    count(length + QUOTES);
    super.writeString(text, offset, length);
  }

  @Override
  public void writeString(SerializableString text) throws IOException {
    count(text.charLength() + QUOTES);
    super.writeString(text);
  }

  @Override
  public void writeBinary(Base64Variant variant, byte[] bytes, int offset, int length)
      throws IOException {
    if (length > roomForBytes()) {
      writeString(Marker.bytes(length));
      return;
    }
    count(base64Length(length));
    super.writeBinary(variant, bytes, offset, length);
  }

  @Override
  public int writeBinary(Base64Variant variant, InputStream bytes, int length) throws IOException {
    if (length > roomForBytes()) {
      writeString(Marker.bytes(length));
      return length;
    }
    byte[] read = bytes.readNBytes(length < 0 ? roomForBytes() + 1 : length);
    writeBinary(variant, read, 0, read.length);
    return read.length;
  }

  private int roomForBytes() {
    return room() / 4 * 3;
  }

  private static int base64Length(int bytes) {
    return bytes / 3 * 4 + 4 + QUOTES;
  }

  @Override
  public void writeRaw(String text) throws IOException {
    countRaw(text.length());
    super.writeRaw(text);
  }

  @Override
  public void writeRaw(String text, int offset, int length) throws IOException {
    countRaw(length);
    super.writeRaw(text, offset, length);
  }

  @Override
  public void writeRaw(SerializableString text) throws IOException {
    countRaw(text.charLength());
    super.writeRaw(text);
  }

  @Override
  public void writeRaw(char[] text, int offset, int length) throws IOException {
    countRaw(length);
    super.writeRaw(text, offset, length);
  }

  @Override
  public void writeRaw(char c) throws IOException {
    countRaw(1);
    super.writeRaw(c);
  }

  private void countRaw(int length) throws IOException {
    suspect = true;
    count(length);
  }

  @Override
  public void writeRawValue(String text) throws IOException {
    if (text.length() > room() || !JsonText.isJson(text)) {
      writeString(text);
      return;
    }
    count(text.length());
    super.writeRawValue(text);
  }

  @Override
  public void writeRawValue(SerializableString text) throws IOException {
    writeRawValue(text.getValue());
  }

  @Override
  public void writeRawValue(String text, int offset, int length) throws IOException {
    writeRawValue(text.substring(offset, offset + length));
  }

  @Override
  public void writeRawValue(char[] text, int offset, int length) throws IOException {
    writeRawValue(new String(text, offset, length));
  }

  @Override
  public void writeNumber(short number) throws IOException {
    count(lengthOf(number));
    super.writeNumber(number);
  }

  @Override
  public void writeNumber(int number) throws IOException {
    count(lengthOf(number));
    super.writeNumber(number);
  }

  @Override
  public void writeNumber(long number) throws IOException {
    count(lengthOf(number));
    super.writeNumber(number);
  }

  @Override
  public void writeNumber(double number) throws IOException {
    count(DECIMAL);
    super.writeNumber(number);
  }

  @Override
  public void writeNumber(float number) throws IOException {
    count(DECIMAL);
    super.writeNumber(number);
  }

  @Override
  public void writeNumber(@Nullable BigInteger number) throws IOException {
    if (number != null && !hasFewDigits(number)) {
      writeString(Marker.tooLong(number, number.bitLength()));
      return;
    }
    count(number == null ? LITERAL : number.bitLength() / BITS_PER_DIGIT);
    super.writeNumber(number);
  }

  @Override
  public void writeNumber(@Nullable BigDecimal number) throws IOException {
    if (number != null && !hasFewDigits(number.unscaledValue())) {
      writeString(Marker.tooLong(number, number.unscaledValue().bitLength()));
      return;
    }
    if (number != null && Math.abs((long) number.scale()) > MAX_SCALE) {
      writeString(number.toString()); // as plain digits it would be all zeros
      return;
    }
    count(number == null ? LITERAL : number.unscaledValue().bitLength() / BITS_PER_DIGIT);
    super.writeNumber(number);
  }

  /** Whether its text is written in milliseconds. */
  static boolean hasFewDigits(BigInteger number) {
    return number.bitLength() <= MAX_BITS;
  }

  @Override
  public void writeNumber(String number) throws IOException {
    count(number.length());
    super.writeNumber(number);
  }

  @Override
  public void writeBoolean(boolean value) throws IOException {
    count(LITERAL);
    super.writeBoolean(value);
  }

  @Override
  public void writeNull() throws IOException {
    count(LITERAL);
    super.writeNull();
  }
}
