package com.langfuse.sdk.line;

import com.langfuse.sdk.internal.BackgroundThread;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.ProxySelector;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpTimeoutException;
import java.nio.channels.ClosedSelectorException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The JDK's HTTP client, built by the first request, and built anew when it has stopped working: an
 * error of the application, such as OutOfMemoryError, can end its selector thread, and it then
 * serves no request ever again. Threadsafe.
 */
final class RenewableHttpClient {

  /** How often a waiting request looks whether the selector thread is alive. */
  private static final long POLL_INTERVAL = TimeUnit.MILLISECONDS.toNanos(200);

  /** Between two clients, however often they break. */
  private static final long MIN_LIFE = TimeUnit.MILLISECONDS.toNanos(500);

  private static final Duration MIN_LIFE_WITH_TIMEOUTS = Duration.ofSeconds(30);

  private final HttpClient.Builder builder;
  private final long minLifeWithTimeouts;
  private @Nullable Instance current;
  private boolean kept = true;
  private boolean closed;

  /**
   * @param builder has all settings but the executor
   */
  RenewableHttpClient(HttpClient.Builder builder) {
    this(builder, MIN_LIFE_WITH_TIMEOUTS);
  }

  /**
   * @param builder has all settings but the executor
   * @param minLifeWithTimeouts before a client is replaced only because requests time out
   */
  RenewableHttpClient(HttpClient.Builder builder, Duration minLifeWithTimeouts) {
    this.builder = builder;
    this.minLifeWithTimeouts = minLifeWithTimeouts.toNanos();
  }

  /**
   * Sends a request and waits for the whole response.
   *
   * @param timeout for all of it; the JDK's own ends with the headers
   * @throws IOException if there is no response in time, whatever the client failed of
   * @throws InterruptedException if this thread is interrupted
   */
  <T> HttpResponse<T> send(HttpRequest request, BodyHandler<T> handler, Duration timeout)
      throws IOException, InterruptedException {
    Instance instance = acquire();
    long start = System.nanoTime();
    try {
      HttpResponse<T> response = instance.send(request, handler, timeout.toNanos());
      instance.lastSign = System.nanoTime();
      return response;
    } catch (HttpTimeoutException e) {
      if (!instance.isAlive() || isSilent(instance, start)) {
        retire(instance);
      }
      throw e;
    } catch (IOException | RuntimeException | VirtualMachineError e) {
      if (!instance.isAlive() || saysBroken(e)) {
        retire(instance);
      } else {
        instance.lastSign = System.nanoTime();
      }
      throw e instanceof IOException io ? io : new IOException(e);
    } finally {
      release(instance);
    }
  }

  /** Whether nothing at all has come back since a request that timed out. */
  private boolean isSilent(Instance instance, long start) {
    return instance.lastSign - start < 0 && System.nanoTime() - instance.born > minLifeWithTimeouts;
  }

  /** Failures after which the JDK's client does not work again. */
  private static boolean saysBroken(Throwable failure) {
    for (Throwable each = failure; each != null; each = each.getCause()) {
      String message = String.valueOf(each.getMessage());
      if (each instanceof RejectedExecutionException
          || each instanceof ClosedSelectorException
          || message.equals("closed")
          || message.contains("selector manager closed")) {
        return true;
      }
    }
    return false;
  }

  private synchronized Instance acquire() throws IOException, InterruptedException {
    if (closed) {
      throw new IOException("the Langfuse client is closed");
    }
    Instance instance = current;
    if (instance != null && !instance.isAlive()) {
      retire(instance);
      instance = current;
    }
    if (instance == null) {
      instance = Instance.build(builder);
      current = instance;
    }
    instance.users++;
    return instance;
  }

  private synchronized void release(Instance instance) {
    instance.users--;
    shutdownIfUnused(instance);
  }

  /** New requests get another client; those under way end on this one. */
  private synchronized void retire(Instance instance) {
    if (current == instance && System.nanoTime() - instance.born >= MIN_LIFE) {
      current = null;
      shutdownIfUnused(instance);
    }
  }

  private void shutdownIfUnused(Instance instance) {
    if (instance.users == 0 && !kept && instance == current) {
      current = null;
    }
    if (instance.users == 0 && instance != current) {
      instance.shutdown();
    }
  }

  /**
   * Sets whether the JDK's client outlives its requests. Where it does not, it is shut down with
   * its threads when the last request under way has ended, and the next request builds another one.
   *
   * @param keep true at first
   */
  synchronized void keep(boolean keep) {
    kept = keep;
    if (current != null) {
      shutdownIfUnused(current);
    }
  }

