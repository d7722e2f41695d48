package com.langfuse.sdk.local;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What was typed into the search: {@code user:u-1 level:error "lamp oil"}. All of it must be true
 * of a trace; words may be anywhere in it. Upper and lower case are the same.
 */
final class ViewQuery {

  /** {@code key:value}, {@code key:"a value"}, {@code "some words"} or a word. */
  private static final Pattern TERM =
      Pattern.compile("(?:(user|session|tag|env|level|type|id):)?(?:\"([^\"]*)\"?|(\\S+))");

  private static final List<String> LEVELS =
      List.of(Level.DEBUG, Level.DEFAULT, Level.WARNING, Level.ERROR);

  private static final int SHORTEST_ID = 8;

  private final List<Predicate<TraceSummary>> conditions = new ArrayList<>();
  private final List<String> words = new ArrayList<>();

  private ViewQuery() {}

  static ViewQuery parse(@Nullable String text) {
    ViewQuery query = new ViewQuery();
    Matcher terms = TERM.matcher(Objects.requireNonNullElse(text, "").toLowerCase(Locale.ROOT));
    while (terms.find()) {
      String value = terms.group(2) != null ? terms.group(2) : terms.group(3);
      if (terms.group(1) != null) {
        query.conditions.add(condition(terms.group(1), value));
      } else if (!value.isEmpty()) {
        query.words.add(value);
      }
    }
    return query;
  }

  private static Predicate<TraceSummary> condition(String key, String value) {
    return switch (key) {
      case "user" -> trace -> isSame(value, trace.userId());
      case "session" -> trace -> isSame(value, trace.sessionId());
      case "env" -> trace -> value.equalsIgnoreCase(trace.environment());
      case "tag" -> trace -> trace.tags().stream().anyMatch(tag -> isSame(value, tag));
      case "type" -> trace -> trace.types().stream().anyMatch(value::equalsIgnoreCase);
      case "level" -> trace -> rank(trace.level()) >= rank(value);
      default -> trace -> trace.id().startsWith(value);
    };
  }

  /** Between quotes there can be no quote, so it makes no difference. */
  private static boolean isSame(String value, @Nullable String text) {
    return text != null && value.replace("\"", "").equalsIgnoreCase(text.replace("\"", ""));
  }

  /** How bad it is; of something that is no level, worse than everything. */
  private static int rank(String level) {
    int rank = LEVELS.indexOf(level.toUpperCase(Locale.ROOT));
    return rank < 0 ? LEVELS.size() : rank;
  }

  /**
   * @param details the whole trace, asked for only if the summary does not say enough
   */
  boolean matches(TraceSummary trace, Supplier<Optional<LocalTrace>> details) {
    if (!conditions.stream().allMatch(each -> each.test(trace))) {
      return false;
    }
    List<String> sought = words.stream().filter(word -> !isIn(trace, word)).toList();
    if (sought.isEmpty()) {
      return true;
    }
    List<LocalObservation> all = details.get().map(LocalTrace::observations).orElseGet(List::of);
    return sought.stream().allMatch(word -> all.stream().anyMatch(each -> isIn(each, word)));
  }

  private static boolean isIn(TraceSummary trace, String word) {
    return isId(trace.id(), word)
        || Stream.concat(
                Stream.of(trace.name(), trace.userId(), trace.sessionId()), trace.tags().stream())
            .anyMatch(text -> contains(text, word));
  }

  private static boolean isIn(LocalObservation each, String word) {
    return isId(each.id(), word)
        || Stream.of(each.name(), each.model(), each.statusMessage(), each.input(), each.output())
            .anyMatch(text -> contains(text, word))
        || each.metadata().values().stream().anyMatch(text -> contains(text, word));
  }

  /** Nobody who looks for 4321 means the ids in which it happens to be. */
  private static boolean isId(String id, String word) {
    return word.length() >= SHORTEST_ID && id.startsWith(word);
  }

  private static boolean contains(@Nullable String text, String word) {
    return text != null && text.toLowerCase(Locale.ROOT).contains(word);
  }
}
