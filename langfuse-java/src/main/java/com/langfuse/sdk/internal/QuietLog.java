package com.langfuse.sdk.internal;

import java.lang.StackWalker.StackFrame;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A log that cannot flood: one warning per cause and minute, the rest counted.
 *
 * <p>Writes to the JDK's {@link System.Logger} of the class that speaks, below {@value #NAME},
 * which every logging framework can take over. Threadsafe.
 */
public final class QuietLog {

  public static final String NAME = "com.langfuse.sdk";

  private static final long MINUTE = 60_000_000_000L;

  private final boolean debug;
  private final Map<String, Cause> causes = new ConcurrentHashMap<>();

  public QuietLog(boolean debug) {
    this.debug = debug;
  }

  /**
   * Warns unless the same cause has been named within the last minute.
   *
   * @param cause a constant: each is remembered
   */
  public void warn(String cause, String message) {
    warn(cause, message, null);
  }

  public void warn(String cause, String message, @Nullable Throwable thrown) {
    long now = System.nanoTime();
    int silenced = causes.computeIfAbsent(cause, c -> new Cause(now)).pass(now);
    if (silenced < 0) {
      return;
    }
    String text = silenced == 0 ? message : message + " (and " + silenced + " more like it)";
    try {
      Backend.log(Level.WARNING, text, debug ? thrown : null);
    } catch (Throwable broken) {
      // The application's logging is its own; what is lost is counted all the same.
    }
  }

  /** Shown when {@code LANGFUSE_DEBUG} is on, whatever level the logging backend is set to. */
  public void debug(String message) {
    Level level = debug ? Level.INFO : Level.DEBUG;
    try {
      if (Backend.LOGGER.isLoggable(level)) {
        Backend.log(level, message, null);
      }
    } catch (Throwable broken) {
      // As above: a thread that delivers must not end by it.
    }
  }

  /** Only when there is something to say: an agent comes before the application's logging. */
  private static final class Backend {

    private static final System.Logger LOGGER = System.getLogger(NAME);
    private static final StackWalker STACK = StackWalker.getInstance();

    /** The backend of the JDK without one of the application's. */
    private static final String JAVA_UTIL_LOGGING = "sun.util.logging.internal.LoggingProviderImpl";

    private static final boolean IS_JAVA_UTIL_LOGGING =
        System.LoggerFinder.getLoggerFinder().getClass().getName().equals(JAVA_UTIL_LOGGING);

    /** Logs in the name of the class that speaks, not of this one. */
    static void log(Level level, String text, @Nullable Throwable thrown) {
      StackFrame speaker = STACK.walk(Backend::speaker);
      if (IS_JAVA_UTIL_LOGGING) {
        JavaUtilLog.log(level, speaker.getClassName(), speaker.getMethodName(), text, thrown);
      } else {
        System.getLogger(speaker.getClassName()).log(level, text, thrown);
      }
    }

    private static StackFrame speaker(Stream<StackFrame> frames) {
      return frames
          .filter(frame -> !frame.getClassName().startsWith(QuietLog.class.getName()))
          .findFirst()
          .orElseThrow();
    }
  }

  private static final class Cause {
    private long next;
    private int silenced;

    Cause(long now) {
      this.next = now;
    }

    /** How many were silenced since the last one let through, or -1 to stay silent. */
    synchronized int pass(long now) {
      if (now - next < 0) {
        silenced++;
        return -1;
      }
      int before = silenced;
      silenced = 0;
      next = now + MINUTE;
      return before;
    }
  }
}
