package com.langfuse.sdk.local;

import com.sun.net.httpserver.HttpExchange;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPInputStream;

/**
 * Reads and inflates the body of one request, within bounds: no body is larger than its route
 * allows, and the large bodies of all requests together take at most the budget, or are read one at
 * a time. A reader holds its share of the budget until it is closed; while it still receives,
 * others that wait reclaim the share after two seconds, so that a client that stops or sends slowly
 * stops no other. Not thread-safe; the budget is.
 */
final class BodyReader implements AutoCloseable {

  /**
   * Memory for large bodies, in units of 1 KiB. A small part of the heap, because a body of many
   * empty messages or objects takes some forty times its length once it is decoded.
   */
  static final class Budget {

    private final int units = (int) Math.min(Integer.MAX_VALUE, heap() / 64 / UNIT) + 1;
    private final Semaphore free = new Semaphore(units, true);
    private final Set<BodyReader> receiving = ConcurrentHashMap.newKeySet();

    /** Bytes of bodies that are received without a share, because theirs was reclaimed. */
    private final AtomicLong overdrawn = new AtomicLong();
  }

  private static final int UNIT = 1024;
  private static final int SMALL = 64 * UNIT;
  private static final int WAIT_SECONDS = 30;
  private static final long MOST_HELD_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final int BLOCK = 1 << 20;
  private static final int CHUNK = 64 * UNIT;
  private static final long MOST_DRAINED = 1L << 30;

  private final HttpExchange exchange;
  private final Budget budget;
  private final AtomicInteger taken = new AtomicInteger();
  private volatile long since;
  private int overdraft;

  BodyReader(HttpExchange exchange, Budget budget) {
    this.exchange = exchange;
    this.budget = budget;
  }

  private static long heap() {
    return Runtime.getRuntime().maxMemory();
  }

  /**
   * Returns the body, without any content where it is too large.
   *
   * @param most bytes, as sent and inflated; 0 to leave the body unread
   * @param inflates whether the route inflates gzip, as it is announced
   * @throws IOException if the client ends the connection
   */
  Body read(int most, boolean inflates) throws IOException {
    if (most == 0) {
      return Body.NONE;
    }
    try {
      byte[] wire = read(exchange.getRequestBody(), announced(most), most);
      String encoding = exchange.getRequestHeaders().getFirst("Content-Encoding");
      boolean gzip = inflates && encoding != null && encoding.contains("gzip");
      return gzip ? inflate(wire, most) : Body.plain(wire);
    } catch (RefusedException tooLarge) {
      return Body.refused(tooLarge);
    }
  }

  /** The length that the client says, which decides before anything is read; -1 in chunks. */
  private long announced(int most) throws RefusedException {
    String length = exchange.getRequestHeaders().getFirst("Content-Length");
    try {
      long bytes = length == null ? -1 : Long.parseLong(length.strip());
      if (bytes > most) {
        throw tooLarge(most);
      }
      return bytes;
    } catch (NumberFormatException notANumber) {
      return -1;
    }
  }

  private byte[] read(InputStream in, long announced, int most)
      throws IOException, RefusedException {
    byte[] first = in.readNBytes(Math.min(SMALL, most) + 1);
    if (first.length > most) {
      throw tooLarge(most);
    } else if (first.length <= SMALL) {
      return first;
    }
    long expected = announced < 0 ? most : announced;
    take(expected);
    byte[] all = receive(first, in, most);
    take(expected); // again, if it was reclaimed
    return all;
  }

  /**
   * Receives what follows the first bytes, within an eighth of the heap where the share is lost.
   */
  private byte[] receive(byte[] first, InputStream in, int most)
      throws IOException, RefusedException {
    List<byte[]> blocks = new ArrayList<>(List.of(first));
    int length = first.length;
    budget.receiving.add(this);
    try {
      for (byte[] block = in.readNBytes(BLOCK);
          block.length > 0;
          block = in.readNBytes(Math.min(BLOCK, most - length + 1))) {
        length += block.length;
        if (length > most) {
          throw tooLarge(most);
        }
        blocks.add(block);
        if (taken.get() == 0) {
          budget.overdrawn.addAndGet(length - overdraft);
          overdraft = length;
          if (budget.overdrawn.get() > heap() / 8) {
            throw tooMany();
          }
        }
      }
    } finally {
      budget.receiving.remove(this);
    }
    ByteBuffer all = ByteBuffer.allocate(length);
    blocks.forEach(all::put);
    return all.array();
  }

  /** Counts first, so that a body that inflates without end takes no memory at all. */
  private Body inflate(byte[] wire, int most) {
    try {
      int length = 0;
      byte[] chunk = new byte[CHUNK];
      try (InputStream gzip = new GZIPInputStream(new ByteArrayInputStream(wire), CHUNK)) {
        for (int read = gzip.read(chunk); read >= 0; read = gzip.read(chunk)) {
          length += read;
          if (length > most) {
            throw tooLarge(most);
          }
        }
      }
      take((long) wire.length + length);
      try (InputStream gzip = new GZIPInputStream(new ByteArrayInputStream(wire), CHUNK)) {
        return new Body(wire, gzip.readNBytes(length), null);
      }
    } catch (RefusedException tooLarge) {
      return Body.refused(wire, tooLarge);
    } catch (IOException e) {
      return Body.refused(wire, new RefusedException("Body is not gzip", e));
    }
  }

  private static RefusedException tooLarge(int most) {
    return new RefusedException(413, "The body has more than %d bytes".formatted(most));
  }

  /**
   * Takes a share of the budget, at most all of it, unless one of that size is held. Holds nothing
   * while it waits: two readers that hold and wait would not end.
   */
  private void take(long bytes) throws RefusedException {
    int units = bytes <= SMALL ? 0 : (int) Math.min(budget.units, bytes / UNIT + 1);
    if (taken.get() < units) {
      budget.free.release(taken.getAndSet(0));
      acquire(units);
    }
    repay();
  }

  private void acquire(int units) throws RefusedException {
    try {
      for (int waited = 0; waited < WAIT_SECONDS; waited++) {
        if (budget.free.tryAcquire(units, 1, TimeUnit.SECONDS)) {
          since = System.nanoTime();
          taken.set(units);
          return;
        }
        budget.receiving.forEach(BodyReader::reclaim);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw tooMany();
  }

  private static RefusedException tooMany() {
    return new RefusedException(503, "Too many large bodies at once: send it again");
  }

  /** Called by a reader that waits, on another thread. */
  private void reclaim() {
    if (taken.get() > 0 && System.nanoTime() - since > MOST_HELD_NANOS) {
      budget.free.release(taken.getAndSet(0));
    }
  }

  private void repay() {
    budget.overdrawn.addAndGet(-overdraft);
    overdraft = 0;
  }

  /**
   * Reads what is left of the body, to a bound. Otherwise a client that still sends would find the
   * connection closed, and never read the answer.
   */
  void drain() throws IOException {
    InputStream in = exchange.getRequestBody();
    byte[] chunk = new byte[CHUNK];
    long left = MOST_DRAINED;
    for (int read = in.read(chunk); read >= 0 && left > 0; read = in.read(chunk)) {
      left -= read;
    }
  }

  /** Gives the share of the budget back. Idempotent. */
  @Override
  public void close() {
    budget.free.release(taken.getAndSet(0));
    repay();
  }
}
