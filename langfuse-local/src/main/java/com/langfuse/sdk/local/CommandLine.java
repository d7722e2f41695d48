package com.langfuse.sdk.local;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The program: says where it listens, then shows what arrives.
 *
 * @param options by name, such as {@code --port}; those without a value are empty
 */
record CommandLine(Map<String, String> options) {

  static final String USAGE =
      """
      Usage: langfuse-local [--port N] [--open] [--follow] [--data DIR]
             langfuse-local --data DIR --send-to URL

        --port N      listen on this port; 4117, or any free one, if absent
        --open        open the page in your browser
        --follow      print each observation the moment it arrives, besides whole traces
        --data DIR    keep in this folder what arrives, and begin with what is there
        --host ADDR   listen where others can reach it, such as 0.0.0.0; needs --keys
        --allow-host NAME[,NAME]
                      also answer to these host names, such as that of a tunnel
        --keys P:S    the public and the secret key to let in; pk-lf-local:sk-lf-local if absent
        --send-to URL send what the folder keeps to a Langfuse, whose keys are in
                      LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY, and end
        --help        show this text
      """;

  private static final Set<String> WITH_VALUE =
      Set.of("--port", "--data", "--host", "--allow-host", "--keys", "--send-to");
  private static final Set<String> WITHOUT = Set.of("--open", "--follow", "--help");
  private static final int USUAL_PORT = 4117;
  private static final int LAST_PORT = 65_535;
  private static final Duration MOMENT = Duration.ofMillis(700);
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** The whole program; returns its exit status. */
  static int execute(String... args) {
    try {
      parse(args).run(System::getenv);
      return 0;
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage() + "\n\n" + USAGE);
      return 2;
    } catch (IOException | UncheckedIOException e) {
      System.err.println(e.getMessage());
      return 1;
    }
  }

  /**
   * Takes {@code --port N} and {@code --port=N}.
   *
   * @throws IllegalArgumentException for anything else, with a message for the user
   */
  static CommandLine parse(String... args) {
    Map<String, String> options = new HashMap<>();
    for (int i = 0; i < args.length; i++) {
      String arg = args[i].equals("-h") ? "--help" : args[i];
      int equals = arg.indexOf('=');
      String name = equals < 0 ? arg : arg.substring(0, equals);
      if (WITHOUT.contains(arg)) {
        options.put(arg, "");
      } else if (!WITH_VALUE.contains(name)) {
        throw new IllegalArgumentException("Unknown argument: " + args[i]);
      } else if (equals >= 0) {
        options.put(name, arg.substring(equals + 1));
      } else if (i + 1 < args.length) {
        i++;
        options.put(name, args[i]);
      } else {
        throw new IllegalArgumentException(arg + " needs a value");
      }
    }
    CommandLine commandLine = new CommandLine(Map.copyOf(options));
    commandLine.check();
    return commandLine;
  }

  private void check() {
    port();
    keys();
    if (options.containsKey("--send-to") && !options.containsKey("--data")) {
      throw new IllegalArgumentException("--send-to needs --data, the folder to send from");
    }
  }

  private int port() {
    String text = options.getOrDefault("--port", "" + USUAL_PORT);
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

  private String @Nullable [] keys() {
    String text = options.get("--keys");
    if (text == null) {
      return null;
    }
    String[] keys = text.split(":", 2);
    if (keys.length < 2 || keys[0].isBlank() || keys[1].isBlank()) {
      throw new IllegalArgumentException("--keys needs a public and a secret one: pk-lf-…:sk-lf-…");
    }
    return keys;
  }

  /**
   * @throws IllegalArgumentException if what was said cannot work together
   * @throws UncheckedIOException if the port is taken, or the folder cannot be used
   */
  LocalLangfuse start() {
    LocalLangfuse.Builder builder = LocalLangfuse.builder().keepBodies(false);
    String[] keys = keys();
    if (keys != null) {
      builder.keys(keys[0], keys[1]);
    }
    if (options.containsKey("--host")) {
      builder.host(options.get("--host"));
    }
    if (options.containsKey("--allow-host")) {
      List.of(options.get("--allow-host").split(",")).forEach(builder::allowHost);
    }
    if (options.containsKey("--data")) {
      builder.data(Path.of(options.get("--data")));
    }
    try {
      return builder.port(port()).start();
    } catch (UncheckedIOException e) {
      if (options.containsKey("--port") || !(e.getCause() instanceof BindException)) {
        throw e;
      }
      return builder.port(0).start();
    }
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

  /**
   * Runs until the process is killed, or until what was to be sent is sent.
   *
   * @throws IOException if that is not taken; the message says why
   */
  private void run(UnaryOperator<@Nullable String> environment) throws IOException {
    // Branches and arrows are no ASCII, whatever the locale claims about the terminal.
    PrintStream out =
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    try {
      if (options.containsKey("--help")) {
        out.print(USAGE);
      } else if (options.containsKey("--send-to")) {
        Resend.to(options.get("--send-to"), environment).send(Path.of(options.get("--data")), out);
      } else {
        serve(out);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void serve(PrintStream out) throws InterruptedException {
    TraceTree tree = new TraceTree(true, Palette.ofStandardOutput());
    try (LocalLangfuse langfuse = start();
        TracePrinter printer =
            langfuse.print(tree, text -> out.println(text + "\n"), MOMENT, PATIENCE)) {
      out.println("Langfuse on this machine: " + langfuse.baseUrl() + "\n");
      environment(langfuse).forEach(line -> out.println("  " + line));
      out.println(
          "\nOpen the address to look at traces. They are printed here, too. Ctrl-C ends.\n");
      if (options.containsKey("--data")) {
        out.printf(
            "In %s from before: %s%n%n",
            options.get("--data"), TerminalText.count(langfuse.traces().size(), "trace"));
      }
      if (options.containsKey("--follow")) {
        langfuse.follow(tree, out::println);
      }
      if (options.containsKey("--open") && !DesktopBrowser.open(langfuse.baseUrl())) {
        out.println("No browser could be started: open the address yourself.\n");
      }
      new CountDownLatch(1).await();
    }
  }
}
