package com.langfuse.sdk.media;

/**
 * What stands for a file between the caller, who does not wait for its hash, and the delivery
 * threads: {@code @@@langfusePending:<token>|<description>@@@}. Has no character that JSON would
 * escape.
 */
final class PendingMedia {

  static final String SIGN = "@@@langfusePending:";

  /** No attribute's name has a part of this. */
  static final String RARE_PART = "usePending:";

  private static final String END = "@@@";
  private static final int LONGEST = 300;

  private PendingMedia() {}

  static String text(String token, String description) {
    return SIGN + token + "|" + description + END;
  }

  /** Finds them in a text, and puts in their place what the taker says. */
  static void replaceIn(String text, MediaTaker taker, Edits edits) {
    int start = text.indexOf(SIGN);
    while (start >= 0) {
      int inside = start + SIGN.length();
      int end = text.indexOf(END, inside);
      if (end < 0) {
        return;
      }
      int next = inside;
      if (end - inside < LONGEST) {
        String[] parts = text.substring(inside, end).split("\\|", 2);
        if (parts.length == 2) {
          next = end + END.length();
          edits.replace(start, next, taker.takePending(parts[0], parts[1]));
        }
      }
      start = text.indexOf(SIGN, next);
    }
  }
}
