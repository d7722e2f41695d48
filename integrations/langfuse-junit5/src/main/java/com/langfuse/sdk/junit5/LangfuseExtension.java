package com.langfuse.sdk.junit5;

import com.langfuse.sdk.Langfuse;
import com.langfuse.sdk.LangfuseBuilder;
import com.langfuse.sdk.local.LocalLangfuse;
import com.langfuse.sdk.local.assertion.LangfuseAssert;
import com.langfuse.sdk.local.assertion.TraceAssert;
import io.opentelemetry.context.Scope;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * A Langfuse on loopback and a client that sends to it: started when they are first asked for,
 * empty at the start of each test, closed after the class.
 *
 * <pre>{@code
 * class ChatTest {
 *   @RegisterExtension static final LangfuseExtension langfuse = LangfuseExtension.create().strict();
 *
 *   @Test
 *   void aRequestIsOneTrace() {
 *     new Chat(langfuse.client()).answer("Why?");
 *     langfuse.trace("user-request")
 *         .hasTree(span("user-request", generation("llm").model("gpt-4o"), tool("fetch")));
 *   }
 * }
 * }</pre>
 *
 * <p>Test methods, constructors and the like may also have parameters of type {@link Langfuse} and
 * {@link LocalLangfuse}; for these alone {@code @ExtendWith(LangfuseExtension.class)} is enough. In
 * a static field it serves the class and those nested in it, in another field a single test.
 *
 * <p>On the thread of a test, from its {@code @BeforeEach} to its {@code @AfterEach} methods, the
 * client is also {@link Langfuse#current}. It is not the process default, which classes that run in
 * parallel would share: {@code configure(builder -> builder.processDefault(true))} makes it that.
 *
 * <p>Threadsafe. But tests of one class that run in parallel share it, and each one forgets at its
 * start what the others have traced so far: keep such a class at
 * {@code @Execution(ExecutionMode.SAME_THREAD)}. Classes that run in parallel do not meet, unless
 * they inherit the field: a static one of a base class is shared by all its subclasses.
 */
public final class LangfuseExtension
    implements BeforeAllCallback,
        AfterAllCallback,
        BeforeEachCallback,
        AfterEachCallback,
        ParameterResolver {

  private Consumer<LangfuseBuilder> configuration = builder -> {};
  private boolean strict;

  /** How many classes, nested ones included, are using it. Guarded by this, like the next. */
  private int classes;

  private @Nullable TracedClient running;

  /** For {@code @ExtendWith}; else see {@link #create}. */
  public LangfuseExtension() {}

  /** For a field with {@code @RegisterExtension}. */
  public static LangfuseExtension create() {
    return new LangfuseExtension();
  }

  /**
   * Fails a test that leaves an observation open, or that traces what none of its trees has
   * covered. Silent where the test has failed already.
   */
  public LangfuseExtension strict() {
    strict = true;
    return this;
  }

  /**
   * Says more about the client, such as a mask. Said before it is first asked for.
   *
   * @param configuration called last, so it may overrule everything
   */
  public LangfuseExtension configure(Consumer<LangfuseBuilder> configuration) {
    this.configuration = Objects.requireNonNull(configuration, "configuration");
    return this;
  }

  /** The client, for the code under test. Leave it open: the extension closes it. */
  public Langfuse client() {
    return running().client();
  }

  /** What the client sends to; others may, too. */
  public LocalLangfuse local() {
    return running().local();
  }

  /** Begins assertions on all that this test traces. */
  public LangfuseAssert assertThat() {
    return running().traced();
  }

  /** Begins an assertion on one trace of this test. */
  public TraceAssert trace(String name) {
    return assertThat().trace(name);
  }

  @Override
  public synchronized void beforeAll(ExtensionContext context) {
    classes++;
  }

  @Override
  @SuppressWarnings("MustBeClosedChecker") // closed after the test, on the same thread
  public void beforeEach(ExtensionContext context) {
    TracedClient traced = running();
    traced.forget();
    store(context).put(Scope.class, traced.client().propagate().makeCurrent());
  }

  @Override
  public void afterEach(ExtensionContext context) {
    Scope scope = store(context).remove(Scope.class, Scope.class);
    if (scope != null) {
      scope.close();
    }
    try {
      if (strict && context.getExecutionException().isEmpty()) {
        assertThat().hasNothingElse();
      }
    } finally {
      closeIfUnused();
    }
  }

  private Store store(ExtensionContext context) {
    return context.getStore(Namespace.create(LangfuseExtension.class, this));
  }

  @Override
  public synchronized void afterAll(ExtensionContext context) {
    classes--;
    closeIfUnused();
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type == Langfuse.class || type == LocalLangfuse.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Langfuse.class ? client() : local();
  }

  private synchronized TracedClient running() {
    TracedClient found = running;
    if (found == null) {
      found = new TracedClient(configuration);
      running = found;
    }
    return found;
  }

  private synchronized void closeIfUnused() {
    if (classes == 0 && running != null) {
      running.close();
      running = null;
    }
  }
}
