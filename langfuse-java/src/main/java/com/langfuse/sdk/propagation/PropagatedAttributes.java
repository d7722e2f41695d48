package com.langfuse.sdk.propagation;

import com.langfuse.sdk.internal.LangfuseAttributes;
import com.langfuse.sdk.internal.QuietLog;
import com.langfuse.sdk.internal.Settings;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
      new PropagatedAttributes(Map.of(), Map.of(), List.of());

  /** Langfuse refuses longer values. */
  private static final int MAX_LENGTH = 200;

  private final Map<AttributeKey<String>, String> values;
  private final Map<String, String> metadata;
  private final List<String> tags;

  /** Ready for a span: built once per scope, used for each span in it. */
  private final Attributes attributes;

  private PropagatedAttributes(
      Map<AttributeKey<String>, String> values, Map<String, String> metadata, List<String> tags) {
    this.values = values;
    this.metadata = metadata;
    this.tags = tags;
    AttributesBuilder all = Attributes.builder();
    values.forEach(all::put);
    metadata.forEach((key, value) -> all.put(LangfuseAttributes.traceMetadata(key), value));
    if (!tags.isEmpty()) {
      all.put(LangfuseAttributes.TAGS, tags);
    }
    this.attributes = all.build();
  }

  /** The attributes in force in this context; empty ones when there are none. */
  public static PropagatedAttributes from(Context context) {
    PropagatedAttributes found = context.get(KEY);
    return found == null ? NONE : found;
  }

  /** A copy of the context in which these are in force. */
  public Context storeIn(Context context) {
    return context.with(KEY, this);
  }

  /** Writes all of them on a span. */
  public void applyTo(Span span) {
    if (!attributes.isEmpty()) {
      span.setAllAttributes(attributes);
    }
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
    Set<String> allTags = new LinkedHashSet<>(tags);
    allTags.addAll(inner.tags);
    return new PropagatedAttributes(allValues, allMetadata, List.copyOf(allTags));
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
    private final Set<String> tags = new LinkedHashSet<>();
    private final QuietLog log;

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
          new LinkedHashMap<>(values), new LinkedHashMap<>(metadata), List.copyOf(tags));
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
