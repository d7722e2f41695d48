package com.langfuse.sdk.local;

import com.sun.net.httpserver.HttpExchange;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;

/**
 * Reads and inflates the body of one request, within bounds: no body is larger than its route
 * allows, and the large bodies of all requests together take at most the budget, or are read one at
 * a time. A reader holds its share of the budget until it is closed. Not thread-safe; the budget
 * is.
 */
final class BodyReader implements AutoCloseable {

  /**
   * Memory for large bodies, in units of 1 KiB. A small part of the heap, because a body of many
   * empty messages or objects takes some thirty times its length once it is decoded.
   */
  static final class Budget {

    private final int units = (int) Math.min(Integer.MAX_VALUE, heap() / 64 / UNIT) + 1;
    private final Semaphore free = new Semaphore(units, true);
  }

  private static final int UNIT = 1024;
  private static final int SMALL = 64 * UNIT;
  private static final int WAIT_SECONDS = 30;
  private static final int CHUNK = 64 * UNIT;
  private static final long MOST_DRAINED = 1L << 30;

  private final HttpExchange exchange;
  private final Budget budget;
  private int taken;

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
    if (announced > SMALL) {
      take(announced);
      return in.readNBytes((int) announced);
    }
    byte[] first = in.readNBytes(Math.min(SMALL, most) + 1);
    if (first.length > most) {
      throw tooLarge(most);
    } else if (first.length <= SMALL) {
      return first;
    }
    take(most);
    byte[] rest = in.readNBytes(most - first.length + 1);
    if (first.length + rest.length > most) {
      throw tooLarge(most);
    }
    byte[] all = new byte[first.length + rest.length];
    System.arraycopy(first, 0, all, 0, first.length);
    System.arraycopy(rest, 0, all, first.length, rest.length);
    return all;
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
   * Takes a share of the budget in place of the one that is held, at most all of it. Holds nothing
   * while it waits: two readers that hold and wait would not end.
   */
  private void take(long bytes) throws RefusedException {
    close();
    if (bytes <= SMALL) {
      return;
    }
    int units = (int) Math.min(budget.units, bytes / UNIT + 1);
    try {
      if (budget.free.tryAcquire(units, WAIT_SECONDS, TimeUnit.SECONDS)) {
        taken = units;
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw new RefusedException(503, "Too many large bodies at once: send it again");
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
    budget.free.release(taken);
    taken = 0;
  }
}
