package com.langfuse.sdk.junit5;

import static com.langfuse.sdk.ObservationType.TOOL;
import static com.langfuse.sdk.local.assertion.LangfuseAssertions.span;
import static com.langfuse.sdk.local.assertion.LangfuseAssertions.tool;

import com.langfuse.sdk.Langfuse;
import com.langfuse.sdk.Observation;
import com.langfuse.sdk.local.Fault;
import com.langfuse.sdk.local.LocalLangfuse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Test classes that LangfuseExtensionTest runs; some of them are meant to fail. */
final class Specimens {

  private static void trace(Langfuse client) {
    client.observation("request").run(request -> request.observation("fetch", TOOL).start().end());
  }

  static final class Strict {
    @RegisterExtension
    static final LangfuseExtension langfuse = LangfuseExtension.create().strict();

    @Test
    void asserted() {
      trace(langfuse.client());
      langfuse.trace("request").hasTree(span("request", tool("fetch")));
    }

    @Test
    void nobodyTookIt() {
      trace(langfuse.client());
    }

    @Test
    void leftOpen() {
      langfuse.client().observation("forgotten", TOOL).start();
    }

    @Test
    void failsByItself() {
      langfuse.client().observation("forgotten", TOOL).start();
      throw new IllegalStateException("the test's own");
    }
  }

  static final class Bare {
    @RegisterExtension
    static final LangfuseExtension langfuse = LangfuseExtension.create().strict();

    @BeforeEach
    void before() {
      Langfuse.current().observation("before").start().end();
    }

    @Test
    void ofTheContext() {
      Langfuse.current().observation("test").start().end();
    }

    @AfterEach
    void after() {
      langfuse.trace("before").hasTree(span("before"));
      langfuse.trace("test").hasTree(span("test"));
      if (langfuse.client() != Langfuse.current()) {
        throw new AssertionError("not the current one");
      }
    }
  }

  static final class Lenient {
    @RegisterExtension static final LangfuseExtension langfuse = LangfuseExtension.create();

    @Test
    void nobodyTookIt() {
      trace(langfuse.client());
      langfuse.client().observation("forgotten", TOOL).start();
    }

    @Test
    void wrongTree() {
      trace(langfuse.client());
      langfuse.trace("request").hasTree(span("request", tool("search")));
    }
  }

  /** What is traced around a test belongs to it. */
  static final class Around {
    @RegisterExtension
    static final LangfuseExtension langfuse = LangfuseExtension.create().strict();

    @BeforeEach
    void before() {
      trace(langfuse.client());
    }

    @Test
    void test() {}

    @AfterEach
    void after() {
      langfuse.assertThat().trace("request").hasTree(span("request").andOthers());
    }
  }

  /** The second test begins while an observation of the first is open, and Langfuse is broken. */
  @TestMethodOrder(MethodOrderer.OrderAnnotation.class)
  static final class Leftovers {
    @RegisterExtension
    static final LangfuseExtension langfuse = LangfuseExtension.create().strict();

    private static final List<Observation> open = new ArrayList<>();

    @Test
    @Order(1)
    void leavesMuch() {
      langfuse.local().always(Fault.status(503));
      trace(langfuse.client());
      open.add(langfuse.client().observation("late", TOOL).start());
    }

    @Test
    @Order(2)
    void isNotBothered() {
      open.remove(0).end();
      trace(langfuse.client());
      langfuse.trace("request").hasTree(span("request", tool("fetch")));
    }
  }

  static final class Nesting {
    @RegisterExtension static final LangfuseExtension langfuse = LangfuseExtension.create();

    static final List<LocalLangfuse> seen = new ArrayList<>();

    @Test
    void outside() {
      seen.add(langfuse.local());
    }

    @Nested
    final class Inside {
      @Test
      void inside() {
        seen.add(langfuse.local());
        trace(langfuse.client());
        langfuse.trace("request").hasTree(span("request", tool("fetch")));
      }
    }

    @Nested
    final class Deeper {
      @Test
      void deeper(Langfuse client) {
        seen.add(langfuse.local());
        trace(client);
        langfuse.trace("request").hasTree(span("request", tool("fetch")));
      }
    }

    @AfterAll
    static void stillThere() {
      trace(langfuse.client());
      langfuse.trace("request").hasTree(span("request", tool("fetch")));
    }
  }

  /** A field that is not static: each test has one of its own. */
  static final class Instances {
    @RegisterExtension final LangfuseExtension langfuse = LangfuseExtension.create().strict();

    static final List<LocalLangfuse> seen = new ArrayList<>();

    @Test
    void one() {
      seen.add(langfuse.local());
    }

    @Test
    void two() {
      seen.add(langfuse.local());
      trace(langfuse.client());
      langfuse.trace("request").hasTree(span("request", tool("fetch")));
    }
  }

  @ExtendWith(LangfuseExtension.class)
  static final class Extended {
    @Test
    void parameters(Langfuse client, LocalLangfuse local) {
      trace(client);
      client.flush();
      local.traces().get(0).observation("fetch");
    }

    @Test
    void otherParametersAreNotOurs(String text) {}
  }

  static final class Configured {
    @RegisterExtension
    static final LangfuseExtension langfuse =
        LangfuseExtension.create().configure(builder -> builder.environment("staging"));

    @Test
    void test() {
      trace(langfuse.client());
      langfuse.trace("request").hasEnvironment("staging");
    }
  }

  private Specimens() {}
}
