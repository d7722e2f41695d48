package com.langfuse.sdk.internal;

import java.security.AccessController;
import java.security.PrivilegedAction;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A daemon thread of the SDK. It inherits nothing of the thread that starts it by which it could
 * keep an application's class loader: no inheritable thread-locals, no access control context, and
 * its context class loader is the SDK's own.
 *
 * <p>An {@link #interrupt} from outside, as launchers and servers do it to threads that they do not
 * know, does not disturb the request under way. It asks the thread to end: what waits is sent at
 * once, and then the thread ends; what is recorded later starts another one. Only the owner stops a
 * thread at once, by {@link #stopWork}.
 */
public final class BackgroundThread extends Thread {

  private static final long PAUSE_AFTER_FAILURE = TimeUnit.SECONDS.toNanos(1);

  private final Runnable whenAsked;
  private final @Nullable Activity activity;
  private volatile boolean asked;
  private volatile boolean stopping;

  private BackgroundThread(
      String name, Runnable work, Runnable whenAsked, @Nullable Activity activity) {
    super(null, work, name, 0, false);
    this.whenAsked = whenAsked;
    this.activity = activity;
    setDaemon(true);
  }

  /** Creates a thread that ends by itself, whatever interrupts it. It is not started. */
  public static BackgroundThread create(String name, Runnable work) {
    return detached(() -> new BackgroundThread(name, work, () -> {}, null));
  }

  /**
   * Creates a thread that is counted as active until it ends. It is not started.
   *
   * @param whenAsked called after an interrupt from outside, to wake up a thread that is not parked
   */
  public static BackgroundThread create(
      String name, Runnable work, Runnable whenAsked, Activity activity) {
    return detached(() -> new BackgroundThread(name, work, whenAsked, activity));
  }

  /**
   * Creates a thread of the top-most group, which no launcher interrupts or destroys. It is not
   * started, and no daemon.
   */
  public static Thread createInTopGroup(String name, Runnable work) {
    return detached(() -> new Thread(topGroup(), work, name, 0, false));
  }

  /**
   * Until JDK 23 a thread keeps the protection domains, and so the class loaders, of all classes on
   * the stack that creates it; a privileged action is seen as the end of the stack.
   */
  @SuppressWarnings("removal") // without a replacement, and without effect from JDK 24 on
  private static <T extends Thread> T detached(Supplier<T> creation) {
    T thread = AccessController.doPrivileged((PrivilegedAction<T>) creation::get);
    thread.setContextClassLoader(BackgroundThread.class.getClassLoader());
    return thread;
  }

  /**
   * Starts the thread; from here to its end it is counted as active. One that cannot be started is
   * counted for ever: what it was to deliver has yet to be delivered, at exit at the latest.
   */
  @Override
  public synchronized void start() {
    if (activity != null) {
      activity.begin();
    }
    super.start();
  }

  @Override
  public void run() {
    try {
      super.run();
    } finally {
      if (activity != null) {
        activity.end();
      }
    }
  }

  /** One piece of work. */
  @FunctionalInterface
  public interface Round {

    /**
     * Does one piece of work, and may wait for it.
     *
     * @throws InterruptedException if the thread is stopped by its owner
     */
    void go() throws InterruptedException;
  }

  private static ThreadGroup topGroup() {
    ThreadGroup group = Thread.currentThread().getThreadGroup();
    for (ThreadGroup parent = group; parent != null; parent = parent.getParent()) {
      group = parent;
    }
    return group;
  }

  /**
   * Works on the current thread until it is over. A round that throws anything, an {@link Error}
   * included, is followed by a pause and the next round.
   */
  public static void repeat(Round round, BooleanSupplier isOver, QuietLog log) {
    while (!isOver.getAsBoolean()) {
      try {
        round.go();
      } catch (InterruptedException stopped) {
        log.debug("A thread of the SDK was stopped.");
      } catch (Throwable failure) {
        pauseAfter(failure, log);
      }
    }
  }

  private static void pauseAfter(Throwable failure, QuietLog log) {
    try {
      log.warn("thread failure", "A thread of the SDK failed, and goes on.", failure);
      LockSupport.parkNanos(PAUSE_AFTER_FAILURE);
    } catch (Throwable again) {
      // Without memory there may be no warning; the next round is what matters.
    }
  }

  /** Whether the current thread is to send what waits, and to end. */
  public static boolean isAskedToEnd() {
    return Thread.currentThread() instanceof BackgroundThread thread && thread.asked;
  }

  /** Asks the thread to end, unless its owner has stopped it: then this is an interrupt. */
  @Override
  public void interrupt() {
    if (stopping) {
      super.interrupt();
    } else {
      asked = true;
      LockSupport.unpark(this);
      whenAsked.run();
    }
  }

  /** Interrupts what the thread does, for its owner. */
  public void stopWork() {
    stopping = true;
    super.interrupt();
  }
}
