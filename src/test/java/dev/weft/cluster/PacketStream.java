// SPDX-License-Identifier: Apache-2.0
package dev.weft.cluster;

import static dev.weft.cluster.Cluster.pods;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Fifty packets a second, of each family, from a running pod to one of its own node and to one of
 * another, each of them answered.
 */
final class PacketStream {
  private static final Pattern SUMMARY =
      Pattern.compile("(\\d+) packets transmitted, (\\d+) received");

  private PacketStream() {}

  /** No packet is lost while something happens; what it is called in the table of figures. */
  static void loses0While(String what, Runnable event) {
    loses0While(what, pods("app=web"), event);
  }

  /** The same, from the first of these pods to the second and to the last. */
  static void loses0While(String what, List<Pod> pods, Runnable event) {
    Pod first = pods.get(0);
    List<String> targets = new ArrayList<>();
    targets.addAll(pods.get(1).addresses());
    targets.addAll(pods.get(pods.size() - 1).addresses());
    for (int i = 0; i < targets.size(); i++) {
      first.sh(
          "rm -f /tmp/ping%1$d; ping -i 0.02 -w 1800 %2$s >/tmp/ping%1$d 2>&1 </dev/null & echo $! >/tmp/pid%1$d"
              .formatted(i, targets.get(i)));
    }
    event.run();
    int sent = 0;
    int lost = 0;
    for (int i = 0; i < targets.size(); i++) {
      String text =
          first.sh(
              "kill -INT $(cat /tmp/pid%1$d) && until grep packets.transmitted /tmp/ping%1$d; do sleep 0.1; done"
                  .formatted(i));
      Matcher summary = SUMMARY.matcher(text);
      assertThat(summary.find()).as(text).isTrue();
      assertThat(text).as("ICMP errors").doesNotContain("errors");
      int missing = Integer.parseInt(summary.group(1)) - Integer.parseInt(summary.group(2));
      assertThat(missing).as("%s to %s", text, targets.get(i)).isLessThanOrEqualTo(1);
      sent += Integer.parseInt(summary.group(1));
      lost += missing;
    }
    // The last packet of a stream may be under way when it is stopped.
    Figures.note(
        "packets lost: " + what, "%d of %d, %d streams".formatted(lost, sent, targets.size()));
  }
}
