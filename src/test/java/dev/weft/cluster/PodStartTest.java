// SPDX-License-Identifier: Apache-2.0
package dev.weft.cluster;

import static dev.weft.cluster.Cluster.TESTS;
import static dev.weft.cluster.Cluster.host;
import static dev.weft.cluster.Cluster.kubectl;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** How long a pod's start takes on a node that does nothing else, as its kubelet counts it. */
@ClusterTests
@Order(65)
class PodStartTest {
  private static final Pattern BUCKET = Pattern.compile("_bucket\\{.*le=\"([^\"]+)\".*} (\\d+)");
  private static final Map<String, String> HISTOGRAMS =
      Map.of(
          "pod start", "kubelet_pod_start_duration_seconds_bucket{",
          "of it the sandbox with its network",
              "kubelet_runtime_operations_duration_seconds_bucket{operation_type=\"run_podsandbox\"",
          "of it Weft's ADD", "weft_cni_request_duration_seconds_bucket{");

  private final Node node = Node.last();

  @Test
  void twentyPodsTwoAtATime() {
    Map<String, SortedMap<Double, Long>> before = new TreeMap<>();
    HISTOGRAMS.forEach((what, histogram) -> before.put(what, buckets(histogram)));
    Cluster.apply("starts.yaml", Map.of("NODE", node.name()));
    kubectl("wait", "-n", TESTS, "job/starts", "--for=condition=Complete", "--timeout=240s");
    HISTOGRAMS.forEach(
        (what, histogram) -> {
          SortedMap<Double, Long> new20 = buckets(histogram);
          before.get(what).forEach((bound, count) -> new20.merge(bound, -count, Long::sum));
          assertThat(new20.get(Double.POSITIVE_INFINITY)).isGreaterThanOrEqualTo(20);
          Figures.note(
              what + ", p50 / p99",
              "%.0f / %.0f ms"
                  .formatted(1000 * quantile(new20, 0.5), 1000 * quantile(new20, 0.99)));
        });
    kubectl("delete", "job", "-n", TESTS, "starts");
  }

  /** The cumulative counts of a histogram by upper bound, in seconds. */
  private SortedMap<Double, Long> buckets(String histogram) {
    SortedMap<Double, Long> counts = new TreeMap<>();
    String kubelet = "/api/v1/nodes/%s/proxy/metrics".formatted(node.name());
    String agent = "curl -sS -g http://%s:9471/metrics".formatted(host(node.addresses().get(0)));
    Stream.concat(kubectl("get", "--raw", kubelet).lines(), node.sh(agent).lines())
        .filter(line -> line.startsWith(histogram))
        .filter(line -> !line.contains("verb=") || line.contains("verb=\"ADD\""))
        .map(BUCKET::matcher)
        .filter(Matcher::find)
        .forEach(
            match ->
                counts.merge(
                    match.group(1).equals("+Inf")
                        ? Double.POSITIVE_INFINITY
                        : Double.parseDouble(match.group(1)),
                    Long.parseLong(match.group(2)),
                    Long::sum));
    return counts;
  }

  /** Interpolated within its bucket. */
  private static double quantile(SortedMap<Double, Long> counts, double quantile) {
    double wanted = quantile * counts.get(Double.POSITIVE_INFINITY);
    double lower = 0;
    long below = 0;
    for (Map.Entry<Double, Long> bucket : counts.entrySet()) {
      if (bucket.getValue() >= wanted) {
        double inside = (wanted - below) / Math.max(1, bucket.getValue() - below);
        return bucket.getKey().isInfinite() ? lower : lower + inside * (bucket.getKey() - lower);
      }
      lower = bucket.getKey();
      below = bucket.getValue();
    }
    return lower;
  }
}
