package com.langfuse.sdk.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.NoBenchmarksException;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Runs the benchmarks of JMH: a folder for the results, a pattern, and what else JMH is to know.
 */
public final class Benchmarks {

  private Benchmarks() {}

  public static void main(String[] args) throws Exception {
    Path results = Path.of(args[0], "benchmarks.json");
    String[] options = Arrays.copyOfRange(args, 2, args.length);
    try (Sink sink = Sink.start()) {
      new Runner(
              new OptionsBuilder()
                  .parent(new CommandLineOptions(options))
                  .include(args[1])
                  .addProfiler(GCProfiler.class)
                  .addProfiler(CallerCost.class)
                  .jvmArgsAppend(
                      Stream.concat(
                              Jvm.HEAP.stream(), Stream.of("-D" + Sink.PROPERTY + "=" + sink.url()))
                          .toArray(String[]::new))
                  .resultFormat(ResultFormatType.JSON)
                  .result(results.toString())
                  .shouldFailOnError(true)
                  .build())
          .run();
    } catch (NoBenchmarksException e) {
      System.out.println("No benchmark of JMH matches " + args[1]);
      return;
    }
    Path table = results.resolveSibling("benchmarks.md");
    Files.writeString(table, Ratios.table(results));
    System.out.println(Files.readString(table) + "\n" + table);
  }
}
