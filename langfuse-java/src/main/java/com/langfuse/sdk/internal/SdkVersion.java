package com.langfuse.sdk.internal;

import java.io.IOException;
import java.util.Properties;

/** The version of this library, and of those that it was tested with, as the build wrote them. */
public final class SdkVersion {

  private static final Properties PROPERTIES = read();

  public static final String CURRENT = of("version");

  private SdkVersion() {}

  /** The value of an entry of {@code sdk.properties}; "unknown" where that cannot be read. */
  static String of(String entry) {
    return PROPERTIES.getProperty(entry, "unknown");
  }

  private static Properties read() {
    Properties properties = new Properties();
    try (var file = SdkVersion.class.getResourceAsStream("sdk.properties")) {
      if (file != null) {
        properties.load(file);
      }
    } catch (IOException unreadable) {
      // Then the versions are unknown, as above.
    }
    return properties;
  }
}
