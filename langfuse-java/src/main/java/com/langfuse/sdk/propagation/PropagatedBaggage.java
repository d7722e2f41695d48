package com.langfuse.sdk.propagation;

import com.langfuse.sdk.internal.QuietLog;
import io.opentelemetry.api.baggage.Baggage;
import io.opentelemetry.api.baggage.BaggageBuilder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Propagated attributes as W3C baggage, so that they reach the services this one calls. The
 * entries' names are those of the JavaScript SDK.
 */
final class PropagatedBaggage {

  static final String PREFIX = "langfuse_";
  static final String CLAIM = PREFIX + "trace_id";

  private static final String USER_ID = PREFIX + "user_id";
  private static final String SESSION_ID = PREFIX + "session_id";
  private static final String VERSION = PREFIX + "version";
  private static final String TRACE_NAME = PREFIX + "trace_name";
  private static final String ENVIRONMENT = PREFIX + "environment";
  private static final String TAGS = PREFIX + "tags";
  private static final String METADATA = PREFIX + "metadata_";
  private static final String PROMPT_NAME = PREFIX + "prompt_name";
  private static final String PROMPT_VERSION = PREFIX + "prompt_version";

  /** What W3C demands of carriers; OpenTelemetry cuts the rest without a word. */
  private static final int MAX_ENTRIES = 64;

  private static final int MAX_BYTES = 8192;

  private PropagatedBaggage() {}

  /** The baggage with the attributes in it, beside whatever the application put there. */
  static Baggage write(PropagatedAttributes attributes, Baggage baggage, QuietLog log) {
    BaggageBuilder more = baggage.toBuilder();
    BiConsumer<String, @Nullable String> put =
        (key, value) -> {
          if (value != null) {
            more.put(key, value);
          }
        };
    put.accept(USER_ID, attributes.userId());
    put.accept(SESSION_ID, attributes.sessionId());
    put.accept(VERSION, attributes.version());
    put.accept(TRACE_NAME, attributes.traceName());
    put.accept(ENVIRONMENT, attributes.environment());
    if (!attributes.tags().isEmpty()) {
      List<String> tags = attributes.tags().stream().map(PropagatedBaggage::withoutComma).toList();
      more.put(TAGS, String.join(",", tags));
    }
    attributes
        .metadata()
        .forEach((key, value) -> more.put(METADATA + PercentCode.encode(key), value));
    put.accept(PROMPT_NAME, attributes.promptName());
    put.accept(
        PROMPT_VERSION,
        attributes.promptVersion() == 0 ? null : String.valueOf(attributes.promptVersion()));
    Baggage full = more.build();
    warnIfTooLarge(full, log);
    return full;
  }

  /** Says nothing about an observation: most often there is only our own claim. */
  static boolean isSilent(Baggage baggage) {
    int claims = baggage.getEntryValue(CLAIM) == null ? 0 : 1;
    return baggage.size() == claims;
  }

  /** What another service put there, checked like anything else; what is unknown is left alone. */
  static PropagatedAttributes read(Baggage baggage, QuietLog log) {
    PropagatedAttributes.Builder found = PropagatedAttributes.builder(log);
    for (Map.Entry<String, String> entry : ours(baggage)) {
      String value = entry.getValue();
      switch (entry.getKey()) {
        case USER_ID -> found.userId(value);
        case SESSION_ID -> found.sessionId(value);
        case VERSION -> found.version(value);
        case TRACE_NAME -> found.traceName(value);
        case ENVIRONMENT -> found.environment(value);
        case TAGS -> found.tags(tags(value));
        default -> {
          if (entry.getKey().startsWith(METADATA)) {
            String key = entry.getKey().substring(METADATA.length());
            found.metadata(PercentCode.decode(key), value);
          }
        }
      }
    }
    String promptName = baggage.getEntryValue(PROMPT_NAME);
    if (promptName != null) {
      found.prompt(promptName, number(baggage.getEntryValue(PROMPT_VERSION)));
    }
    return found.build();
  }

  private static List<Map.Entry<String, String>> ours(Baggage baggage) {
    List<Map.Entry<String, String>> ours = new ArrayList<>();
    baggage.forEach(
        (key, entry) -> {
          if (key.startsWith(PREFIX) && !key.equals(CLAIM)) {
            ours.add(Map.entry(key, entry.getValue()));
          }
        });
    return ours;
  }

  private static String withoutComma(String tag) {
    return tag.replace("%", "%25").replace(",", "%2C");
  }

  /** Comma-joined; the Python SDK sends a list as Python prints it. */
  private static List<String> tags(String value) {
    boolean python = value.startsWith("[") && value.endsWith("]");
    String list = python ? value.substring(1, value.length() - 1) : value;
    return Arrays.stream(list.split(","))
        .map(String::strip)
        .map(tag -> python ? tag.replaceAll("^['\"]|['\"]$", "") : PercentCode.decode(tag))
        .toList();
  }

  private static int number(@Nullable String digits) {
    try {
      return digits == null ? 0 : Integer.parseInt(digits);
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private static void warnIfTooLarge(Baggage baggage, QuietLog log) {
    int[] bytes = {0};
    baggage.forEach(
        (key, entry) ->
            bytes[0] += key.length() + PercentCode.encode(entry.getValue()).length() + 2);
    if (baggage.size() > MAX_ENTRIES || bytes[0] > MAX_BYTES) {
      log.warn(
          "baggage",
          "The baggage has "
              + baggage.size()
              + " entries and about "
              + bytes[0]
              + " bytes, more than the 64 entries and 8192 bytes that are sent: some will be"
              + " missing in the services you call. Propagate less as baggage.");
    }
  }
}
