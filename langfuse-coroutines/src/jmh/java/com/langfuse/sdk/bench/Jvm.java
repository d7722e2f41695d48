package com.langfuse.sdk.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Other JVMs on this one's class path: what runs first in one does not spoil what runs next. */
final class Jvm {

  /**
   * The same for all; not so small that the collector decides. Touched beforehand, for the first
   * touch of a page may cost more than what is measured.
   */
  static final List<String> HEAP =
      List.of("-Xms1g", "-Xmx1g", "-XX:+AlwaysPreTouch", "-XX:+UseG1GC");

  private Jvm() {}

  static ProcessBuilder command(List<String> options, Class<?> program, String... args) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
    command.addAll(List.of(args));
    return new ProcessBuilder(command);
  }

  /** What it prints; its failure is ours. */
  static String output(List<String> options, Class<?> program, String... args)
      throws IOException, InterruptedException {
    return output(command(options, program, args));
  }

  static String output(ProcessBuilder command) throws IOException, InterruptedException {
    Process process = command.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes()).strip();
    int status = process.waitFor();
    if (status != 0) {
      throw new IllegalStateException(
          String.join(" ", command.command()) + "\nended with " + status + "\n" + output);
    }
    return output;
  }
}
