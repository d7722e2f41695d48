package com.langfuse.sdk.local;

import java.net.InetAddress;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Who may see the page. On loopback that is whoever sits at this machine, without keys, but no
 * other web site: neither one whose name was made to point here, nor one whose scripts ask across.
 * Beyond loopback it is whoever has the keys.
 */
final class PageGuard {

  private static final Pattern LOCAL_HOST =
      Pattern.compile("(localhost|127\\.0\\.0\\.1|\\[::1])(:\\d+)?");
  private static final Set<String> OWN_SITE = Set.of("same-origin", "none");

  private final @Nullable String authorization;

  private PageGuard(@Nullable String authorization) {
    this.authorization = authorization;
  }

  /** As fits a server that listens on that address. */
  static PageGuard at(InetAddress address, String publicKey, String secretKey) {
    return address.isLoopbackAddress() ? onLoopback() : withKeys(publicKey, secretKey);
  }

  /** Needs no keys; for a server that nobody else can reach. */
  static PageGuard onLoopback() {
    return new PageGuard(null);
  }

  /** Needs HTTP Basic with the keys of the API; for a server that listens on other addresses. */
  static PageGuard withKeys(String publicKey, String secretKey) {
    return new PageGuard(Api.basic(publicKey, secretKey));
  }

  boolean isLoopback() {
    return authorization == null;
  }

  /** Why this request is refused; null when it may pass. */
  @Nullable Answer refusal(Call call) {
    String host = Objects.requireNonNullElse(call.header("host"), "");
    if (isLoopback() && !LOCAL_HOST.matcher(host.toLowerCase(Locale.ROOT)).matches()) {
      return Answer.error(
          403, "This page is shown on localhost, 127.0.0.1 and [::1] only, not on this host name.");
    }
    if (isFromElsewhere(call, host) && !isLink(call)) {
      return Answer.error(403, "Other web sites may not look in here.");
    }
    if (authorization != null && !authorization.equals(call.header("authorization"))) {
      return Answer.error(401, "The user name is the public key, the password the secret key.")
          .withHeader("WWW-Authenticate", "Basic realm=\"langfuse-local\", charset=\"UTF-8\"");
    }
    return null;
  }

  private static boolean isFromElsewhere(Call call, String host) {
    String origin = call.header("origin");
    String site = call.header("sec-fetch-site");
    return (site != null && !OWN_SITE.contains(site))
        || (origin != null
            && !origin.equals("http://" + host)
            && !origin.equals("https://" + host));
  }

  /** Somebody clicked it, in a notebook say. What it opens has nothing of a trace in itself. */
  private static boolean isLink(Call call) {
    return "navigate".equals(call.header("sec-fetch-mode"))
        && "document".equals(call.header("sec-fetch-dest"))
        && call.header("origin") == null
        && !call.path().startsWith("/view/");
  }
}
