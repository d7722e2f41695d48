package com.langfuse.sdk;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The pieces of a result so far, within bounds. Texts become one text; anything else in between
 * makes it a list. Not threadsafe.
 */
final class Chunks {

  static final int MAX_CHUNKS = 10_000;
  static final int MAX_CHARACTERS = 1_000_000;
  static final String CUT = "… cut";

  private final @Nullable Object whenEmpty;
  private final List<Object> list = new ArrayList<>();
  private final StringBuilder text = new StringBuilder();
  private int characters;
  private boolean empty = true;
  private boolean allText = true;
  private boolean textCut;
  private boolean listCut;

  private Chunks(@Nullable Object whenEmpty) {
    this.whenEmpty = whenEmpty;
  }

  /** A result without pieces is an empty list, as if the list had been returned. */
  static Chunks orEmptyList() {
    return new Chunks(List.of());
  }

  /** Without pieces there is nothing to say. */
  static Chunks orNothing() {
    return new Chunks(null);
  }

  /** The text as it is now; never throws. */
  static String textOf(CharSequence text) {
    try {
      return String.valueOf(text.toString());
    } catch (Throwable hostile) {
      return "<not readable: " + hostile.getClass().getSimpleName() + ">";
    }
  }

  void add(Object chunk) {
    empty = false;
    if (chunk instanceof String piece) {
      addText(piece);
    } else {
      allText = false;
      text.setLength(0);
      text.trimToSize();
      addToList(chunk);
    }
  }

  private void addText(String piece) {
    if (textCut) {
      return;
    }
    String kept = head(piece, MAX_CHARACTERS - characters);
    characters += kept.length();
    if (allText) {
      text.append(kept);
    }
    addToList(kept);
    textCut = kept.length() < piece.length();
    listCut |= textCut;
  }

  private void addToList(Object chunk) {
    listCut |= list.size() == MAX_CHUNKS;
    if (!listCut) {
      list.add(chunk);
    }
  }

  /** Half a surrogate pair is no character. */
  private static String head(String piece, int length) {
    if (piece.length() <= length) {
      return piece;
    }
    boolean splits = length > 0 && Character.isHighSurrogate(piece.charAt(length - 1));
    return piece.substring(0, splits ? length - 1 : length);
  }

  boolean isEmpty() {
    return empty;
  }

  @Nullable Object joined() {
    if (empty) {
      return whenEmpty;
    }
    if (allText) {
      return textCut ? text + CUT : text.toString();
    }
    List<Object> all = new ArrayList<>(list);
    if (listCut) {
      all.add(CUT);
    }
    return all;
  }
}