  synchronized boolean isClosed() {
    return closed;
  }

  /** Of the client in use; empty before the first request. */
  synchronized Optional<ProxySelector> proxy() {
    return current == null ? Optional.empty() : current.client.proxy();
  }

  /** Ends requests under way, and lets all threads go. */
  synchronized void close() {
    closed = true;
    Instance instance = current;
    current = null;
    if (instance != null) {
      instance.shutdown();
    }
  }

  /** One client of the JDK's, with its threads. */
  private static final class Instance {

    private final HttpClient client;
    private final ExecutorService executor;

    /** Null where this JDK names it otherwise. */
    private final @Nullable Thread selector;

    private final long born = System.nanoTime();
    private volatile long lastSign = born;
    private int users;

    private Instance(HttpClient client, ExecutorService executor) {
      this.client = client;
      this.executor = executor;
      this.selector = selectorOf(client);
    }

    static Instance build(HttpClient.Builder builder) throws IOException, InterruptedException {
      ExecutorService executor = Executors.newCachedThreadPool(Instance::thread);
      CompletableFuture<Instance> building = new CompletableFuture<>();
      try {
        // On a thread of ours: the selector thread inherits its group and context class loader.
        executor.execute(() -> build(builder, executor, building));
        return building.get();
      } catch (ExecutionException e) {
        executor.shutdownNow();
        throw new IOException(e.getCause());
      } catch (VirtualMachineError e) { // no memory for a thread
        executor.shutdownNow();
        throw new IOException(e);
      } catch (InterruptedException e) { // the one being built has a selector thread already
        var unused = building.whenComplete((built, failure) -> shutdown(built, executor));
        throw e;
      }
    }

    private static void build(
        HttpClient.Builder builder, ExecutorService executor, CompletableFuture<Instance> result) {
      try {
        result.complete(new Instance(builder.executor(executor).build(), executor));
      } catch (Throwable t) {
        result.completeExceptionally(t);
      }
    }

    private static void shutdown(@Nullable Instance built, ExecutorService executor) {
      if (built == null) {
        executor.shutdownNow();
      } else {
        built.shutdown();
      }
    }

    private static Thread thread(Runnable task) {
      Thread thread = BackgroundThread.createInTopGroup("langfuse-http", task);
      thread.setDaemon(true);
      return thread;
    }

    /** The client's text ends with its number, which is also in the thread's name. */
    private static @Nullable Thread selectorOf(HttpClient client) {
      String text = client.toString();
      String number = text.substring(text.lastIndexOf('(') + 1).replace(")", "");
      String name = "HttpClient-" + number + "-SelectorManager";
      ThreadGroup group = Thread.currentThread().getThreadGroup();
      Thread[] threads = new Thread[group.activeCount() * 2 + 16];
      int count = group.enumerate(threads, false);
      for (int i = 0; i < count; i++) {
        if (threads[i].getName().equals(name)) {
          return threads[i];
        }
      }
      return null;
    }

    boolean isAlive() {
      return selector == null || selector.isAlive();
    }

    <T> HttpResponse<T> send(HttpRequest request, BodyHandler<T> handler, long nanos)
        throws IOException, InterruptedException {
      CompletableFuture<HttpResponse<T>> exchange =
          InstrumentationSuppression.call(() -> client.sendAsync(request, handler));
      try {
        return await(exchange, nanos);
      } catch (ExecutionException e) {
        if (e.getCause() instanceof IOException io) {
          throw io;
        }
        throw new IOException(e.getCause());
      } finally {
        exchange.cancel(true);
      }
    }

    private <T> T await(CompletableFuture<T> exchange, long nanos)
        throws IOException, InterruptedException, ExecutionException {
      long deadline = System.nanoTime() + nanos;
      while (true) {
        long left = deadline - System.nanoTime();
        try {
          return exchange.get(Math.min(left, POLL_INTERVAL), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
          if (left <= POLL_INTERVAL) {
            double seconds = Math.round(nanos / 1e8) / 10.0;
            throw new HttpTimeoutException("timeout after " + seconds + " s");
          }
          if (!isAlive()) {
            throw new IOException("the HTTP client's selector thread has ended");
          }
        }
      }
    }

    /** JDK 21 has a method for it; before, the selector thread ends when it is interrupted. */
    void shutdown() {
      try {
        HttpClient.class.getMethod("shutdownNow").invoke(client);
      } catch (NoSuchMethodException olderJdk) {
        if (selector != null) {
          selector.interrupt();
        }
      } catch (IllegalAccessException | InvocationTargetException e) {
        // The threads then end when the client is garbage.
      }
      executor.shutdownNow();
    }
  }
}
