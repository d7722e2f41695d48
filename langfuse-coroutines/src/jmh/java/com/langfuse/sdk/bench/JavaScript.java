package com.langfuse.sdk.bench;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** The SDK for JavaScript by its side, where Node is installed and its packages can be had. */
final class JavaScript {

  private static final Path SOURCES = Path.of("src", "jmh", "node");

  private final Path folder;

  JavaScript(Path results) {
    this.folder = results.resolve("node");
  }

  /** The row of {@link EndToEnd}; null, and a line that says so, when Node is not there. */
  String endToEnd(Sink sink, int count) throws IOException, InterruptedException {
    try {
      Files.createDirectories(folder);
      for (String file : List.of("package.json", "end-to-end.mjs")) {
        Files.copy(
            SOURCES.resolve(file), folder.resolve(file), StandardCopyOption.REPLACE_EXISTING);
      }
      Jvm.output(in("npm", "install", "--no-audit", "--no-fund", "--no-package-lock"));
    } catch (IOException | IllegalStateException e) {
      System.out.println("SKIPPED: the SDK for JavaScript, " + e.getMessage());
      return null;
    }
    long before = sink.spans();
    ProcessBuilder node = in("node", "end-to-end.mjs", sink.url(), "" + count, "" + EndToEnd.BURST);
    // Its default holds 2,048 spans and drops the others.
    node.environment().put("OTEL_BSP_MAX_QUEUE_SIZE", "" + 4 * EndToEnd.BURST);
    String row = Jvm.output(node);
    sink.expect(count + 3L * EndToEnd.BURST, before);
    return row;
  }

  private ProcessBuilder in(String... command) {
    return new ProcessBuilder(command).directory(new File(folder.toString()));
  }
}
