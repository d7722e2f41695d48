package com.langfuse.sdk.line;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.util.Locale;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** A request got no response; the message says why in plain words, after the server's name. */
final class NoResponseException extends IOException {

  private static final long serialVersionUID = 1L;

  private static final String UNREACHABLE = "could not be reached: ";
  private static final String SILENT = "gave no answer: ";

  private final boolean unreachable;

  private NoResponseException(String message, boolean unreachable, IOException cause) {
    super(message, cause);
    this.unreachable = unreachable;
  }

  /**
   * @param target of the request
   * @param proxies of the HTTP client; an address that fails may be a proxy's
   */
  static NoResponseException of(IOException e, URI target, Optional<ProxySelector> proxies) {
    InetSocketAddress proxy = proxy(target, proxies);
    String via = proxy == null ? "" : " (through the proxy " + shown(proxy) + ")";
    String host = proxy == null ? target.getHost() : proxy.getHostString();
    String unreached = unreached(e, host);
    return unreached != null
        ? new NoResponseException(UNREACHABLE + unreached + via, true, e)
        : new NoResponseException(SILENT + silence(e) + via, false, e);
  }

  /** True where no connection came about, so that nothing was sent. */
  boolean isUnreachable() {
    return unreachable;
  }

  /** Why there is no connection; null where there was one. */
  private static @Nullable String unreached(IOException e, String host) {
    String text = String.valueOf(e.getMessage());
    SSLException tls = find(e, SSLException.class);
    if (find(e, UnresolvedAddressException.class) != null
        || find(e, UnknownHostException.class) != null) {
      return "unknown host " + host;
    } else if (find(e, HttpConnectTimeoutException.class) != null) {
      return "no connection within the timeout";
    } else if (tls != null) {
      Throwable certificate = certificateProblem(e);
      return certificate == null
          ? "TLS failed: " + tls.getMessage()
          : "TLS certificate not trusted: " + certificate.getMessage();
    } else if (find(e, ConnectException.class) != null) {
      // The JDK's second try, on the channel that was refused, hides the first one's message.
      boolean told = e.getMessage() != null && find(e, ClosedChannelException.class) == null;
      return told
          ? text.substring(0, 1).toLowerCase(Locale.ROOT) + text.substring(1)
          : "connection refused";
    } else if (text.startsWith("Tunnel failed") || text.startsWith("too many authentication")) {
      return text;
    }
    return null;
  }

  private static String silence(IOException e) {
    if (e instanceof HttpTimeoutException) {
      return String.valueOf(e.getMessage());
    } else if (find(e, EOFException.class) != null) {
      return "the connection was closed";
    } else if (e instanceof SocketException && e.getMessage() != null) {
      return e.getMessage();
    }
    Throwable root = root(e);
    return root == e ? e.toString() : e + ", " + root;
  }

  private static @Nullable Throwable certificateProblem(Throwable e) {
    Throwable root = root(e);
    boolean isOfCertificate =
        root instanceof CertificateException
            || root instanceof CertPathBuilderException
            || root instanceof CertPathValidatorException;
    return isOfCertificate ? root : find(e, CertificateException.class);
  }

  private static Throwable root(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root;
  }

  private static <T extends Throwable> @Nullable T find(Throwable e, Class<T> type) {
    for (Throwable each = e; each != null; each = each.getCause()) {
      if (type.isInstance(each)) {
        return type.cast(each);
      }
    }
    return null;
  }

  private static @Nullable InetSocketAddress proxy(URI target, Optional<ProxySelector> proxies) {
    try {
      return proxies.orElseGet(ProxySelector::getDefault).select(target).stream()
          .map(Proxy::address)
          .filter(InetSocketAddress.class::isInstance)
          .map(InetSocketAddress.class::cast)
          .findFirst()
          .orElse(null);
    } catch (Throwable ofTheApplication) {
      return null;
    }
  }

  private static String shown(InetSocketAddress address) {
    return address.getHostString() + ":" + address.getPort();
  }
}
