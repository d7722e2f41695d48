package com.langfuse.sdk;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.util.RawValue;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.Month;
import java.time.MonthDay;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.Period;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Currency;
import java.util.Date;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;

/** Values of all kinds that the versions of Jackson have written in different ways. */
public final class JacksonValues {

  private static final int DEEP = 3_000;
  private static final int LONG = 6_000_000; // more than Jackson 2.15.0 reads by default

  private JacksonValues() {}

  public record Point(int x, double y) {}

  public record Annotated(
      @JsonProperty("first_name") String first, @JsonIgnore String secret, Point point) {

    public String getGreeting() {
      return "hello " + first;
    }
  }

  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record Snake(String firstName, List<Point> allPoints) {}

  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Sparse(String text, List<String> none, String missing) {}

  public record Wrapper<T>(T content, @JsonRawValue String raw) {}

  public record Times(
      Instant instant, ZonedDateTime zoned, Optional<LocalDate> date, OptionalInt none) {}

  public record Formatted(
      @JsonFormat(pattern = "yyyy/MM") LocalDate date,
      @JsonFormat(shape = JsonFormat.Shape.NUMBER) Duration duration) {}

  public enum Color {
    @JsonProperty("rouge")
    RED,
    GREEN
  }

  public enum Size {
    SMALL;

    @JsonValue
    public int inches() {
      return 7;
    }
  }

  @JsonTypeInfo(use = JsonTypeInfo.Id.SIMPLE_NAME)
  public interface Shape {}

  public record Circle(double radius) implements Shape {}

  // Methods have no order: it differs from JVM to JVM.
  @JsonPropertyOrder({"name", "active", "failing", "self"})
  public static class Bean {
    private final String name;

    @JsonUnwrapped public final Point corner = new Point(1, 2);

    @JsonIgnoreProperties("y")
    public final Point projected = new Point(3, 4);

    Bean(String name) {
      this.name = name;
    }

    public String getName() {
      return name;
    }

    public boolean isActive() {
      return true;
    }

    public Object getFailing() {
      throw new IllegalStateException("broken");
    }

    public Bean getSelf() {
      return this;
    }

    @JsonAnyGetter
    public Map<String, Object> more() {
      return Map.of("extra", 1);
    }
  }

  /** What every class path writes the same. */
  public static Map<String, Object> all() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("plain", list("text", 1, 2L, 1L << 60, 1.5, 1e300, 1.5f, true, 'c', null));
    all.put("text", "text with \ud83d\ude00");
    all.put("decimals", list(new BigDecimal("1.10"), new BigDecimal("1E+400"), BigInteger.TEN));
    all.put("raw", new Wrapper<>(new RawValue("{\"n\":1e400}"), "[1.10,10e399]"));
    all.put("map", sorted());
    all.put("record", new Point(1, 2));
    all.put("annotated", new Annotated("Ann", "secret", new Point(1, 2)));
    all.put("snake", new Snake("Ann", List.of(new Point(1, 2))));
    all.put("sparse", new Sparse("text", List.of(), null));
    all.put("bean", new Bean("bean"));
    all.put("beans", List.of(new Bean("one"), new Bean("two")));
    all.put("enums", list(Color.RED, Color.GREEN, Size.SMALL, TimeUnit.DAYS, enums()));
    all.put("typed", list(new Circle(1), new Wrapper<Shape>(new Circle(2), "null")));
    all.put("tree", tree(3));
    all.put("deep tree", list("before", tree(DEEP), "after"));
    all.put("deep list", deep());
    all.put(
        "bytes", list(new byte[] {1, -1}, "text".getBytes(UTF_8), ByteBuffer.wrap(new byte[3])));
    all.put("arrays", list(new int[] {1, 2}, new double[] {1.5}, new String[] {"a"}));
    all.put(
        "jdk",
        list(
            new UUID(1, 2),
            Locale.CANADA,
            Currency.getInstance("EUR"),
            URI.create("http://a/b"),
            Path.of("/x"),
            Pattern.compile("a+"),
            new Date(0),
            new AtomicInteger(3),
            List.of(1).iterator(),
            Thread.class,
            new IllegalStateException("broken")));
    all.put("times", times());
    all.put("time keys", timeKeys());
    all.put("record with times", new Times(Instant.EPOCH, zoned(), Optional.of(date()), empty()));
    all.put("optionals", optionals());
    all.put("long text", new Wrapper<>("x".repeat(LONG), "1"));
    return all;
  }

  /** What annotations say of times, for which the modules are needed. */
  public static Map<String, Object> formatted() {
    return Map.of("formatted", new Formatted(date(), Duration.ofSeconds(90)));
  }

  private static List<Object> times() {
    return list(
        Instant.EPOCH,
        Instant.ofEpochSecond(1, 500_000_000),
        date(),
        LocalTime.NOON,
        LocalTime.of(1, 2, 3, 4),
        LocalDateTime.of(2024, 1, 2, 3, 0),
        OffsetDateTime.of(2024, 1, 2, 3, 0, 0, 0, ZoneOffset.UTC),
        OffsetTime.of(3, 0, 0, 0, ZoneOffset.ofHours(2)),
        zoned(),
        Duration.ofMillis(1_500),
        Period.ofDays(3),
        Year.of(2024),
        YearMonth.of(2024, 2),
        MonthDay.of(2, 3),
        Month.MAY,
        DayOfWeek.MONDAY,
        ZoneId.of("Europe/Paris"),
        ZoneOffset.ofHours(1));
  }

  private static Map<Object, Object> timeKeys() {
    Map<Object, Object> keys = new LinkedHashMap<>();
    times().forEach(time -> keys.put(time, time));
    return keys;
  }

  private static List<Object> optionals() {
    return list(
        Optional.of("text"),
        Optional.of(Map.of("time", Instant.EPOCH)),
        Optional.of(Optional.of(new Point(1, 2))),
        Optional.empty(),
        OptionalInt.of(1),
        OptionalLong.of(1L << 60),
        OptionalDouble.of(1.5),
        empty());
  }

  private static LocalDate date() {
    return LocalDate.of(2024, 1, 2);
  }

  private static ZonedDateTime zoned() {
    return ZonedDateTime.of(2024, 1, 2, 3, 0, 0, 0, ZoneId.of("Europe/Paris"));
  }

  private static OptionalInt empty() {
    return OptionalInt.empty();
  }

  private static Map<String, Object> sorted() {
    return new TreeMap<>(Map.of("b", List.of(1, "x"), "a", Map.of("c", new Point(1, 2))));
  }

  private static Map<Color, Integer> enums() {
    return new EnumMap<>(Map.of(Color.RED, 1));
  }

  private static JsonNode tree(int depth) {
    JsonNode tree = JsonNodeFactory.instance.objectNode().put("n", new BigDecimal("1.10"));
    for (int i = 0; i < depth; i++) {
      tree = JsonNodeFactory.instance.objectNode().put("a", 1).set("b", tree);
    }
    return tree;
  }

  private static Object deep() {
    List<Object> deep = new ArrayList<>(List.of(new Point(1, 2)));
    for (int i = 0; i < DEEP; i++) {
      deep = new ArrayList<>(List.of(deep));
    }
    return deep;
  }

  private static List<Object> list(Object... values) {
    return Arrays.asList(values);
  }
}
