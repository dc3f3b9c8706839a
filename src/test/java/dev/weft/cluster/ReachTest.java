// SPDX-License-Identifier: Apache-2.0
package dev.weft.cluster;

import static dev.weft.cluster.Cluster.SOON;
import static dev.weft.cluster.Cluster.eventuallyAsserted;
import static dev.weft.cluster.Cluster.host;
import static dev.weft.cluster.Cluster.nodes;
import static dev.weft.cluster.Cluster.pods;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Pods, nodes, the API server and kubelets reach each other, with the addresses they have. */
@ClusterTests
@Order(20)
class ReachTest {
  @Test
  @Order(1)
  @Tag("smoke")
  void podsReachEachOtherByHttpAndKeepTheirSourceAddress() {
    List<Pod> pods = pods("app=web");
    assertThat(pods).hasSize(2 * nodes().size());
    for (Pod from : pods) {
      List<String> targets = addresses(pods.stream().filter(to -> !to.equals(from)));
      List<String> seen = from.sh(each(targets, "clientip")).lines().toList();
      assertThat(seen).as("%s", from).hasSameSizeAs(targets);
      for (int i = 0; i < seen.size(); i++) {
        assertThat(seen.get(i))
            .as("source of %s at %s", from, targets.get(i))
            .startsWith(host(sameFamily(from, targets.get(i))) + ":");
      }
    }
  }

  @Test
  @Order(2)
  @Tag("smoke")
  void podsReachEachOtherByUdpWithinAndAcrossNodes() {
    List<Pod> pods = pods("app=web");
    Pod from = pods.get(0);
    for (Pod to : List.of(pods.get(1), pods.get(pods.size() - 1))) {
      for (String address : to.addresses()) {
        assertThat(udp(from, address, 8081, "hostname")).isEqualTo(to.name());
        assertThat(udp(from, address, 8081, "clientip"))
            .startsWith(host(sameFamily(from, address)) + ":");
      }
    }
  }

  @Test
  @Order(3)
  void payloadsOfOneByteAndOfManySegmentsArrive() {
    List<Pod> pods = pods("app=web,set=a");
    Pod from = pods.get(0);
    Pod to = pods.get(pods.size() - 1);
    for (String address : to.addresses()) {
      assertThat(from.get(address, 8080, "echo?msg=x")).isEqualTo("x");
      for (int bytes : List.of(1, 1_400, 1_500, 9_000, 3_000_000)) {
        send(from, to, address, bytes);
      }
    }
  }

  @Test
  @Order(4)
  void packetsOfTheWholeMtuPassOrTheirSenderLearnsTheSizeThatATunnelPasses() {
    List<Pod> pods = pods("app=web,set=a");
    Pod from = pods.get(0);
    int mtu = Integer.parseInt(from.sh("cat /sys/class/net/eth0/mtu"));
    for (String address : pods.get(pods.size() - 1).addresses()) {
      Command answer = ping(from, address, mtu);
      int size = mtu;
      while (answer.code() != 0 && isTunnelled(from, address)) {
        int smaller = mtu(answer);
        assertThat(smaller).as("the sender learns the size: %s", answer).isLessThan(size);
        size = smaller;
        answer = ping(from, address, size);
      }
      answer.succeeded();
    }
  }

  /** Pings in packets of a size, which nobody may fragment. */
  static Command ping(Pod from, String address, int bytes) {
    int headers = address.contains(":") ? 48 : 28;
    return from.exec("ping -c 3 -W 10 -M do -s %d %s".formatted(bytes - headers, address));
  }

  /** The MTU that a ping was answered with. */
  static int mtu(Command ping) {
    String text = ping.out() + ping.err();
    assertThat(text).containsPattern("mtu[ :=]+\\d+");
    return Integer.parseInt(text.replaceAll("(?s).*mtu[ :=]+(\\d+).*", "$1"));
  }

  private static boolean isTunnelled(Pod from, String address) {
    return new Node(from.node()).sh("ip -o route get " + address).contains(" dev v-net-vx");
  }

  @Test
  @Order(5)
  void podsReachTheApiServerAndEveryNodesKubelet() {
    Pod pod = pods("app=web").get(0);
    assertThat(pod.sh("curl -sk --max-time 20 https://kubernetes.default.svc/version"))
        .contains("gitVersion");
    for (Node node : Node.all()) {
      for (String address : node.addresses()) {
        assertThat(
                pod.sh(
                    "curl -sk --max-time 20 -o /dev/null -w '%%{http_code}' https://%s:10250/healthz"
                        .formatted(host(address))))
            .isEqualTo("401");
      }
    }
  }

  @Test
  @Order(6)
  @Tag("smoke")
  void nodesReachEveryPod() {
    List<Pod> pods = pods("app=web");
    List<String> names =
        pods.stream().flatMap(pod -> pod.addresses().stream().map(any -> pod.name())).toList();
    for (Node node : Node.all()) {
      assertThat(node.sh(each(addresses(pods.stream()), "hostname")).lines())
          .as("from %s", node)
          .containsExactlyElementsOf(names);
    }
  }

  /** Asks the web server at each address; a line an answer. */
  private static String each(List<String> addresses, String path) {
    return addresses.stream()
        .map(Cluster::host)
        .collect(
            Collectors.joining(
                " ",
                "for a in ",
                "; do curl -sS -g --fail --max-time 10 http://$a:8080/%s; echo; done"
                    .formatted(path)));
  }

  private static List<String> addresses(Stream<Pod> pods) {
    return pods.flatMap(pod -> pod.addresses().stream()).toList();
  }

  /** What an agnhost UDP server answers; a datagram may be lost, so up to five are sent. */
  static String udp(Pod from, String address, int port, String message) {
    return from.sh(
        "for i in 1 2 3 4 5; do a=$(echo -n %s | nc -u -w 1 %s %d); [ -n \"$a\" ] && break; done; echo \"$a\""
            .formatted(message, address, port));
  }

  private static String sameFamily(Pod pod, String address) {
    return pod.addresses().stream()
        .filter(own -> own.contains(":") == address.contains(":"))
        .findFirst()
        .orElseThrow();
  }

  /** As many bytes by TCP, from one pod to another, all of which arrive. */
  static void send(Pod from, Pod to, String address, int bytes) {
    String family = address.contains(":") ? "-6" : "-4";
    to.sh("rm -f /tmp/in; nc %s -l 9000 >/tmp/in 2>/dev/null </dev/null &".formatted(family));
    from.sh(
        "n=0; until head -c %d /dev/zero | nc -N -w 10 %s 9000; do n=$((n+1)); [ $n -lt 50 ] || exit 1; sleep 0.2; done"
            .formatted(bytes, address));
    eventuallyAsserted(
        bytes + " bytes arrive at " + address,
        SOON,
        () -> assertThat(to.sh("wc -c </tmp/in")).isEqualTo(String.valueOf(bytes)));
  }
}
