package com.langfuse.sdk.media;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Changes to a text, which do not overlap. */
final class Edits {

  private record Edit(int from, int to, String text) {}

  private final List<Edit> edits = new ArrayList<>();

  void replace(int from, int to, String text) {
    edits.add(new Edit(from, to, text));
  }

  /** The changed text; the very same when there is nothing to change. */
  String applyTo(String text) {
    if (edits.isEmpty()) {
      return text;
    }
    edits.sort(Comparator.comparingInt(Edit::from));
    StringBuilder changed = new StringBuilder();
    int copied = 0;
    for (Edit edit : edits) {
      changed.append(text, copied, edit.from()).append(edit.text());
      copied = edit.to();
    }
    return changed.append(text, copied, text.length()).toString();
  }
}
