package com.langfuse.sdk.export;

import com.langfuse.sdk.line.Outcome;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.util.List;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;

/**
 * How sending one body ended.
 *
 * @param body what was sent
 * @param bodyBytes its length as it travelled, that is compressed
 * @param failure of the last try; null when there was an answer
 */
record Attempt(OtlpBody body, Outcome outcome, int bodyBytes, @Nullable IOException failure) {

  private static final int MALFORMED = 400;
  private static final int TOO_LARGE = 413;

  /** Socket buffers take smaller bodies whole, so the server's limit is not what cuts them off. */
  private static final int LARGE = 64 * 1024;

  /** Failures to connect, after which nothing was sent. */
  private static final List<Class<? extends Exception>> UNREACHABLE =
      List.of(
          ConnectException.class,
          HttpConnectTimeoutException.class,
          UnknownHostException.class,
          UnresolvedAddressException.class,
          NoRouteToHostException.class,
          SSLHandshakeException.class);

  /**
   * Whether the body may be the cause of a failure that otherwise passes: an error in the server or
   * behind a proxy, or no answer after the connection was made. Overload (429, 503), a proxy's
   * refusal (407), a slow client (408) and a server that cannot be reached are not.
   */
  boolean mayBePayload() {
    return switch (outcome.status()) {
      case 500, 502, 504 -> true;
      case Outcome.NO_ANSWER -> wasSent();
      default -> false;
    };
  }

  boolean isAccepted() {
    return outcome.arrived();
  }

  boolean isMalformed() {
    return outcome.status() == MALFORMED;
  }

  boolean isTooLarge() {
    return outcome.status() == TOO_LARGE;
  }

  /**
   * Whether the connection ended while a large body was sent. So does a proxy that answers 413 to
   * the headers and does not wait for the body.
   */
  boolean isCutOff() {
    return wasSent() && bodyBytes > LARGE;
  }

  /** Whether it was cut off at once, and not because time was over. */
  boolean isCutOffEarly() {
    return isCutOff() && !isCausedBy(HttpTimeoutException.class);
  }

  private boolean wasSent() {
    return failure != null && UNREACHABLE.stream().noneMatch(this::isCausedBy);
  }

  private boolean isCausedBy(Class<? extends Exception> type) {
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (type.isInstance(each)) {
        return true;
      }
    }
    return false;
  }
}
