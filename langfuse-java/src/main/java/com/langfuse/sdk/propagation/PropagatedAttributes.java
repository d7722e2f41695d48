package com.langfuse.sdk.propagation;

import com.langfuse.sdk.internal.LangfuseAttributes;
import com.langfuse.sdk.internal.QuietLog;
import com.langfuse.sdk.internal.Settings;
import io.opentelemetry.api.baggage.Baggage;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The attributes that every observation started in a scope gets, as one immutable value in the
 * OpenTelemetry {@link Context}.
 *
 * <p>Applications write {@code langfuse.propagate()}; this is what that leaves in the Context.
 * Because it is immutable, each coroutine, thread or callback that carries a Context has its own.
 * Nested scopes merge: the inner user, session, version and names win, metadata merges by key, tags
 * are appended.
 */
public final class PropagatedAttributes {

  private static final ContextKey<PropagatedAttributes> KEY =
      ContextKey.named("langfuse-propagated-attributes");

  private static final PropagatedAttributes NONE =
      new PropagatedAttributes(Map.of(), Map.of(), List.of(), 0);

  /** Langfuse refuses longer values. */
  private static final int MAX_LENGTH = 200;

  private final Map<AttributeKey<String>, String> values;
  private final Map<String, String> metadata;
  private final List<String> tags;

  /** 0 when no prompt is linked; its name is among the values. */
  private final int promptVersion;

  /** Ready for a span: built once per scope, used for each span in it. */
  private final Attributes attributes;

  private PropagatedAttributes(
      Map<AttributeKey<String>, String> values,
      Map<String, String> metadata,
      List<String> tags,
      int promptVersion) {
    this.values = values;
    this.metadata = metadata;
    this.tags = tags;
    this.promptVersion = promptVersion;
    AttributesBuilder all = Attributes.builder();
    values.forEach(all::put);
    metadata.forEach((key, value) -> all.put(LangfuseAttributes.traceMetadata(key), value));
    if (!tags.isEmpty()) {
      all.put(LangfuseAttributes.TAGS, tags);
    }
    if (promptVersion > 0) {
      all.put(LangfuseAttributes.PROMPT_VERSION, (long) promptVersion);
    }
    this.attributes = all.build();
  }

  public static PropagatedAttributes none() {
    return NONE;
  }

  /** The attributes in force in this context; empty ones when there are none. */
  public static PropagatedAttributes from(Context context) {
    PropagatedAttributes found = context.get(KEY);
    return found == null ? NONE : found;
  }

  /**
   * What another service sent along in baggage, checked anew; empty when there is none. Values of
   * this process, from {@link #from}, win over these.
   */
  public static PropagatedAttributes fromBaggage(Context context, QuietLog log) {
    Baggage baggage = Baggage.fromContextOrNull(context);
    return baggage == null || PropagatedBaggage.isSilent(baggage)
        ? NONE
        : PropagatedBaggage.read(baggage, log);
  }

  /** A copy of the context in which these are in force. */
  public Context storeIn(Context context) {
    return context.with(KEY, this);
  }

  /** A copy of the context whose baggage carries these to the services that are called. */
  public Context storeAsBaggageIn(Context context, QuietLog log) {
    return context.with(PropagatedBaggage.write(this, Baggage.fromContext(context), log));
  }

  /**
   * A copy of the inner context whose baggage carries these, and under them what came in with the
   * outer one's.
   */
  public Context storeAsBaggageOver(Context outer, Context inner, QuietLog log) {
    return fromBaggage(outer, log).with(this).storeAsBaggageIn(inner, log);
  }

  /**
   * A copy of the context whose baggage says that this trace has its top-most span already, so that
   * a service further down marks none of its own.
   */
  public static Context claim(String traceId, Context context) {
    Baggage baggage = Baggage.fromContext(context);
    return traceId.equals(baggage.getEntryValue(PropagatedBaggage.CLAIM))
        ? context
        : context.with(baggage.toBuilder().put(PropagatedBaggage.CLAIM, traceId).build());
  }

