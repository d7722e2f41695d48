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

  /** To add to these: what the builder is given wins, metadata and tags come on top. */
  public Builder toBuilder(QuietLog log) {
    return new Builder(this, log);
  }

  /**
   * Collects and checks. A value that Langfuse would refuse is dropped with a warning; nothing
   * throws, blank values are skipped.
   */
  public static final class Builder {

    private final Map<AttributeKey<String>, String> values;
    private final Map<String, String> metadata;
    private final Set<String> tags;
    private final QuietLog log;

    private Builder(PropagatedAttributes outer, QuietLog log) {
      this.values = new LinkedHashMap<>(outer.values);
      this.metadata = new LinkedHashMap<>(outer.metadata);
      this.tags = new LinkedHashSet<>(outer.tags);
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

    public Builder tags(Collection<? extends @Nullable String> more) {
      for (String tag : more) {
        String usable = usable("tag", tag);
        if (usable != null) {
          tags.add(usable);
        }
      }
      return this;
    }

    public Builder metadata(String key, @Nullable Object value) {
      String usable = usable("metadata." + key, value == null ? null : text(key, value));
      if (usable != null) {
        metadata.put(key, usable);
      }
      return this;
    }

    public PropagatedAttributes build() {
      return new PropagatedAttributes(Map.copyOf(values), Map.copyOf(metadata), List.copyOf(tags));
    }

    private Builder value(String name, AttributeKey<String> key, @Nullable String value) {
      String usable = usable(name, value);
      if (usable != null) {
        values.put(key, usable);
      }
      return this;
    }

    private @Nullable String text(String key, Object value) {
      try {
        return value.toString();
      } catch (RuntimeException e) {
        warn("metadata." + key, "has a toString() that throws " + e.getClass().getSimpleName());
        return null;
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
      log.warn(
          "propagate " + name,
          "Propagated attribute '" + name + "' " + problem + ". Dropping value.");
    }
  }
}
