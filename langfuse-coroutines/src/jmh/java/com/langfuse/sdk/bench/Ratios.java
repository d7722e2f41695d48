package com.langfuse.sdk.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.StreamSupport;

/**
 * JMH's JSON as tables, one for each class: each row beside its floor, which is the method {@code
 * byHand} with the same parameters.
 */
final class Ratios {

  private static final String FLOOR = "byHand";

  private Ratios() {}

  private record Row(String table, String method, Map<String, String> params, double ns, double b) {

    static Row of(JsonNode result) {
      String[] name = result.get("benchmark").asText().split("\\.");
      Map<String, String> params = new LinkedHashMap<>();
      result
          .path("params")
          .properties()
          .forEach(p -> params.put(p.getKey(), p.getValue().asText()));
      return new Row(
          name[name.length - 2].replace("Benchmark", ""),
          name[name.length - 1],
          params,
          median(metric(result, CallerCost.NANOS, result.get("primaryMetric"))),
          median(metric(result, CallerCost.BYTES, all(result, "gc.alloc.rate.norm"))));
    }

    /** Of the calling thread; where others do the work, of everything. */
    private static JsonNode metric(JsonNode result, String name, JsonNode otherwise) {
      JsonNode found = all(result, name);
      return found.isMissingNode() ? otherwise : found;
    }

    private static JsonNode all(JsonNode result, String name) {
      return result.path("secondaryMetrics").path(name);
    }

    /** Over the forks, of each fork's median: neither a bad second nor a bad JVM decides. */
    private static double median(JsonNode metric) {
      List<Double> forks = new ArrayList<>();
      for (JsonNode fork : metric.get("rawData")) {
        forks.add(
            median(
                StreamSupport.stream(fork.spliterator(), false).map(JsonNode::asDouble).toList()));
      }
      return median(forks);
    }

    private static double median(List<Double> values) {
      List<Double> sorted = values.stream().sorted().toList();
      int half = sorted.size() / 2;
      return sorted.size() % 2 == 1
          ? sorted.get(half)
          : (sorted.get(half - 1) + sorted.get(half)) / 2;
    }

    String name() {
      return params.isEmpty() ? method : method + ", " + String.join(", ", params.values());
    }

    boolean isFloorOf(Row other) {
      return method.equals(FLOOR) && table.equals(other.table) && params.equals(other.params);
    }
  }

  static String table(Path json) throws IOException {
    List<Row> rows = new ArrayList<>();
    new ObjectMapper().readTree(json.toFile()).forEach(result -> rows.add(Row.of(result)));
    StringBuilder text = new StringBuilder();
    String table = "";
    for (Row row : rows) {
      if (!row.table().equals(table)) {
        table = row.table();
        text.append("\n| ").append(table);
        text.append(" | ns | × by hand | B | × by hand |\n|---|---:|---:|---:|---:|\n");
      }
      Row floor = rows.stream().filter(other -> other.isFloorOf(row)).findFirst().orElse(null);
      text.append(
          String.format(
              Locale.ROOT,
              "| %s | %,.0f | %s | %,.0f | %s |%n",
              row.name(),
              row.ns(),
              floor == null ? "" : ratio(row.ns(), floor.ns()),
              row.b(),
              floor == null ? "" : ratio(row.b(), floor.b())));
    }
    return text.toString();
  }

  private static String ratio(double value, double floor) {
    return String.format(Locale.ROOT, "%.2f", value / floor);
  }
}