  /** The trace id that {@link #claim} left here or in a calling service; null when none did. */
  public static @Nullable String claimIn(Context context) {
    Baggage baggage = Baggage.fromContextOrNull(context);
    return baggage == null ? null : baggage.getEntryValue(PropagatedBaggage.CLAIM);
  }

  /**
   * What is in force in this context, as it stands on a span: with what another service sent along
   * in baggage, over which this process has the last word.
   */
  public static Attributes inForce(Context context, boolean readsBaggage, QuietLog log) {
    Attributes ours = from(context).attributes;
    Attributes others = readsBaggage ? fromBaggage(context, log).attributes : Attributes.empty();
    return others.isEmpty() ? ours : others.toBuilder().putAll(ours).build();
  }

  /** Writes what is {@link #inForce} on a new span; a prompt that the span names itself stays. */
  public static void apply(Attributes inForce, ReadWriteSpan span) {
    if (!inForce.isEmpty()) {
      boolean ownPrompt = span.getAttribute(LangfuseAttributes.PROMPT_NAME) != null;
      span.setAllAttributes(ownPrompt ? withoutPrompt(inForce) : inForce);
    }
  }

  /**
   * Writes these on a span that is running already, and nothing of what was in force before:
   * another thread may have replaced that meanwhile. Tags are added to the span's own.
   *
   * @param inForce what these were merged into; has the tags where the span cannot be read
   */
  public void applyTo(Span span, PropagatedAttributes inForce) {
    if (!span.isRecording()) {
      return;
    }
    if (tags.isEmpty()) {
      span.setAllAttributes(attributes);
      return;
    }
    synchronized (span) { // against scopes of other threads: a list is replaced as a whole
      List<String> there =
          span instanceof ReadableSpan readable
              ? readable.getAttribute(LangfuseAttributes.TAGS)
              : inForce.tags;
      List<String> all = there == null ? tags : union(there, tags);
      span.setAllAttributes(attributes.toBuilder().put(LangfuseAttributes.TAGS, all).build());
    }
  }

  private static List<String> union(List<String> some, List<String> more) {
    List<String> all = new ArrayList<>(some);
    more.stream().filter(tag -> !some.contains(tag)).forEach(all::add);
    return List.copyOf(all);
  }

  private static Attributes withoutPrompt(Attributes attributes) {
    return attributes.toBuilder()
        .remove(LangfuseAttributes.PROMPT_NAME)
        .remove(LangfuseAttributes.PROMPT_VERSION)
        .build();
  }

  /** The same names and values as they stand on a span; for tests and for other carriers. */
  public Attributes asAttributes() {
    return attributes;
  }

  /** These, with the inner ones on top. */
  public PropagatedAttributes with(PropagatedAttributes inner) {
    Map<AttributeKey<String>, String> allValues = new LinkedHashMap<>(values);
    allValues.putAll(inner.values);
    Map<String, String> allMetadata = new LinkedHashMap<>(metadata);
    allMetadata.putAll(inner.metadata);
    return new PropagatedAttributes(
        allValues,
        allMetadata,
        union(tags, inner.tags),
        inner.promptVersion > 0 ? inner.promptVersion : promptVersion);
  }

  @Nullable String userId() {
    return values.get(LangfuseAttributes.USER_ID);
  }

  @Nullable String sessionId() {
    return values.get(LangfuseAttributes.SESSION_ID);
  }

  @Nullable String version() {
    return values.get(LangfuseAttributes.VERSION);
  }

  @Nullable String traceName() {
    return values.get(LangfuseAttributes.TRACE_NAME);
  }

  @Nullable String environment() {
    return values.get(LangfuseAttributes.ENVIRONMENT);
  }

  @Nullable String promptName() {
    return values.get(LangfuseAttributes.PROMPT_NAME);
  }

  int promptVersion() {
    return promptVersion;
  }

  List<String> tags() {
    return tags;
  }

  Map<String, String> metadata() {
    return metadata;
  }

  /** Collects and checks new ones; what is dropped is said in this log. */
  public static Builder builder(QuietLog log) {
    return new Builder(log);
  }

