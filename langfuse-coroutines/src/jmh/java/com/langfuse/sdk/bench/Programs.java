package com.langfuse.sdk.bench;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Runs what is no matter of nanoseconds: programs that end with a row of a table, each in a JVM of
 * its own. Takes a folder for the results and the pattern of the benchmarks; the programs whose
 * names it finds are run.
 */
public final class Programs {

  private static final List<String> BOTH = List.of("langfuse", "opentelemetry");

  private final Path results;
  private final Sink sink;
  private final StringBuilder tables = new StringBuilder();

  private Programs(Path results, Sink sink) {
    this.results = results;
    this.sink = sink;
  }

  private interface Program {
    void run() throws IOException, InterruptedException;
  }

  public static void main(String[] args) throws Exception {
    Path results = Path.of(args[0]);
    Pattern wanted = Pattern.compile(args[1]);
    try (Sink sink = Sink.start()) {
      Programs programs = new Programs(results, sink);
      programs.run(wanted, "EndToEnd", programs::endToEnd);
      programs.run(wanted, "Growth", programs::growth);
      programs.run(wanted, "Memory", programs::memory);
      programs.run(wanted, "StartUp", programs::startUp);
      programs.run(wanted, "ClassPath", programs::classPath);
      Files.writeString(results.resolve("programs.md"), programs.tables);
    }
  }

  private void run(Pattern wanted, String name, Program program)
      throws IOException, InterruptedException {
    if (wanted.matcher(name).find()) {
      program.run();
    } else {
      System.out.println("No program: " + name + " is not what " + wanted + " asks for.");
    }
  }

  private void endToEnd() throws IOException, InterruptedException {
    int count = Integer.getInteger("langfuse.bench.count", 200_000);
    heading("EndToEnd", EndToEnd.COLUMNS);
    for (String pipeline : BOTH) {
      for (String packing : List.of("plain", "gzip")) {
        String row =
            Jvm.output(Jvm.HEAP, EndToEnd.class, sink.url(), pipeline, packing, "" + count);
        row(pipeline + ", " + packing, row);
      }
    }
    String javaScript = new JavaScript(results).endToEnd(sink, count);
    if (javaScript != null) {
      row("langfuse for JavaScript, plain", javaScript);
    }
  }

  private void growth() throws IOException, InterruptedException {
    heading("Growth", EndToEnd.COLUMNS);
    for (int count = 10_000; count <= 1_000_000; count *= 10) {
      String row =
          Jvm.output(Jvm.HEAP, EndToEnd.class, sink.url(), "langfuse", "plain", "" + count);
      row(String.format(Locale.ROOT, "%,d", count), row);
    }
  }

  private void memory() throws IOException, InterruptedException {
    heading("Memory", Memory.COLUMNS);
    for (String pipeline : BOTH) {
      row(
          pipeline + ", open",
          Jvm.output(Jvm.HEAP, Memory.class, sink.url(), pipeline, "open", "100000"));
      // As many as the queue takes before it is too much to wait.
      row(
          pipeline + ", queued",
          Jvm.output(Jvm.HEAP, Memory.class, sink.url(), pipeline, "queued", "8000"));
    }
  }

  private void startUp() throws IOException, InterruptedException {
    heading("StartUp", StartUp.COLUMNS);
    for (String pipeline : BOTH) {
      List<Double> times = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        String before = Long.toString(sink.spans());
        times.add(
            Double.valueOf(Jvm.output(List.of(), StartUp.class, sink.url(), pipeline, before)));
      }
      row(pipeline, times.stream().sorted().toList().get(times.size() / 2).toString());
    }
  }

  /** What a user's class path gets longer by. */
  private void classPath() throws IOException {
    String all = Files.readString(results.resolve("runtime-class-path.txt")).strip();
    List<Path> jars = new ArrayList<>();
    for (String jar : all.split(File.pathSeparator)) {
      jars.add(Path.of(jar));
    }
    heading("ClassPath", "jars | KB");
    row("langfuse-java", size(jars.stream().filter(jar -> !isOfKotlin(jar)).toList()));
    try (var ours = Files.newDirectoryStream(results, "langfuse-coroutines-*.jar")) {
      jars.add(ours.iterator().next());
    }
    row("langfuse-coroutines", size(jars));
  }

  private static boolean isOfKotlin(Path jar) {
    String name = jar.getFileName().toString();
    return name.contains("kotlin") || name.startsWith("annotations-");
  }

  private static String size(List<Path> jars) throws IOException {
    long bytes = 0;
    for (Path jar : jars) {
      bytes += Files.size(jar);
    }
    return String.format(Locale.ROOT, "%d | %,d", jars.size(), bytes / 1024);
  }

  private void heading(String name, String columns) {
    int numbers = columns.split("\\|").length;
    line("");
    line("| " + name + " | " + columns + " |");
    line("|---|" + "---:|".repeat(numbers));
  }

  private void row(String name, String numbers) {
    line("| " + name + " | " + numbers + " |");
  }

  private void line(String text) {
    System.out.println(text);
    tables.append(text).append('\n');
  }
}
