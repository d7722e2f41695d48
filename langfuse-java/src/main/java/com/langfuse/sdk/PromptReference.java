package com.langfuse.sdk;

/**
 * The version of a managed prompt that a generation used, so that Langfuse can compare versions.
 *
 * <p>Do not link a fallback text that did not come from Langfuse: it has no version.
 *
 * @param name as in Langfuse
 * @param version 1 or higher; a reference without a real version is left out with a warning
 */
public record PromptReference(String name, int version) {

  boolean isReal() {
    return version >= 1 && !String.valueOf(name).isBlank();
  }
}
