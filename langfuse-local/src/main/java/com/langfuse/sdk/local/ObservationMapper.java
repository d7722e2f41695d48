package com.langfuse.sdk.local;

import static com.langfuse.sdk.local.LangfuseAttributes.DEPLOYMENT_ENVIRONMENT;
import static com.langfuse.sdk.local.LangfuseAttributes.DEPLOYMENT_ENVIRONMENT_NAME;
import static com.langfuse.sdk.local.LangfuseAttributes.ENVIRONMENT;
import static com.langfuse.sdk.local.LangfuseAttributes.GEN_AI_CONVERSATION_ID;
import static com.langfuse.sdk.local.LangfuseAttributes.GEN_AI_OPERATION_NAME;
import static com.langfuse.sdk.local.LangfuseAttributes.GEN_AI_REQUEST_MODEL;
import static com.langfuse.sdk.local.LangfuseAttributes.GEN_AI_RESPONSE_MODEL;
import static com.langfuse.sdk.local.LangfuseAttributes.GEN_AI_TOOL_NAME;
import static com.langfuse.sdk.local.LangfuseAttributes.IS_APP_ROOT;
import static com.langfuse.sdk.local.LangfuseAttributes.LANGFUSE_PROMPT_NAME;
import static com.langfuse.sdk.local.LangfuseAttributes.LANGFUSE_PROMPT_VERSION;
import static com.langfuse.sdk.local.LangfuseAttributes.LANGFUSE_PUBLIC;
import static com.langfuse.sdk.local.LangfuseAttributes.LANGFUSE_SESSION_ID;
import static com.langfuse.sdk.local.LangfuseAttributes.LANGFUSE_USER_ID;
import static com.langfuse.sdk.local.LangfuseAttributes.LLM_MODEL_NAME;
import static com.langfuse.sdk.local.LangfuseAttributes.LLM_RESPONSE_MODEL;
import static com.langfuse.sdk.local.LangfuseAttributes.METADATA_SESSION_ID;
import static com.langfuse.sdk.local.LangfuseAttributes.METADATA_USER_ID;
import static com.langfuse.sdk.local.LangfuseAttributes.MODEL;
import static com.langfuse.sdk.local.LangfuseAttributes.OBSERVATION_COMPLETION_START_TIME;
import static com.langfuse.sdk.local.LangfuseAttributes.OBSERVATION_LEVEL;
import static com.langfuse.sdk.local.LangfuseAttributes.OBSERVATION_METADATA;
import static com.langfuse.sdk.local.LangfuseAttributes.OBSERVATION_MODEL;
import static com.langfuse.sdk.local.LangfuseAttributes.OBSERVATION_PROMPT_NAME;
import static com.langfuse.sdk.local.LangfuseAttributes.OBSERVATION_PROMPT_VERSION;
import static com.langfuse.sdk.local.LangfuseAttributes.OBSERVATION_STATUS_MESSAGE;
import static com.langfuse.sdk.local.LangfuseAttributes.RELEASE;
import static com.langfuse.sdk.local.LangfuseAttributes.SERVICE_VERSION;
import static com.langfuse.sdk.local.LangfuseAttributes.SESSION_ID;
import static com.langfuse.sdk.local.LangfuseAttributes.TRACE_METADATA;
import static com.langfuse.sdk.local.LangfuseAttributes.TRACE_NAME;
import static com.langfuse.sdk.local.LangfuseAttributes.TRACE_PUBLIC;
import static com.langfuse.sdk.local.LangfuseAttributes.USER_ID;
import static com.langfuse.sdk.local.LangfuseAttributes.VERSION;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** From a span to an observation, field by field, in the precedence of Langfuse's v4 server. */
final class ObservationMapper {

