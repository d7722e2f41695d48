package com.langfuse.sdk.internal;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.io.SegmentedStringWriter;
import com.fasterxml.jackson.core.util.BufferRecycler;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.ser.impl.SimpleFilterProvider;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Turns any value into the text of an attribute: strings as they are, everything else as compact
 * JSON.
 *
 * <p>Never throws. What cannot be written becomes a marker such as {@code "<User>"}, and its
 * neighbours are kept: a getter that fails costs its own field, a cycle the branch that leads back.
 * What reading would use up or set off (streams, cursors, connections) is left unread. What is over
 * the {@link Limits} is left out, with a text that says how much. Threadsafe.
 */
public final class JsonEncoder {

  private static final JsonSerializer<Object> NULL_KEY =
      new JsonSerializer<>() {
        @Override
        public void serialize(Object key, JsonGenerator json, SerializerProvider provider)
            throws IOException {
          json.writeFieldName("null");
        }
      };

  /** A pair is one code point to a pattern, so this finds halves only. */
  private static final Pattern LONE_SURROGATE = Pattern.compile("[\\x{D800}-\\x{DFFF}]");

  /** Jackson 2.15 keeps buffers for each thread instead. */
  private static final boolean HAS_POOL = PublicMethods.has(BufferRecycler.class, "releaseToPool");

  private final ObjectMapper mapper;
  private final GuardedFactory serializers;
  private final int maxLength;
  private final Limits limits;
  private final Map<Class<?>, Function<Object, String>> texts;
  private final QuietLog log;

  /** Writes as described, whole. */
  public JsonEncoder(QuietLog log) {
    this(null, Integer.MAX_VALUE, log);
  }

  /**
   * Writes with the application's modules and settings, under the same guards.
   *
   * @param base null for our own settings
   * @param maxLength in characters; what is longer is cut, visibly
   */
  public JsonEncoder(@Nullable ObjectMapper base, int maxLength, QuietLog log) {
    this(base, maxLength, Map.of(), log);
  }

  /**
   * The same, with a say in how values of some types are written.
   *
   * @param texts by class, which is met as it is and not by its subclasses: the text to write for a
   *     value, never cut. Byte arrays and buffers with a known signature are met as {@link
   *     FileBytes}.
   */
  public JsonEncoder(
      @Nullable ObjectMapper base,
      int maxLength,
      Map<Class<?>, Function<Object, String>> texts,
      QuietLog log) {
    this(base, maxLength, texts, Limits.DEFAULT, log);
  }

  JsonEncoder(
      @Nullable ObjectMapper base,
      int maxLength,
      Map<Class<?>, Function<Object, String>> texts,
      Limits limits,
      QuietLog log) {
    this.maxLength = maxLength;
    this.limits = limits;
    this.texts = texts;
    this.log = log;
    this.mapper = JsonBuffers.own(base == null ? ours(log) : copyOf(base));
    mapper.registerModule(new GuardModule(texts));
    mapper.configure(SerializationFeature.FAIL_ON_EMPTY_BEANS, false);
    mapper.configure(SerializationFeature.FAIL_ON_SELF_REFERENCES, false);
    mapper.configure(SerializationFeature.CLOSE_CLOSEABLE, false);
    mapper.configure(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS, true);
    mapper.getSerializerProvider().setNullKeySerializer(NULL_KEY);
    this.serializers = new GuardedFactory(mapper.getSerializerFactory());
    mapper.setSerializerFactory(serializers);
  }

  /**
   * Forgets what is known of classes that may be unloaded before the SDK. For times without work:
   * it is found out anew.
   */
  public void forgetShortLivedClasses() {
    if (serializers.takeMadeForShortLived()) {
      JsonBuffers.forgetClasses(mapper);
    }
  }

  private static ObjectMapper copyOf(ObjectMapper base) {
    try {
      return base.copy();
    } catch (IllegalStateException e) {
      throw new IllegalArgumentException(
          "objectMapper is a "
              + base.getClass().getName()
              + " that cannot be copied: override copy()",
          e);
    }
  }

  private static ObjectMapper ours(QuietLog log) {
    JsonMapper.Builder mapper = JsonMapper.builder();
    DatatypeModules.addTo(mapper, log);
    return mapper
        .addModule(new PlainValues())
        .accessorNaming(FieldNames.provider())
        .filterProvider(new SimpleFilterProvider().setFailOnUnknownId(false))
        .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
        .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
        .build();
  }

