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

  private static final String[] SENTENCES = {
    "The lighthouse keeper counted \"eleven\" ships before the fog came in.\n",
    "Whether the lamp had been lit at all was a question that nobody asked until spring, ",
    "and by then the log book said only this: wind from the west, 7 knots, nothing else. ",
  };

  private static final int LONGEST_MESSAGE = 2_000;

  /** The value whose JSON, or text, is about so long. */
  Object ofKilobytes(int kilobytes) {
    int length = kilobytes * 1024;
    int each = Math.min(length / 2, LONGEST_MESSAGE);
    List<Message> messages = new ArrayList<>();
    for (int i = 0; i < length / each; i++) {
      messages.add(new Message(i % 2 == 0 ? "user" : "assistant", prose(each - 40), i));
    }
    return of(List.copyOf(messages));
  }

  abstract Object of(List<Message> messages);

  static String prose(int length) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; text.length() < length; i++) {
      text.append(SENTENCES[i % SENTENCES.length]);
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
