package com.langfuse.sdk.local;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.URI;
import java.util.List;
import java.util.Locale;

/** The user's browser, by the command that each system has for it; no AWT for one address. */
final class DesktopBrowser {

  /** False if there is none to be found. Does not wait for it. */
  static boolean open(URI address) {
    return start(command(System.getProperty("os.name"), address));
  }

  static List<String> command(String system, URI address) {
    String name = system.toLowerCase(Locale.ROOT);
    if (name.contains("mac")) {
      return List.of("open", address.toString());
    } else if (name.contains("windows")) {
      return List.of("rundll32", "url.dll,FileProtocolHandler", address.toString());
    }
    return List.of("xdg-open", address.toString());
  }

  static boolean start(List<String> command) {
    try {
      new ProcessBuilder(command)
          .redirectOutput(Redirect.DISCARD)
          .redirectError(Redirect.DISCARD)
          .start();
      return true;
    } catch (IOException notThere) {
      return false;
    }
  }

  private DesktopBrowser() {}
}
