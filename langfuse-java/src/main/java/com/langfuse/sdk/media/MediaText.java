package com.langfuse.sdk.media;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Texts that may have files in them. */
final class MediaText {

  private static final SignSearch SIGNS = new SignSearch(signs());

  private MediaText() {}

  private static List<String> signs() {
    List<String> signs = new ArrayList<>(MediaShape.SIGNS);
    signs.add(DataUri.SIGN);
    signs.add(PendingMedia.RARE_PART);
    return signs;
  }

  /** False when there is surely none in these texts, encoded in UTF-8. */
  static boolean mayHaveMedia(byte[] encoded) {
    return SIGNS.anyIn(encoded);
  }

  /** With what the taker says in place of each; the very same text when that is nothing. */
  static String replaceIn(String text, MediaTaker taker) {
    if (!mayHaveMedia(text.getBytes(StandardCharsets.UTF_8))) {
      return text;
    }
    Edits edits = new Edits();
    return JsonMedia.replaceIn(text, taker, edits)
        ? edits.applyTo(text)
        : replaceInFreeText(text, taker);
  }

  /** In a text of no form. */
  static String replaceInFreeText(String text, MediaTaker taker) {
    Edits edits = new Edits();
    DataUri.replaceIn(text, taker, edits);
    PendingMedia.replaceIn(text, taker, edits);
    return edits.applyTo(text);
  }
}
