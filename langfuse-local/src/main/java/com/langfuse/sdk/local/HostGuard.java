package com.langfuse.sdk.local;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Collection;
import java.util.HashSet;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Refuses what a browser sends for another web site, whatever its keys: requests for a host name
 * that is not one of this server's, which is how DNS rebinding reaches a local server, and requests
 * with the {@code Origin} of another site.
 *
 * <p>On loopback the names are {@code localhost}, loopback addresses, and the names by which
 * containers reach the machine they run on. Beyond loopback they are all addresses and all names
 * without a dot, such as that of a container, which no web site can have. Others are named by the
 * settings.
 */
final class HostGuard {

  private static final Pattern HOST =
      Pattern.compile("(\\[[0-9a-f:.]+]|[^\\s:@,/\\[\\]]+)(?::\\d{1,5})?");
  private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(?:\\.\\d{1,3}){3}");
  private static final Set<String> ALWAYS =
      Set.of(
          "localhost",
          "localhost.",
          "host.docker.internal",
          "host.containers.internal",
          "host.testcontainers.internal");
  private static final Set<String> OWN_SITE = Set.of("same-origin", "none");

  private final boolean loopback;
  private final Set<String> names = new HashSet<>(ALWAYS);

  /**
   * @param address that the server listens on
   * @param names of the settings, without a port
   */
  HostGuard(InetAddress address, Collection<String> names) {
    this.loopback = address.isLoopbackAddress();
    names.forEach(each -> this.names.add(each.toLowerCase(Locale.ROOT)));
  }

  /** Why this request is refused; null when it may pass. */
  @Nullable Answer refusal(Call call) {
    String host = Objects.requireNonNullElse(call.header("host"), "").toLowerCase(Locale.ROOT);
    if (!isOwn(host)) {
      return Answer.error(
          403,
          ("This Langfuse answers to localhost, 127.0.0.1 and [::1]%s, not to the host name '%s'. "
                  + "If it is one of its own, start with --allow-host.")
              .formatted(loopback ? "" : ", to addresses and to names without a dot", host));
    }
    if (isFromElsewhere(call, host) && !isLink(call)) {
      return Answer.error(403, "Other web sites may not look in here.");
    }
    return null;
  }

  private boolean isOwn(String host) {
    Matcher parts = HOST.matcher(host);
    if (!parts.matches()) {
      return false;
    }
    String name = parts.group(1);
    if (names.contains(name)) {
      return true;
    }
    if (name.startsWith("[") || IPV4.matcher(name).matches()) {
      return isOwnAddress(name);
    }
    return !loopback && !name.contains(".");
  }

  private boolean isOwnAddress(String literal) {
    try {
      InetAddress address = InetAddress.getByName(literal); // looks nothing up: it is a literal
      return !loopback || address.isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  private static boolean isFromElsewhere(Call call, String host) {
    String origin = call.header("origin");
    String site = call.header("sec-fetch-site");
    return (site != null && !OWN_SITE.contains(site))
        || (origin != null
            && !origin.equalsIgnoreCase("http://" + host)
            && !origin.equalsIgnoreCase("https://" + host));
  }

  /** A link that was clicked, in a notebook say. What it opens has nothing of a trace in itself. */
  private static boolean isLink(Call call) {
    return "navigate".equals(call.header("sec-fetch-mode"))
        && "document".equals(call.header("sec-fetch-dest"))
        && call.header("origin") == null
        && call.method().equals("GET")
        && !call.path().startsWith("/view/")
        && !call.path().startsWith("/api/");
  }
}
