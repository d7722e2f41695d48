package com.langfuse.sdk;

/** Closes a client when the JVM goes down in an orderly way, so that the last trace arrives. */
final class ExitHook {

  private final Thread thread;

  private ExitHook(Thread thread) {
    this.thread = thread;
  }

  static ExitHook install(Langfuse langfuse) {
    Thread thread = new Thread(langfuse::close, "langfuse-exit");
    try {
      Runtime.getRuntime().addShutdownHook(thread);
    } catch (IllegalStateException goingDown) {
      // A client made this late has no later moment to deliver in.
    }
    return new ExitHook(thread);
  }

  void remove() {
    try {
      Runtime.getRuntime().removeShutdownHook(thread);
    } catch (IllegalStateException goingDown) {
      // It is running, or about to; closing twice is fine.
    }
  }
}