  /** The attribute text, or null for a null value: Langfuse has no way to store "set to null". */
  public @Nullable String encode(@Nullable Object value) {
    if (value == null) {
      return null;
    }
    try {
      Object file = FileBytes.in(value);
      Object written = file == null ? value : file;
      Function<Object, String> text = texts.get(written.getClass());
      if (text != null) {
        return text.apply(written);
      }
      return cut(
          value instanceof CharSequence chars ? PlainValues.textOf(chars) : json(value, limits));
    } catch (Throwable t) {
      warn(value, t);
      return '"' + Marker.notSerializable(value) + '"';
    }
  }

  /**
   * What {@link #encode} would say, to be said later: of a copy that nobody can change. Null for a
   * text, and for what has to be encoded at once.
   */
  public @Nullable LaterText later(Object value) {
    try {
      LaterText text = value instanceof CharSequence ? null : Snapshot.take(value, this);
      return text == null || text.weight() > Math.min(maxLength, limits.characters()) ? null : text;
    } catch (Throwable changedMeanwhile) {
      return null;
    }
  }

  /** The text of a snapshot; never throws. */
  String encodeSnapshot(Object snapshot, long expectedLength) {
    try {
      String json = SnapshotJson.write(snapshot, expectedLength, mapper);
      return cut(json == null ? json(snapshot, limits.untimed()) : json);
    } catch (Throwable t) {
      warn(snapshot, t);
      return '"' + Marker.notSerializable(snapshot) + '"';
    }
  }

  /** As ObjectMapper.writeValueAsString does it, within limits. */
  private String json(Object value, Limits limits) throws IOException {
    BufferRecycler recycler = mapper.getFactory()._getBufferRecycler();
    try (SegmentedStringWriter text = new SegmentedStringWriter(recycler)) {
      boolean suspect;
      LinkageError partly;
      try (BoundedGenerator json = new BoundedGenerator(mapper.createGenerator(text), limits)) {
        mapper.writeValue(json, value);
        suspect = json.isSuspect();
        partly = json.linkageError();
      }
      if (partly != null) {
        warn(value, partly);
      }
      String json = text.getAndClear();
      if (suspect && !JsonText.isJson(json)) {
        throw new IOException("A serializer wrote what makes no JSON.");
      }
      return escapeLoneSurrogates(json);
    } finally {
      if (HAS_POOL) {
        recycler.releaseToPool();
      }
    }
  }

  private void warn(Object value, Throwable thrown) {
    String failure = "A " + value.getClass().getName() + " could not be written as JSON";
    LinkageError error = LinkageProblem.in(thrown);
    if (error == null) {
      log.warn("encode", failure + ".", thrown);
    } else {
      log.warn("class path", failure + " as a whole: " + LinkageProblem.explain(error), thrown);
    }
  }

  /** Half a character cannot be sent as UTF-8; as an escape JSON can carry it. */
  private static String escapeLoneSurrogates(String json) {
    return hasSurrogates(json)
        ? LONE_SURROGATE
            .matcher(json)
            .replaceAll(half -> "\\\\u" + Integer.toHexString(half.group().charAt(0)))
        : json;
  }

  /** A loop, because a stream takes longer here than Jackson does. */
  private static boolean hasSurrogates(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        return true;
      }
    }
    return false;
  }

  private String cut(String text) {
    return text.length() <= maxLength ? text : Marker.cutText(text, maxLength);
  }

  /**
   * The fields of a value that is an object in JSON (a record, a bean), each as attribute text;
   * null for anything else.
   */
  public @Nullable Map<String, String> encodeFields(Object value) {
    try {
      String json = value instanceof CharSequence ? "" : json(value, limits);
      if (!json.startsWith("{")) {
        return null;
      }
      return fields(json);
    } catch (Throwable t) {
      warn(value, t);
      return null;
    }
  }

  private Map<String, String> fields(String json) throws IOException {
    Map<String, String> fields = new LinkedHashMap<>();
    try (JsonParser parser = JsonText.parser(json)) {
      JsonNode object = mapper.readTree(parser);
      for (Map.Entry<String, JsonNode> field : object.properties()) {
        JsonNode node = field.getValue();
        if (!node.isNull()) {
          fields.put(field.getKey(), node.isTextual() ? node.textValue() : node.toString());
        }
      }
    }
    return fields;
  }
}
