package com.langfuse.sdk.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Inputs and outputs as programs that talk to models have them. */
public enum Payloads {
  /** A text, which needs no JSON. */
  text {
    @Override
    Object of(List<Message> messages) {
      StringBuilder text = new StringBuilder();
      messages.forEach(message -> text.append(message.content()));
      return text.toString();
    }
  },

  /** A list of maps: the messages of a chat, as most clients take them. */
  maps {
    @Override
    Object of(List<Message> messages) {
      return messages.stream()
          .map(
              message -> {
                Map<String, Object> map = new LinkedHashMap<>();
                map.put("role", message.role());
                map.put("content", message.content());
                map.put("index", message.index());
                return map;
              })
          .toList();
    }
  },

  /** The same as records. */
  records {
    @Override
    Object of(List<Message> messages) {
      return messages;
    }
  },

  /** The same as objects that somebody may change later. */
  beans {
    @Override
    Object of(List<Message> messages) {
      return messages.stream().map(Bean::new).toList();
    }
  };

  /** Of them words are made that compress about as those of a language do. */
  private static final String[] SYLLABLES =
      ("a an ba ber co con de der di do e en er es fa for ga ge hi i in is ka la le lo ma men mi na"
              + " no o of on or pa pe po ra re ro sa se sha so sta ta te the ti to tra u un ver vo"
              + " wa wi y zu")
          .split(" ");

  private static final int LONGEST_MESSAGE = 2_000;

  /** The value whose JSON, or text, is about so long. */
  Object ofKilobytes(int kilobytes) {
    return ofKilobytes(kilobytes, 1);
  }

  /**
   * The same with texts of its own.
   *
   * @param seed of the texts
   */
  Object ofKilobytes(int kilobytes, int seed) {
    int length = kilobytes * 1024;
    int each = Math.min(length / 2, LONGEST_MESSAGE);
    List<Message> messages = new ArrayList<>();
    for (int i = 0; i < length / each; i++) {
      String content = prose(each - 40, seed * 31 + i);
      messages.add(new Message(i % 2 == 0 ? "user" : "assistant", content, i));
    }
    return of(List.copyOf(messages));
  }

  abstract Object of(List<Message> messages);

  /** Words, with a quotation and a line break now and then, as JSON must write them. */
  static String prose(int length, int seed) {
    StringBuilder text = new StringBuilder();
    int random = seed;
    for (int word = 1; text.length() < length; word++) {
      int syllables;
      do {
        random = random * 1_103_515_245 + 12_345;
        syllables = random >>> 30;
        text.append(SYLLABLES[(random >>> 16 & 0x3fff) % SYLLABLES.length]);
      } while (syllables > 1);
      text.append(word % 40 == 0 ? ".\n" : word % 20 == 0 ? " \"so\" " : " ");
    }
    return text.substring(0, length);
  }

  /** One of a chat. */
  public record Message(String role, String content, int index) {}

  /** One of a chat, as libraries of another age have it. */
  public static final class Bean {
    private String role;
    private String content;
    private int index;

    Bean(Message message) {
      this.role = message.role();
      this.content = message.content();
      this.index = message.index();
    }

    public String getRole() {
      return role;
    }

    public void setRole(String role) {
      this.role = role;
    }

    public String getContent() {
      return content;
    }

    public void setContent(String content) {
      this.content = content;
    }

    public int getIndex() {
      return index;
    }

    public void setIndex(int index) {
      this.index = index;
    }
  }
}
