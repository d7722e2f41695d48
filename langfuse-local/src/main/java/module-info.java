/** A local Langfuse server, for looking at traces and for tests. */
module com.langfuse.sdk.local {
  requires com.fasterxml.jackson.core;
  requires com.fasterxml.jackson.databind;
  requires java.net.http;
  requires jdk.httpserver;
  requires static transitive org.jspecify;

  exports com.langfuse.sdk.local;
  exports com.langfuse.sdk.local.assertion;

  // Answers, and lines in files, are records that Jackson writes and reads.
  opens com.langfuse.sdk.local to
      com.fasterxml.jackson.databind;
}
