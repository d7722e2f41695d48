/** Langfuse tracing on the OpenTelemetry SDK. */
module com.langfuse.sdk {
  requires transitive io.opentelemetry.api;
  requires transitive io.opentelemetry.context;
  requires transitive io.opentelemetry.sdk.common;
  requires transitive io.opentelemetry.sdk.trace;
  requires transitive com.fasterxml.jackson.databind;
  requires com.fasterxml.jackson.datatype.jdk8;
  requires com.fasterxml.jackson.datatype.jsr310;
  requires java.net.http;
  requires static java.logging;
  requires static transitive org.jspecify;

  exports com.langfuse.sdk;
  exports com.langfuse.sdk.export;
  exports com.langfuse.sdk.media;
  exports com.langfuse.sdk.propagation;
  exports com.langfuse.sdk.score;
}
