package com.langfuse.sdk.internal;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.Closeable;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.Enumeration;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.atomic.AtomicInteger;

/** Classes with methods that must not be called because a value of them is recorded. */
public final class Zoo {

  /** What was called though it is no property. */
  public static final Deque<String> CALLED = new ArrayDeque<>();

  private Zoo() {}

  private static <T> T called(String method, T result) {
    CALLED.add(method);
    return result;
  }

  public static final class Cursor {
    private int next;
    private int count;
    private boolean isolate;
    private String close = "c";

    public int next() {
      return called("next", ++next);
    }

    public int count() {
      return called("count", ++count);
    }

    public boolean isolate() {
      return called("isolate", isolate = true);
    }

    public String close() {
      return called("close", close);
    }

    public int getPosition() {
      return 7;
    }
  }

  /** Final fields, and methods of the same name and of another type. */
  public static final class Queue {
    private final Deque<String> poll = new ArrayDeque<>(List.of("a"));
    private final AtomicInteger increment = new AtomicInteger();
    private final List<Integer> pop = List.of();
    private final int hashCode = 1;

    public String poll() {
      return called("poll", poll.poll());
    }

    public int increment() {
      return called("increment", increment.incrementAndGet());
    }

    public List<String> pop() {
      return called("pop", List.of());
    }

    @Override
    public int hashCode() {
      return called("hashCode", hashCode);
    }

    @Override
    public boolean equals(Object other) {
      return called("equals", other == this);
    }
  }

  /** A lambda. */
  public static Iterable<String> iterable(String... elements) {
    return () -> List.of(elements).iterator();
  }

  /** A field that is a cache of the text. */
  public static final class Label {
    private final String toString = "label";

    @Override
    public String toString() {
      return called("toString", toString);
    }
  }

  public static class Parent {
    protected final int advance = 1;
  }

  /** The field is its parent's. */
  public static final class Child extends Parent {
    public int advance() {
      return called("advance", 2);
    }
  }

  /** Names that begin as those of getters do. */
  public static final class Words {
    public boolean issue() {
      return called("issue", true);
    }

    public String getaway() {
      return called("getaway", "x");
    }

    public String get() {
      return called("get", "x");
    }

    public boolean is() {
      return called("is", true);
    }

    public String getWithArgument(String argument) {
      return called("getWithArgument", argument);
    }

    public static String getStatic() {
      return called("getStatic", "x");
    }

    String getPackagePrivate() {
      return called("getPackagePrivate", "x");
    }

    public String isText() {
      return called("isText", "x");
    }

    public void getNothing() {
      called("getNothing", 1);
    }
  }

  public static final class Lines implements Iterator<String> {
    @Override
    public boolean hasNext() {
      return called("hasNext", true);
    }

    @Override
    public String next() {
      return called("next", "line");
    }
  }

  public static final class Names implements Enumeration<String> {
    @Override
    public boolean hasMoreElements() {
      return called("hasMoreElements", true);
    }

    @Override
    public String nextElement() {
      throw called("nextElement", new NoSuchElementException());
    }
  }

  public static final class Handle implements Closeable {
    private final String name = "h";

    public String name() {
      return called("name", name);
    }

    public String getName() {
      return called("getName", name);
    }

    @Override
    public void close() {
      called("close", 1);
    }
  }

  /** Has a method that is no component, named like nothing. */
  public record Ticket(String id) {
    public String redeem() {
      return called("redeem", id);
    }

    public boolean issue() {
      return called("issue", true);
    }
  }

  /** The properties that there are: all of them are read. */
  public static final class Properties {
    private final String fluent = "f";
    private final List<String> generic = List.of("g");
    private final boolean isActive = true;
    private int mutable = 1;
    public final String visible = "v";

    @JsonProperty("by_annotation")
    private final int annotated = 2;

    public String fluent() {
      return fluent;
    }

    public List<String> generic() {
      return generic;
    }

    public boolean isActive() {
      return isActive;
    }

    public Boolean isBoxed() {
      return true;
    }

    public int getMutable() {
      return mutable;
    }

    @JsonProperty
    public int named() {
      return 3;
    }
  }

  public static List<Object> animals() {
    return List.of(
        new Cursor(),
        new Queue(),
        new Child(),
        new Words(),
        new Lines(),
        new Names(),
        new Handle(),
        new Ticket("t"),
        Collections.enumeration(List.of(1)));
  }
}
