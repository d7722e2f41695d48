package com.langfuse.sdk.local.assertion;

import com.langfuse.sdk.local.LocalTrace;
import java.util.List;

/** Something a trace should be. */
interface Expectation {

  /** Holds this trace against it. */
  Finding in(LocalTrace trace);

  /** How far a trace is from it. */
  interface Finding {

    /** 0 when it fits; of two traces the one with less is more alike. */
    long cost();

    /** A sentence for each difference; none when it fits. */
    List<String> differences();

    /** What to show below the sentences; empty for nothing. */
    String drawing();
  }

  /** One field of the trace itself. */
  record OfField(Field<LocalTrace> field) implements Expectation {

    @Override
    public Finding in(LocalTrace trace) {
      boolean fits = field.fits(trace);
      return new Finding() {
        @Override
        public long cost() {
          return fits ? 0 : 1;
        }

        @Override
        public List<String> differences() {
          return fits ? List.of() : List.of("trace: " + field.complaint(trace));
        }

        @Override
        public String drawing() {
          return "";
        }
      };
    }
  }

  /** All its observations. */
  record OfTree(List<ExpectedObservation> roots) implements Expectation {

    @Override
    public Finding in(LocalTrace trace) {
      return TreeComparison.of(roots, trace);
    }
  }
}
