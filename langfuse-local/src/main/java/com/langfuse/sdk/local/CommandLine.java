package com.langfuse.sdk.local;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * The program: says where it listens, then shows what arrives.
 *
 * @param port 0 for any free one
 */
record CommandLine(int port, boolean help) {

  static final String USAGE =
      """
      Usage: langfuse-local [--port N]

        --port N   listen on this port of 127.0.0.1; any free one if absent or 0
        --help     show this text
      """;

  private static final Duration MOMENT = Duration.ofMillis(700);
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int LAST_PORT = 65_535;

  /**
   * Takes {@code --port N} and {@code --port=N}.
   *
   * @throws IllegalArgumentException for anything else, with a message for the user
   */
  static CommandLine parse(String... args) {
    int port = 0;
    for (int i = 0; i < args.length; i++) {
      String arg = args[i];
      if (arg.equals("--help") || arg.equals("-h")) {
        return new CommandLine(port, true);
      } else if (arg.startsWith("--port=")) {
        port = port(arg.substring("--port=".length()));
      } else if (arg.equals("--port") && i + 1 < args.length) {
        i++;
        port = port(args[i]);
      } else {
        throw new IllegalArgumentException(
            arg.equals("--port") ? "--port needs a number" : "Unknown argument: " + arg);
      }
    }
    return new CommandLine(port, false);
  }

  private static int port(String text) {
    try {
      int port = Integer.parseInt(text);
      if (port >= 0 && port <= LAST_PORT) {
        return port;
      }
    } catch (NumberFormatException notANumber) {
      // Reported below, like a number that is no port.
    }
    throw new IllegalArgumentException("--port needs a number from 0 to 65535, not " + text);
  }

  /** What to paste into a shell, for SDKs of Langfuse and for any exporter of OpenTelemetry. */
  static List<String> environment(LocalLangfuse langfuse) {
    String authorization = Api.basic(langfuse.publicKey(), langfuse.secretKey());
    return List.of(
        "export LANGFUSE_BASE_URL=" + langfuse.baseUrl(),
        "export LANGFUSE_HOST=" + langfuse.baseUrl(),
        "export LANGFUSE_PUBLIC_KEY=" + langfuse.publicKey(),
        "export LANGFUSE_SECRET_KEY=" + langfuse.secretKey(),
        "export OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/protobuf",
        "export OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=" + langfuse.baseUrl() + TraceExport.PATH,
        "export OTEL_EXPORTER_OTLP_TRACES_HEADERS=Authorization="
            + authorization.replace(" ", "%20").replace("=", "%3D"));
  }

  /** Runs until the process is killed, or just shows the usage. */
  void run() {
    if (help) {
      System.out.print(USAGE);
      return;
    }
    // Branches and arrows are no ASCII, whatever the locale claims about the terminal.
    PrintStream out =
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    TraceTree tree = new TraceTree(true, Palette.ofStandardOutput());
    try (LocalLangfuse langfuse = LocalLangfuse.builder().port(port).start();
        TracePrinter printer =
            langfuse.print(tree, text -> out.println(text + "\n"), MOMENT, PATIENCE)) {
      out.println("Langfuse on this machine: " + langfuse.baseUrl() + "\n");
      environment(langfuse).forEach(line -> out.println("  " + line));
      out.println("\nTraces are printed here when they are complete. Ctrl-C ends.\n");
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
