package com.langfuse.sdk.media;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What the application handed in, met on its way out; hashed by who asks first. Threadsafe. */
final class HandedMedia {

  private final MediaSource source;
  private @Nullable LangfuseMedia media;
  private @Nullable Content content;

  HandedMedia(LangfuseMedia media) {
    this.source = media.source();
    this.media = media;
  }

  MediaSource source() {
    return source;
  }

  synchronized Content content() {
    LangfuseMedia unhashed = media;
    if (content == null && unhashed != null) {
      content = unhashed.content();
      media = null; // the bytes are let go of when they have been uploaded
    }
    return Objects.requireNonNull(content);
  }
}
