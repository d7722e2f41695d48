package com.langfuse.sdk.export;

import java.util.List;
import java.util.stream.Stream;

/** Tracers of LLM libraries: the lists of the Python and JavaScript SDKs, and those of the JVM. */
final class KnownScopes {

  static final List<String> PREFIXES =
      Stream.of(
              Stream.of(
                  "agent_framework",
                  "ai",
                  "autogen-core",
                  "haystack",
                  "langsmith",
                  "litellm",
                  "openinference",
                  "pydantic-ai",
                  "strands-agents",
                  "vllm"),
              Stream.of(
                      "agno",
                      "alephalpha",
                      "anthropic",
                      "aws_bedrock",
                      "bedrock",
                      "cohere",
                      "crewai",
                      "gemini",
                      "google_genai",
                      "google_generativeai",
                      "groq",
                      "haystack",
                      "langchain",
                      "llamaindex",
                      "mistralai",
                      "ollama",
                      "openai",
                      "openai_agents",
                      "openai_v2",
                      "replicate",
                      "sagemaker",
                      "together",
                      "transformers",
                      "vertex_ai",
                      "vertexai",
                      "voyageai",
                      "watsonx",
                      "writer")
                  .map(library -> "opentelemetry.instrumentation." + library),
              Stream.of(
                  "ai.koog",
                  "com.google.adk",
                  "com.openai.instrumentation",
                  "dev.langchain4j",
                  "gcp.vertex.agent",
                  "io.opentelemetry.openai-java-1",
                  "langchain4j",
                  "org.jetbrains.ai.tracy",
                  "org.springframework.ai",
                  "tracy"))
          .flatMap(scopes -> scopes)
          .toList();

  /** One for all: where it is the filter of a provider that only we use, nobody has to ask it. */
  static final SpanFilter STANDARD =
      SpanFilter.langfuse().or(SpanFilter.knownScopes()).or(SpanFilter.knownAttributes());

  private KnownScopes() {}
}
