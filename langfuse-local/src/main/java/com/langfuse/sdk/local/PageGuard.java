package com.langfuse.sdk.local;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * Access to the page for requests that the {@link HostGuard} allows: on loopback without keys,
 * beyond loopback with the keys of the API.
 */
final class PageGuard {

  private final HostGuard hosts;
  private final @Nullable String authorization;

  private PageGuard(HostGuard hosts, @Nullable String authorization) {
    this.hosts = hosts;
    this.authorization = authorization;
  }

  /** As fits a server that listens on that address. */
  static PageGuard at(InetAddress address, HostGuard hosts, String publicKey, String secretKey) {
    return address.isLoopbackAddress() ? onLoopback(hosts) : withKeys(hosts, publicKey, secretKey);
  }

  /** Needs no keys; for a server that other machines cannot reach. */
  static PageGuard onLoopback(HostGuard hosts) {
    return new PageGuard(hosts, null);
  }

  /** Needs HTTP Basic with the keys of the API; for a server that listens on other addresses. */
  static PageGuard withKeys(HostGuard hosts, String publicKey, String secretKey) {
    return new PageGuard(hosts, Api.basic(publicKey, secretKey));
  }

  boolean isLoopback() {
    return authorization == null;
  }

  /** Why this request is refused; null when it may pass. */
  @Nullable Answer refusal(Call call) {
    Answer foreign = hosts.refusal(call);
    if (foreign != null) {
      return foreign;
    }
    if (authorization != null && !authorization.equals(call.header("authorization"))) {
      return Answer.error(401, "The user name is the public key, the password the secret key.")
          .withHeader("WWW-Authenticate", "Basic realm=\"langfuse-local\", charset=\"UTF-8\"");
    }
    return null;
  }
}
