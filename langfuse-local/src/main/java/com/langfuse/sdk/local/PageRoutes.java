package com.langfuse.sdk.local;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a browser gets: the page with its assets, the data it shows, and links as SDKs print them.
 */
final class PageRoutes {

  private static final int WORTH_COMPRESSING = 2_000;
  private static final List<String> PLACES = List.of("page", "view", "trace", "project");

  /** For all answers, so that nothing in a trace could do harm even if it got out of its text. */
  private static final Map<String, String> HEADERS =
      Map.of(
          "Content-Security-Policy",
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
              + "media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
              + "frame-ancestors 'none'",
          "X-Content-Type-Options",
          "nosniff",
          "Referrer-Policy",
          "no-referrer",
          "Cross-Origin-Resource-Policy",
          "same-origin",
          "Cache-Control",
          "no-store");

  private final PageGuard guard;
  private final ViewRoutes view;

  PageRoutes(PageGuard guard, ViewRoutes view) {
    this.guard = guard;
    this.view = view;
  }

  /** Whether that path is one of the page's, and not of the API. */
  boolean takes(String path) {
    return path.equals("/") || (path.startsWith("/") && PLACES.contains(path.split("/", 3)[1]));
  }

  Answer answer(Call call) {
    Answer answer;
    try {
      Answer refusal = guard.refusal(call);
      answer = refusal != null ? refusal : route(call);
    } catch (RefusedException refused) {
      answer = refused.answer();
    }
    String encodings = Objects.requireNonNullElse(call.header("accept-encoding"), "");
    boolean compress =
        encodings.contains("gzip") && isText(answer) && answer.body().length > WORTH_COMPRESSING;
    return (compress ? answer.compressed() : answer).withDefaults(HEADERS);
  }

  private Answer route(Call call) throws RefusedException {
    if (!call.method().equals("GET") && !call.method().equals("HEAD")) {
      throw new RefusedException(405, call.path() + " takes GET");
    }
    String[] parts = call.path().substring(1).split("/", -1);
    Answer answer =
        switch (parts[0]) {
          case "view" -> view.answer(List.of(parts).subList(1, parts.length), call, guard);
          case "trace", "project" -> link(call.path().substring(1).split("/"), call);
          case "page" -> parts.length == 2 ? PageAssets.get(parts[1]) : null;
          default -> PageAssets.get("index.html");
        };
    if (answer == null) {
      throw new RefusedException(404, "Nothing here: " + call.path());
    }
    return answer;
  }

  /**
   * Where a link of Langfuse's leads, whatever the project; null if there is none of that form.
   *
   * @param parts of the path, without a slash at its end
   */
  private static @Nullable Answer link(String[] parts, Call call) {
    if (parts[0].equals("trace")) {
      return parts.length == 2 ? toTrace(parts[1], call) : null;
    }
    String view = parts.length < 3 ? "traces" : parts[2];
    if (parts.length == 2 || (parts.length == 3 && view.equals("traces"))) {
      String opened = Query.of(call.query()).text("peek");
      return opened == null ? redirect("") : toTrace(opened, call);
    } else if (parts.length != 4) {
      return null;
    }
    return switch (view) {
      case "traces" -> toTrace(parts[3], call);
      case "sessions" -> toList("session", parts[3]);
      case "users" -> toList("user", parts[3]);
      default -> null;
    };
  }

  private static @Nullable Answer toTrace(String traceId, Call call) {
    if (traceId.isEmpty()) {
      return null;
    }
    String observationId = Query.of(call.query()).text("observation");
    String place = observationId == null ? "" : "/" + encoded(observationId);
    return redirect("trace/" + encoded(traceId) + place);
  }

  private static Answer toList(String key, String value) {
    return redirect("?q=" + encoded(key + ":\"" + value.replace("\"", "") + "\""));
  }

  private static Answer redirect(String place) {
    return Answer.bytes(302, "text/plain", new byte[0]).withHeader("Location", "/#/" + place);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private static boolean isText(Answer answer) {
    @Nullable String type = answer.headers().get(Answer.CONTENT_TYPE);
    return type != null && (type.startsWith("text/") || type.startsWith("application/json"));
  }
}
