package com.langfuse.sdk.local;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The files of the page, which are resources of this library. There are no others. */
final class PageAssets {

  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "svg", "image/svg+xml");

  private static final Set<String> FILES =
      Set.of(
          "index.html",
          "style.css",
          "icon.svg",
          "app.js",
          "chat.js",
          "detail.js",
          "dom.js",
          "format.js",
          "keys.js",
          "list.js",
          "live.js",
          "rows.js",
          "trace.js",
          "tree.js",
          "values.js");

  /** The file of that name; null if it is none of the page's. */
  static @Nullable Answer get(String name) {
    if (!FILES.contains(name)) {
      return null;
    }
    try (InputStream file = PageAssets.class.getResourceAsStream("page/" + name)) {
      if (file == null) {
        throw new IllegalStateException("Not in this library: page/" + name);
      }
      String type = TYPES.get(name.substring(name.indexOf('.') + 1));
      return Answer.bytes(200, String.valueOf(type), file.readAllBytes())
          .withHeader("Cache-Control", "no-cache");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private PageAssets() {}
}