  /**
   * Collects and checks. A value that Langfuse would refuse is dropped with a warning; nothing
   * throws, blank values are skipped.
   */
  public static final class Builder {

    private final Map<AttributeKey<String>, String> values = new LinkedHashMap<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private final List<String> tags = new ArrayList<>();
    private final QuietLog log;
    private int promptVersion;

    private Builder(QuietLog log) {
      this.log = log;
    }

    public Builder userId(@Nullable String userId) {
      return value("userId", LangfuseAttributes.USER_ID, userId);
    }

    public Builder sessionId(@Nullable String sessionId) {
      return value("sessionId", LangfuseAttributes.SESSION_ID, sessionId);
    }

    public Builder version(@Nullable String version) {
      return value("version", LangfuseAttributes.VERSION, version);
    }

    public Builder traceName(@Nullable String traceName) {
      return value("traceName", LangfuseAttributes.TRACE_NAME, traceName);
    }

    public Builder environment(@Nullable String environment) {
      if (environment != null && !environment.isBlank() && !Settings.isEnvironment(environment)) {
        warn(
            "environment",
            "must be a lowercase alphanumeric string with optional hyphens or underscores, at most"
                + " 40 characters, and must not start with 'langfuse'");
        return this;
      }
      return value("environment", LangfuseAttributes.ENVIRONMENT, environment);
    }

    /** A prompt without a name or a version from 1 on is a fallback, and not linked. */
    public Builder prompt(@Nullable String name, int version) {
      if (name == null || name.isBlank() || version < 1) {
        warn("prompt", "has no valid name and version");
        return this;
      }
      values.put(LangfuseAttributes.PROMPT_NAME, name);
      promptVersion = version;
      return this;
    }

    public Builder tags(@Nullable Collection<? extends @Nullable String> more) {
      quietly("tags", () -> more(more).forEach(this::tag));
      return this;
    }

    public Builder metadata(@Nullable Map<?, ?> more) {
      quietly(
          "metadata",
          () -> more(more).forEach((key, value) -> metadata(String.valueOf(key), value)));
      return this;
    }

    public Builder metadata(String key, @Nullable Object value) {
      quietly(
          "metadata." + key,
          () -> {
            String usable = usable("metadata." + key, value == null ? null : value.toString());
            if (usable != null) {
              metadata.put(String.valueOf(key), usable);
            }
          });
      return this;
    }

    public PropagatedAttributes build() {
      return new PropagatedAttributes(
          new LinkedHashMap<>(values),
          new LinkedHashMap<>(metadata),
          List.copyOf(tags),
          promptVersion);
    }

    private void tag(@Nullable String tag) {
      String usable = usable("tag", tag);
      if (usable != null) {
        tags.add(usable);
      }
    }

    private Builder value(String name, AttributeKey<String> key, @Nullable String value) {
      String usable = usable(name, value);
      if (usable != null) {
        values.put(key, usable);
      }
      return this;
    }

    private static <T> Collection<T> more(@Nullable Collection<T> given) {
      return given == null ? List.of() : given;
    }

    private static Map<?, ?> more(@Nullable Map<?, ?> given) {
      return given == null ? Map.of() : given;
    }

    /** A collection or toString() of the application's may throw. */
    private void quietly(String name, Runnable reading) {
      try {
        reading.run();
      } catch (Throwable t) {
        warn(name, "cannot be read, it throws " + t.getClass().getSimpleName());
      }
    }

    private @Nullable String usable(String name, @Nullable String value) {
      if (value == null || value.isBlank()) {
        return null;
      }
      if (value.length() > MAX_LENGTH) {
        warn(name, "value is over 200 characters (" + value.length() + " chars)");
        return null;
      }
      return value;
    }

    private void warn(String name, String problem) {
      String cause = name.startsWith("metadata.") ? "metadata" : name;
      log.warn(
          "propagate " + cause,
          "Propagated attribute '" + name + "' " + problem + ". Dropping value.");
    }
  }
}
