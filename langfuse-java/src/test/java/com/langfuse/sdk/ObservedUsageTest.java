package com.langfuse.sdk;

import static com.langfuse.sdk.ObservationType.GENERATION;
import static com.langfuse.sdk.ObservationType.RETRIEVER;
import static com.langfuse.sdk.ObservationType.SPAN;
import static com.langfuse.sdk.ObservationType.TOOL;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.langfuse.sdk.local.LocalLangfuse;
import com.langfuse.sdk.local.LocalObservation;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Wrapped functions as a Java caller writes them: that it compiles is half of the test. */
class ObservedUsageTest {

  record Doc(String title, String text) {}

  private final LocalLangfuse local = LocalLangfuse.start();
  private final Langfuse langfuse =
      new LangfuseBuilder(variable -> null)
          .publicKey(local.publicKey())
          .secretKey(local.secretKey())
          .baseUrl(local.baseUrl().toString())
          .flushOnExit(false)
          .build();

  @AfterEach
  void close() {
    langfuse.close();
    local.close();
  }

  @Test
  void methodReferencesBecomeTheFunctionsTheyAre() throws Exception {
    Function<String, Doc> fetch = langfuse.observed("fetch", RETRIEVER).function(this::fetch);
    Supplier<String> greet = langfuse.observed("greet", SPAN).supplier(this::greet);
    BiFunction<String, Integer, List<Doc>> search =
        langfuse
            .observed("search", RETRIEVER)
            .inputNames("query", "limit")
            .biFunction(this::search);
    Callable<String> read = langfuse.observed("read", TOOL).callable(this::read);
    Runnable tidy = langfuse.observed("tidy", TOOL).runnable(this::tidy);
    Consumer<Doc> store =
        langfuse.observed("store", TOOL).captureInput(false).consumer(this::store);

    assertEquals("t", fetch.apply("t").title());
    assertEquals("hello", greet.get());
    assertEquals(2, search.apply("q", 2).size());
    assertEquals("content", read.call());
    tidy.run();
    store.accept(fetch("t"));

    List<LocalObservation> arrived = arrived();
    assertEquals(6, arrived.size());
    assertEquals("{\"title\":\"t\",\"text\":\"…\"}", arrived.get(0).output());
    assertEquals("{\"query\":\"q\",\"limit\":2}", arrived.get(2).input());
  }

  @Test
  void checkedExceptionsKeepTheirType() {
    Observed<Observation> observed = langfuse.observed("open", TOOL);
    Observed.Fn1<String, String, FileNotFoundException> open = observed.fn(this::open);
    FileNotFoundException thrown =
        assertThrows(FileNotFoundException.class, () -> open.apply("missing"));
    assertEquals("missing", thrown.getMessage());
    // Inferred, and known to the compiler: a catch of what is not thrown would not compile.
    try {
      observed.fn(this::open).apply("missing");
    } catch (FileNotFoundException expected) {
      assertEquals("missing", expected.getMessage());
    }
    assertEquals(
        List.of("ERROR", "ERROR"), arrived().stream().map(LocalObservation::level).toList());
  }

  @Test
  void functionsWithoutCheckedExceptionsNeedNoCatch() throws IOException {
    Observed<Observation> observed = langfuse.observed("f", SPAN);
    assertEquals("hello", observed.fn(this::greet).apply());
    assertEquals(3, observed.fn(String::length).apply("abc"));
    assertEquals(1, observed.fn(this::search).apply("q", 1).size());
    var lambda = observed.fn((String a, Integer b, Boolean c) -> a + b + c);
    assertEquals("a1true", lambda.apply("a", 1, true));
    assertEquals(10, observed.fn(ObservedUsageTest::sum).apply(1, 2, 3, 4));
    Function<String, Doc> again = observed.fn(this::fetch)::apply;
    assertEquals("t", again.apply("t").title());
    // A block with a checked exception of its own.
    Observed.Fn0<String, IOException> block =
        observed.fn(
            () -> {
              if (local.observations().size() > 1_000) {
                throw new IOException();
              }
              return "block";
            });
    assertEquals("block", block.apply());
    assertEquals(
        List.of("null", "abc", "[\"q\",1]", "[\"a\",1,true]", "[1,2,3,4]", "t", "null"),
        arrived().stream().map(o -> String.valueOf(o.input())).toList());
  }

