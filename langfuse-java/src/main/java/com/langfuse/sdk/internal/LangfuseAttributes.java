package com.langfuse.sdk.internal;

import io.opentelemetry.api.common.AttributeKey;
import java.util.List;

/**
 * Every attribute name that Langfuse reads from a span, written once.
 *
 * <p>Mirrors the constants of the official Python and JavaScript SDKs; the server accepts no other
 * spelling.
 */
public final class LangfuseAttributes {

  /** Scope name of our tracer. The server drops raw attribute dumps for exactly this name. */
  public static final String SCOPE_NAME = "langfuse-sdk";

  public static final AttributeKey<String> TYPE = text("langfuse.observation.type");
  public static final AttributeKey<String> INPUT = text("langfuse.observation.input");
  public static final AttributeKey<String> OUTPUT = text("langfuse.observation.output");
  public static final AttributeKey<String> METADATA = text("langfuse.observation.metadata");
  public static final AttributeKey<String> LEVEL = text("langfuse.observation.level");
  public static final AttributeKey<String> STATUS_MESSAGE =
      text("langfuse.observation.status_message");

  public static final AttributeKey<String> MODEL = text("langfuse.observation.model.name");
  public static final AttributeKey<String> MODEL_PARAMETERS =
      text("langfuse.observation.model.parameters");
  public static final AttributeKey<String> USAGE_DETAILS =
      text("langfuse.observation.usage_details");
  public static final AttributeKey<String> COST_DETAILS = text("langfuse.observation.cost_details");
  public static final AttributeKey<String> COMPLETION_START_TIME =
      text("langfuse.observation.completion_start_time");
  public static final AttributeKey<String> PROMPT_NAME = text("langfuse.observation.prompt.name");
  public static final AttributeKey<Long> PROMPT_VERSION =
      AttributeKey.longKey("langfuse.observation.prompt.version");

  public static final AttributeKey<String> TRACE_NAME = text("langfuse.trace.name");
  public static final AttributeKey<String> USER_ID = text("user.id");
  public static final AttributeKey<String> SESSION_ID = text("session.id");
  public static final AttributeKey<List<String>> TAGS =
      AttributeKey.stringArrayKey("langfuse.trace.tags");

  public static final AttributeKey<String> VERSION = text("langfuse.version");
  public static final AttributeKey<String> ENVIRONMENT = text("langfuse.environment");
  public static final AttributeKey<String> RELEASE = text("langfuse.release");

  public static final AttributeKey<String> TRACE_INPUT = text("langfuse.trace.input");
  public static final AttributeKey<String> TRACE_OUTPUT = text("langfuse.trace.output");
  public static final AttributeKey<String> TRACE_METADATA = text("langfuse.trace.metadata");
  public static final AttributeKey<Boolean> TRACE_PUBLIC = flag("langfuse.trace.public");

  /** Of attributes that say how a span was recorded, and nothing about it. */
  public static final String INTERNAL_PREFIX = "langfuse.internal.";

  /** The top-most span that Langfuse gets of this application, whatever its parent elsewhere. */
  public static final AttributeKey<Boolean> IS_APP_ROOT = flag(INTERNAL_PREFIX + "is_app_root");

  /** A stand-in for a root whose trace id was chosen, where a genuine one cannot be made. */
  public static final AttributeKey<Boolean> AS_ROOT = flag(INTERNAL_PREFIX + "as_root");

  /** OpenTelemetry's, of the resource: the application. */
  public static final AttributeKey<String> SERVICE_NAME = text("service.name");

  /** OpenTelemetry's, of an exception event. */
  public static final AttributeKey<String> EXCEPTION_TYPE = text("exception.type");

  public static final AttributeKey<String> EXCEPTION_MESSAGE = text("exception.message");

  /** OpenTelemetry's, of an SDK's own metrics. */
  public static final AttributeKey<String> COMPONENT_TYPE = text("otel.component.type");

  public static final AttributeKey<String> COMPONENT_NAME = text("otel.component.name");
  public static final AttributeKey<String> ERROR_TYPE = text("error.type");

  private LangfuseAttributes() {}

  /** A key of the type that a value has; text for what OpenTelemetry has no type for. */
  public static AttributeKey<?> like(String name, Object value) {
    Object sample = value instanceof List<?> list && !list.isEmpty() ? list.get(0) : value;
    boolean list = sample != value;
    if (sample instanceof Boolean) {
      return list ? AttributeKey.booleanArrayKey(name) : flag(name);
    }
    if (sample instanceof Long) {
      return list ? AttributeKey.longArrayKey(name) : AttributeKey.longKey(name);
    }
    if (sample instanceof Double) {
      return list ? AttributeKey.doubleArrayKey(name) : AttributeKey.doubleKey(name);
    }
    return list && sample instanceof String ? AttributeKey.stringArrayKey(name) : text(name);
  }

  /** One attribute per top-level metadata key, so that Langfuse can filter on it. */
  public static AttributeKey<String> metadata(String key) {
    return text("langfuse.observation.metadata." + key);
  }

  public static AttributeKey<String> traceMetadata(String key) {
    return text("langfuse.trace.metadata." + key);
  }

  private static AttributeKey<Boolean> flag(String name) {
    return AttributeKey.booleanKey(name);
  }

  private static AttributeKey<String> text(String name) {
    return AttributeKey.stringKey(name);
  }
}
