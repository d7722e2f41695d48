package com.langfuse.sdk.bench;

import static com.langfuse.sdk.ObservationType.RETRIEVER;

import java.util.function.Function;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.infra.Blackhole;

/** An observed function from text to text; argument and result are recorded. */
@OperationsPerInvocation(PerObservation.BURST)
public class FunctionBenchmark extends PerObservation {

  private static final String QUESTION = "Who counted the ships?";

  @Benchmark
  public void byHand(ByHand hand, Blackhole hole) {
    hand.burst(
        BURST,
        () ->
            hand.block(
                "retriever",
                span -> {
                  span.setAttribute(ByHand.INPUT, QUESTION);
                  String found = find(QUESTION);
                  span.setAttribute(ByHand.OUTPUT, found);
                  hole.consume(found);
                }));
  }

  @Benchmark
  public void function(OurClient client, Blackhole hole) {
    Function<String, String> find =
        client.langfuse().observed("find", RETRIEVER).function(FunctionBenchmark::find);
    client.burst(BURST, () -> hole.consume(find.apply(QUESTION)));
  }

  private static String find(String question) {
    return "The lighthouse keeper.";
  }
}
