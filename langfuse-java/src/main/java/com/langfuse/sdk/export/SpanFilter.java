package com.langfuse.sdk.export;

import com.langfuse.sdk.internal.LangfuseAttributes;
import io.opentelemetry.sdk.trace.ReadableSpan;
import java.util.List;
import java.util.Objects;

/**
 * Which spans belong in Langfuse. Matters when other tracers share our provider: HTTP and database
 * spans would bury the ones of your LLM application.
 *
 * <pre>{@code
 * Langfuse.builder().filter(SpanFilter.standard().or(SpanFilter.scope("com.example.agents")))
 * }</pre>
 *
 * <p>A filter of your own replaces the standard one; compose it, as above, to keep that. It is
 * asked twice, at start (to mark the top-most span) and at end, from any thread, so it must be
 * quick and have no side effects. One that throws drops the span.
 */
@FunctionalInterface
public interface SpanFilter {

  boolean test(ReadableSpan span);

  /**
   * Langfuse's own observations, spans of known LLM libraries, and spans with an attribute of a
   * convention for LLM applications: {@code gen_ai.*}, {@code openinference.*}, {@code
   * traceloop.*}, {@code spring.ai.*}, or a {@code langfuse.*} attribute that describes the span
   * itself. What {@code propagate()}, environment and release add to every span does not count.
   */
  static SpanFilter standard() {
    return KnownScopes.STANDARD;
  }

  /** Everything. */
  static SpanFilter all() {
    return span -> true;
  }

  /** Observations made with a Langfuse SDK. */
  static SpanFilter langfuse() {
    return scope(LangfuseAttributes.SCOPE_NAME);
  }

  /** Spans with an attribute of OpenTelemetry's conventions for generative AI. */
  static SpanFilter genAi() {
    return KnownAttributes.filter(name -> name.startsWith("gen_ai."));
  }

  /**
   * Spans with an attribute of a convention for LLM applications, see {@link #standard}, at their
   * start or end.
   */
  static SpanFilter knownAttributes() {
    return KnownAttributes.filter(KnownAttributes::isKnown);
  }

  /** Spans of the LLM libraries and instrumentations that Langfuse knows. */
  static SpanFilter knownScopes() {
    List<SpanFilter> known = KnownScopes.PREFIXES.stream().map(SpanFilter::scope).toList();
    return span -> known.stream().anyMatch(filter -> filter.test(span));
  }

  /** Spans of the tracer of this name, or of one below it: {@code a.b} is below {@code a}. */
  static SpanFilter scope(String prefix) {
    Objects.requireNonNull(prefix, "prefix");
    return span -> {
      String scope = span.getInstrumentationScopeInfo().getName();
      return scope.startsWith(prefix)
          && (scope.length() == prefix.length() || scope.charAt(prefix.length()) == '.');
    };
  }

  default SpanFilter and(SpanFilter other) {
    Objects.requireNonNull(other, "other");
    return span -> test(span) && other.test(span);
  }

  default SpanFilter or(SpanFilter other) {
    Objects.requireNonNull(other, "other");
    return span -> test(span) || other.test(span);
  }

  default SpanFilter not() {
    return span -> !test(span);
  }
}
