package com.langfuse.sdk;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The client of code that was handed none: the one of {@link LangfuseBuilder#buildGlobal}, else the
 * first that was built, of those that are open. One that records comes before disabled ones.
 *
 * <p>Only where no client was ever built, one is made from the environment. After the last client
 * was closed it stays the default, so that what is recorded later is counted as dropped by it.
 * Threadsafe.
 */
final class ProcessDefault {

  static final ProcessDefault INSTANCE = new ProcessDefault();

  /** Open clients in the order they were built; weak, since one may be abandoned unclosed. */
  private final List<WeakReference<Langfuse>> built = new ArrayList<>();

  private @Nullable Langfuse global;

  /** Made from the environment, where nothing had been built at the first use. */
  private @Nullable Langfuse lazy;

  private volatile @Nullable Langfuse current;

  private ProcessDefault() {}

  /** A client was built. */
  synchronized void add(Langfuse client) {
    built.add(new WeakReference<>(client));
    choose();
  }

  /** False where another client is global and open. */
  synchronized boolean setGlobal(Langfuse client) {
    if (global != null) {
      return false;
    }
    global = client;
    choose();
    return true;
  }

  /** A client was closed. */
  synchronized void remove(Langfuse client) {
    built.removeIf(each -> each.refersTo(client) || each.refersTo(null));
    global = global == client ? null : global;
    lazy = lazy == client ? null : lazy;
    choose();
  }

  private void choose() {
    Langfuse best = global;
    if (best == null) {
      for (Langfuse client : open()) {
        if (best == null || (client.isEnabled() && !best.isEnabled())) {
          best = client;
        }
      }
    }
    current = best == null ? current : best;
  }

  private List<Langfuse> open() {
    List<Langfuse> open = new ArrayList<>();
    built.stream().map(WeakReference::get).filter(Objects::nonNull).forEach(open::add);
    if (lazy != null) {
      open.add(lazy);
    }
    return open;
  }

  /** The default, made from the environment where there is none. */
  Langfuse get() {
    Langfuse found = current;
    if (found != null) {
      return found;
    }
    Langfuse made = LangfuseBuilder.fromEnvOrDisabled();
    found = offer(made);
    if (found != made) {
      made.close();
    }
    return found;
  }

  private synchronized Langfuse offer(Langfuse made) {
    Langfuse found = current;
    if (found != null) {
      return found;
    }
    lazy = made;
    current = made;
    return made;
  }

  /** The default, if there is one yet. */
  @Nullable Langfuse peek() {
    return current;
  }
}