  /**
   * @param now stands in for both times of a span that has neither
   */
  static LocalObservation map(ReceivedSpan span, Instant now) {
    Attributes attributes = span.attributes();
    Attributes resource = span.origin().resource();
    String type = ObservationType.of(attributes);
    boolean hasPrompt = type.equals(ObservationType.GENERATION);
    boolean billed = isBilled(attributes);
    String toolName = attributes.firstText(GEN_AI_TOOL_NAME);
    InputOutput inputOutput = InputOutput.of(attributes);
    return new LocalObservation(
        span.spanId(),
        span.traceId(),
        span.parentId(),
        type,
        toolName == null ? span.name() : toolName,
        time(span.startNanos(), span.endNanos(), now),
        time(span.endNanos(), span.startNanos(), now),
        Level.of(attributes.text(OBSERVATION_LEVEL), span.status()),
        statusMessage(span),
        inputOutput.input(),
        inputOutput.output(),
        Metadata.of(attributes),
        billed ? model(attributes) : null,
        ModelParameters.of(attributes),
        billed ? UsageAndCost.usage(attributes) : Map.of(),
        billed ? UsageAndCost.cost(attributes) : Map.of(),
        instant(attributes.firstText(OBSERVATION_COMPLETION_START_TIME)),
        hasPrompt ? attributes.firstText(OBSERVATION_PROMPT_NAME, LANGFUSE_PROMPT_NAME) : null,
        hasPrompt ? promptVersion(attributes) : null,
        userId(attributes),
        sessionId(attributes),
        attributes.firstText(TRACE_NAME),
        Tags.of(attributes),
        Environment.normalise(environment(attributes, resource)),
        either(attributes.firstText(RELEASE), resource.firstText(RELEASE)),
        either(attributes.firstText(VERSION), resource.firstText(SERVICE_VERSION)),
        attributes.flag(TRACE_PUBLIC, LANGFUSE_PUBLIC),
        attributes.flag(IS_APP_ROOT),
        span.origin().scopeName(),
        span.origin().scopeVersion(),
        resource.values(),
        attributes.values(),
        span.events(),
        span.status());
  }

  /** Agent spans repeat the numbers of the calls below them, so theirs are not counted. */
  private static boolean isBilled(Attributes span) {
    String operation = span.text(GEN_AI_OPERATION_NAME);
    return !"invoke_agent".equals(operation) && !"agent_step".equals(operation);
  }

  private static Instant time(long nanos, long otherNanos, Instant now) {
    long known = nanos != 0 ? nanos : otherNanos;
    return known == 0 ? now : Instant.ofEpochSecond(0, known);
  }

  private static @Nullable String statusMessage(ReceivedSpan span) {
    return either(
        span.attributes().firstText(OBSERVATION_STATUS_MESSAGE),
        span.statusMessage().isEmpty() ? null : span.statusMessage());
  }

  private static @Nullable String either(@Nullable String first, @Nullable String second) {
    return first != null ? first : second;
  }

  private static @Nullable String model(Attributes span) {
    return span.firstText(
        OBSERVATION_MODEL,
        GEN_AI_RESPONSE_MODEL,
        GEN_AI_REQUEST_MODEL,
        LLM_RESPONSE_MODEL,
        LLM_MODEL_NAME,
        MODEL);
  }

  private static @Nullable Integer promptVersion(Attributes span) {
    String version = span.firstText(OBSERVATION_PROMPT_VERSION, LANGFUSE_PROMPT_VERSION);
    try {
      return version == null ? null : Integer.valueOf(version);
    } catch (NumberFormatException notANumber) {
      return null;
    }
  }

  private static @Nullable String userId(Attributes span) {
    return span.firstText(
        LANGFUSE_USER_ID,
        USER_ID,
        OBSERVATION_METADATA + METADATA_USER_ID,
        TRACE_METADATA + METADATA_USER_ID);
  }

  private static @Nullable String sessionId(Attributes span) {
    return span.firstText(
        LANGFUSE_SESSION_ID,
        SESSION_ID,
        GEN_AI_CONVERSATION_ID,
        OBSERVATION_METADATA + METADATA_SESSION_ID,
        TRACE_METADATA + METADATA_SESSION_ID);
  }

  private static @Nullable String environment(Attributes span, Attributes resource) {
    for (String key :
        new String[] {ENVIRONMENT, DEPLOYMENT_ENVIRONMENT_NAME, DEPLOYMENT_ENVIRONMENT}) {
      String environment = either(span.firstText(key), resource.firstText(key));
      if (environment != null) {
        return environment;
      }
    }
    return null;
  }

  /** ISO time, bare or, as both official SDKs send it, inside the quotes of a JSON string. */
  private static @Nullable Instant instant(@Nullable String text) {
    try {
      return text == null ? null : OffsetDateTime.parse(text.replace("\"", "")).toInstant();
    } catch (DateTimeParseException notATime) {
      return null;
    }
  }

  private ObservationMapper() {}
}