  @Test
  void resultsThatAreStillRunningKeepTheirDeclaredType() {
    Function<String, CompletableFuture<Doc>> future =
        langfuse
            .observed("future", RETRIEVER)
            .function(query -> CompletableFuture.supplyAsync(() -> fetch(query)));
    Function<String, CompletionStage<Doc>> stage =
        langfuse
            .observed("stage", RETRIEVER)
            .function(query -> CompletableFuture.supplyAsync(() -> fetch(query)));
    Function<String, Stream<String>> stream =
        langfuse.observed("stream", GENERATION).function(prompt -> Stream.of("Hel", "lo"));
    Function<String, Iterator<String>> iterator =
        langfuse
            .observed("iterator", GENERATION)
            .function(prompt -> List.of("Hel", "lo").iterator());
    Function<String, Iterable<String>> iterable =
        langfuse
            .observed("iterable", GENERATION)
            .function(prompt -> () -> List.of("Hel", "lo").iterator());
    Function<String, Flow.Publisher<String>> publisher =
        langfuse.observed("publisher", GENERATION).function(prompt -> this::publishHello);

    assertEquals("q", future.apply("q").join().title());
    assertEquals("q", stage.apply("q").toCompletableFuture().join().title());
    try (Stream<String> tokens = stream.apply("p")) {
      assertEquals("Hello", tokens.collect(Collectors.joining()));
    }
    iterator.apply("p").forEachRemaining(Objects::requireNonNull);
    for (String token : iterable.apply("p")) {
      Objects.requireNonNull(token);
    }
    List<String> heard = new ArrayList<>();
    publisher.apply("p").subscribe(new Listener(heard));
    assertEquals(List.of("Hel", "lo"), heard);

    List<LocalObservation> arrived = arrived();
    assertEquals(6, arrived.size());
    arrived.stream()
        .filter(observation -> observation.type().equals("GENERATION"))
        .forEach(observation -> assertEquals("Hello", observation.output()));
  }

  @Test
  void aTypeOfYourOwnComesBackAsItself() {
    Supplier<Pages> pages =
        langfuse.observed("pages", RETRIEVER).returns(Pages.class).supplier(Pages::new);
    assertSame(Pages.class, pages.get().getClass());
    Supplier<Iterator<String>> followed =
        langfuse.observed("pages", RETRIEVER).returns(Iterator.class).supplier(Pages::new);
    followed.get().forEachRemaining(page -> {});
    assertEquals("page", arrived().get(1).output());
  }

  @Test
  void callbacksAreRecordedByHand() {
    Generation chat = langfuse.observation("chat", GENERATION).model("gpt-4o").start();
    StreamRecorder recorder = StreamRecorder.on(chat);
    List.of("Hel", "lo").forEach(recorder::accept);
    recorder.usage(Usage.of(12, 34));
    recorder.complete();
    assertEquals("Hello", arrived().get(0).output());
  }

  private List<LocalObservation> arrived() {
    langfuse.flush(Duration.ofMinutes(2));
    return local.observations();
  }

  private Doc fetch(String title) {
    return new Doc(title, "…");
  }

  private String greet() {
    return "hello";
  }

  private List<Doc> search(String query, int limit) {
    return Stream.generate(() -> fetch(query)).limit(limit).toList();
  }

  private String read() throws IOException {
    return "content";
  }

  private String open(String path) throws FileNotFoundException {
    throw new FileNotFoundException(path);
  }

  private void tidy() {}

  private void store(Doc doc) {
    Objects.requireNonNull(doc);
  }

  private static int sum(int a, int b, int c, int d) {
    return a + b + c + d;
  }

  private void publishHello(Flow.Subscriber<? super String> subscriber) {
    subscriber.onSubscribe(
        new Flow.Subscription() {
          @Override
          public void request(long items) {
            subscriber.onNext("Hel");
            subscriber.onNext("lo");
            subscriber.onComplete();
          }

          @Override
          public void cancel() {}
        });
  }

  /** An iterator that a function may be declared to return. */
  static final class Pages implements Iterator<String> {
    private boolean read;

    @Override
    public boolean hasNext() {
      return !read;
    }

    @Override
    public String next() {
      read = true;
      return "page";
    }
  }

  private record Listener(List<String> heard) implements Flow.Subscriber<String> {
    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(String item) {
      heard.add(item);
    }

    @Override
    public void onError(Throwable thrown) {}

    @Override
    public void onComplete() {}
  }
}
