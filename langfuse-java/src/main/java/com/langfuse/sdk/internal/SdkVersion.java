package com.langfuse.sdk.internal;

import java.io.IOException;
import java.util.Properties;

/** The version of this library, as the build wrote it. */
public final class SdkVersion {

  public static final String CURRENT = read();

  private SdkVersion() {}

  private static String read() {
    Properties properties = new Properties();
    try (var file = SdkVersion.class.getResourceAsStream("sdk.properties")) {
      if (file != null) {
        properties.load(file);
      }
    } catch (IOException unreadable) {
      // Then the version is unknown, as below.
    }
    return properties.getProperty("version", "unknown");
  }
}
