package com.langfuse.sdk.local;

/**
 * Creates daemon threads that keep no application's class loader: without the inheritable
 * thread-locals and the context class loader of the thread that creates them.
 */
final class DaemonThread {

  private DaemonThread() {}

  /** Creates a thread, which is not started. */
  static Thread of(Runnable task, String name) {
    Thread thread = new Thread(null, task, name, 0, false);
    thread.setContextClassLoader(DaemonThread.class.getClassLoader());
    thread.setDaemon(true);
    return thread;
  }

  /** Runs a task on such a thread and waits for it: what it creates inherits from that thread. */
  static void run(Runnable task, String name) {
    Thread thread = of(task, name);
    thread.start();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
