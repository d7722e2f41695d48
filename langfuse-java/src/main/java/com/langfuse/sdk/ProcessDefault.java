package com.langfuse.sdk;

import com.langfuse.sdk.internal.ClassLoaders;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The client of code that was handed none: the one of {@link LangfuseBuilder#buildGlobal}, else the
 * first that was built, of those that are open. One that records comes before disabled ones.
 *
 * <p>Only where no client was ever built, one is made from the environment. After the last client
 * was closed it stays the default as long as the application holds it, so that what is recorded
 * later is counted as dropped by it.
 *
 * <p>An open client is held by the class that built it, see {@link Builders}: where applications
 * share the SDK, one that is undeployed takes its clients along, also those that it did not close.
 * Threadsafe.
 */
final class ProcessDefault {

  private static final WeakReference<Langfuse> NONE = new WeakReference<>(null);

  static final ProcessDefault INSTANCE = new ProcessDefault();

  /** Open clients in the order they were built. */
  private final List<WeakReference<Langfuse>> built = new ArrayList<>();

  private WeakReference<Langfuse> global = NONE;

  /** Made from the environment, where nothing had been built at the first use. */
  private @Nullable Langfuse lazy;

  private volatile WeakReference<Langfuse> current = NONE;

  private ProcessDefault() {}

  /** A client was built. */
  synchronized void add(Langfuse client) {
    Builders.hold(client);
    built.add(new WeakReference<>(client));
    choose();
  }

  /** False where another client is global and open. */
  synchronized boolean setGlobal(Langfuse client) {
    if (!global.refersTo(null)) {
      return false;
    }
    Builders.hold(client);
    global = new WeakReference<>(client);
    choose();
    return true;
  }

  /** A client was closed. */
  synchronized void remove(Langfuse client) {
    Builders.release(client);
    built.removeIf(each -> each.refersTo(client));
    global = global.refersTo(client) ? NONE : global;
    lazy = lazy == client ? null : lazy;
    choose();
  }

  /** Leaves the default as it is where no client is open. */
  private void choose() {
    built.removeIf(each -> each.refersTo(null));
    WeakReference<Langfuse> best = global;
    if (best.refersTo(null)) {
      for (WeakReference<Langfuse> each : open()) {
        if (best.refersTo(null) || (isEnabled(each) && !isEnabled(best))) {
          best = each;
        }
      }
    }
    current = best.refersTo(null) ? current : best;
  }

  private List<WeakReference<Langfuse>> open() {
    List<WeakReference<Langfuse>> open = new ArrayList<>(built);
    if (lazy != null) {
      open.add(new WeakReference<>(lazy));
    }
    return open;
  }

  private static boolean isEnabled(WeakReference<Langfuse> reference) {
    Langfuse client = reference.get();
    return client != null && client.isEnabled();
  }

  /** The default, made from the environment where there is none. */
  Langfuse get() {
    Langfuse found = peek();
    if (found != null) {
      return found;
    }
    if (current != NONE) {
      Langfuse.DISABLED
          .log()
          .warn("all closed", "All Langfuse clients are closed, what is recorded now is lost.");
      return Langfuse.DISABLED;
    }
    Langfuse made = LangfuseBuilder.fromEnvOrDisabled();
    found = offer(made);
    if (found != made) {
      made.close();
    }
    return found;
  }

  private synchronized Langfuse offer(Langfuse made) {
    if (current != NONE) {
      Langfuse found = current.get();
      return found == null ? Langfuse.DISABLED : found;
    }
    lazy = made;
    current = new WeakReference<>(made);
    return made;
  }

  /** The default, if there is one yet. */
  @Nullable Langfuse peek() {
    Langfuse found = current.get();
    return found == null && current != NONE ? chooseAgain() : found;
  }

  /** The default is gone without having been closed. */
  private synchronized @Nullable Langfuse chooseAgain() {
    choose();
    return current.get();
  }

  /**
   * Holds open clients, which the application may not do itself, as long as the class that built
   * them: by a set that is that class's own.
   */
  private static final class Builders {

    private static final ClassValue<Set<Langfuse>> CLIENTS =
        new ClassValue<>() {
          @Override
          protected Set<Langfuse> computeValue(Class<?> type) {
            return ConcurrentHashMap.newKeySet();
          }
        };

    private static final StackWalker STACK =
        StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

    static void hold(Langfuse client) {
      Class<?> builder =
          STACK.walk(
              frames ->
                  frames
                      .map(StackWalker.StackFrame::getDeclaringClass)
                      .filter(ClassLoaders::mayGoBeforeSdk)
                      .findFirst()
                      .orElse(Builders.class));
      client.heldBy(CLIENTS.get(builder));
    }

    static void release(Langfuse client) {
      client.heldBy(null);
    }
  }
}
