package com.langfuse.sdk.bench;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPInputStream;

/**
 * A program that takes OTLP requests at any path, counts their spans and forgets them. {@code GET}
 * tells how many there were. Its first line is its port; it ends with its standard input.
 */
public final class SinkServer {

  /** ExportTraceServiceRequest.resource_spans, ResourceSpans.scope_spans, ScopeSpans.spans. */
  private static final int[] TO_SPANS = {1, 2, 2};

  private static final String JSON_SPAN = "\"spanId\":\"";

  private final AtomicLong spans = new AtomicLong();

  private SinkServer() {}

  public static void main(String[] args) throws IOException {
    SinkServer sink = new SinkServer();
    HttpServer http =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.createContext("/", sink::handle);
    http.setExecutor(Executors.newCachedThreadPool());
    http.start();
    System.out.println(http.getAddress().getPort());
    while (System.in.read() >= 0) {
      // Until whoever started it has gone.
    }
    System.exit(0);
  }

  private void handle(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    byte[] answer = {};
    if (exchange.getRequestMethod().equals("GET")) {
      answer = Long.toString(spans.get()).getBytes(StandardCharsets.UTF_8);
    } else {
      boolean json =
          String.valueOf(exchange.getRequestHeaders().getFirst("Content-Type")).contains("json");
      byte[] plain =
          "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"))
              ? new GZIPInputStream(new ByteArrayInputStream(body)).readAllBytes()
              : body;
      spans.addAndGet(json ? inJson(plain) : inProtobuf(ByteBuffer.wrap(plain), 0));
    }
    exchange.sendResponseHeaders(200, answer.length == 0 ? -1 : answer.length);
    exchange.getResponseBody().write(answer);
    exchange.close();
  }

  private static long inProtobuf(ByteBuffer message, int depth) {
    if (depth == TO_SPANS.length) {
      return 1;
    }
    long found = 0;
    while (message.hasRemaining()) {
      long tag = varint(message);
      switch ((int) tag & 7) {
        case 0 -> varint(message);
        case 1 -> message.position(message.position() + Long.BYTES);
        case 2 -> {
          int length = (int) varint(message);
          if (tag >>> 3 == TO_SPANS[depth]) {
            found += inProtobuf(message.slice(message.position(), length), depth + 1);
          }
          message.position(message.position() + length);
        }
        case 5 -> message.position(message.position() + Integer.BYTES);
        default -> throw new IllegalArgumentException("not OTLP: tag " + tag);
      }
    }
    return found;
  }

  private static long varint(ByteBuffer message) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte next = message.get();
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
  }

  private static long inJson(byte[] body) {
    String text = new String(body, StandardCharsets.ISO_8859_1);
    long found = 0;
    for (int at = text.indexOf(JSON_SPAN); at >= 0; at = text.indexOf(JSON_SPAN, at + 1)) {
      found++;
    }
    return found;
  }
}
