// SPDX-License-Identifier: Apache-2.0
package dev.weft.cluster;

import static dev.weft.cluster.Cluster.SOON;
import static dev.weft.cluster.Cluster.TESTS;
import static dev.weft.cluster.Cluster.eventuallyAsserted;
import static dev.weft.cluster.Cluster.field;
import static dev.weft.cluster.Cluster.kubectl;
import static dev.weft.cluster.Cluster.nodes;
import static dev.weft.cluster.Cluster.pods;
import static dev.weft.cluster.Cluster.words;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/**
 * Ranges change while pods talk: no running pod loses a packet, no node becomes NotReady, and no
 * address is given twice. Needs three nodes. The last test leaves the pools as the first found
 * them.
 */
@ClusterTests
@Order(85)
class RangesTest {
  private static final Duration LONG = Duration.ofMinutes(5);

  /** The pools of the chart, one of each family. */
  private static List<Pool> first;

  /** Those that take their place for a while. */
  private static List<Pool> second;

  private String readySince;

  /**
   * A pool.
   *
   * @param name its name
   * @param cidr its range
   */
  private record Pool(String name, String cidr) {
    boolean ipv6() {
      return cidr.contains(":");
    }

    void create() {
      Cluster.apply("pool.yaml", Map.of("NAME", name, "RANGE", cidr));
    }

    void delete() {
      kubectl("delete", "ippool", name, "--timeout=120s");
    }

    void patch(String field, String value) {
      String spec = "{\"spec\":{\"%s\":\"%s\"}}".formatted(field, value);
      kubectl("patch", "ippool", name, "--type=merge", "-p", spec);
    }

    /** Waits for a condition: its status, reason and message. */
    void awaitCondition(String type, String text) {
      String path =
          "range .status.conditions[?(@.type==\"%s\")]}{.status} {.reason} {.message}{end"
              .formatted(type);
      eventuallyAsserted(
          "%s of %s is %s".formatted(type, name, text),
          LONG,
          () -> assertThat(field("ippool/" + name, path)).contains(text));
    }

    /** The range in force. */
    String inForce() {
      return field("ippool/" + name, ".status.cidr");
    }

    /** The nodes and the states of its blocks, in the order of the nodes. */
    List<String> blocks() {
      String path = "range .items[?(@.spec.pool==\"%s\")]}{.spec.node} {.spec.state}{\"\\n\"}{end";
      return field("ipallocations", path.formatted(name)).lines().sorted().toList();
    }

    boolean contains(Pod pod) {
      return pod.addresses().stream()
          .anyMatch(address -> Cidr.parse(cidr).contains(IpAddress.parse(address)));
    }
  }

  @BeforeAll
  static void findPools() {
    Installation.change("operator.releaseHold=5s"); // a block that goes back is gone sooner
    first =
        words(kubectl("get", "ippools", "-o", "jsonpath={.items[*].metadata.name}")).stream()
            .map(name -> new Pool(name, field("ippool/" + name, ".spec.cidr")))
            .toList();
    second =
        first.stream()
            .map(
                pool ->
                    new Pool(
                        "second-" + pool.name(), pool.ipv6() ? "fd00:250::/48" : "10.250.0.0/16"))
            .toList();
  }

  @BeforeEach
  void noteNodes() {
    readySince = Cluster.nodesReadySince();
  }

  @AfterEach
  void assertNothingWasNoticed() {
    assertThat(Cluster.nodesReadySince()).isEqualTo(readySince);
    Cluster.assertNoAddressTwice();
  }

  @Test
  @Order(1)
  void theOnlyPoolIsDrainedIntoASecondNodeByNode() {
    drain(first, second, () -> second.forEach(Pool::create));
  }

  @Test
  @Order(2)
  void aWideningLosesNoPacket() {
    PacketStream.loses0While(
        "a pool is widened",
        () -> {
          for (Pool pool : second) {
            String wider = pool.ipv6() ? "fd00:250::/47" : "10.250.0.0/15";
            pool.patch("cidr", wider);
            eventuallyAsserted(
                wider + " is in force", SOON, () -> assertThat(pool.inForce()).isEqualTo(wider));
          }
          assertPodsStartIn(second);
        });
  }

  @Test
  @Order(3)
  void badWideningsLoseNoPacketAndAreTakenBack() {
    PacketStream.loses0While(
        "bad widenings, taken back",
        () -> {
          refuseForAll("fd00::/8", "10.0.0.0/8", "overlaps the Service CIDR ");

          List<Pool> others =
              second.stream()
                  .map(
                      pool ->
                          new Pool(
                              "other-" + pool.name(),
                              pool.ipv6() ? "fd00:250:2::/48" : "10.252.0.0/16"))
                  .toList();
          others.forEach(Pool::create);
          others.forEach(pool -> pool.awaitCondition("Accepted", "True Accepted"));
          refuseForAll("fd00:250::/46", "10.248.0.0/13", "overlaps IPPool other-");
          others.forEach(Pool::delete);
        });
  }

  @Test
  @Order(4)
  void andBackAgain() {
    drain(second, first, () -> first.forEach(Pool::create));
  }

  private static void drain(List<Pool> from, List<Pool> to, Runnable makeOthers) {
    List<Pod> web = pods("app=web");
    List<Pod> talking = List.of(web.get(0), web.get(1), web.get(web.size() - 1));
    String what = "drain of " + from.get(0).name() + " into " + to.get(0).name();
    PacketStream.loses0While(
        what + ", pods of the old pool",
        talking,
        () -> {
          from.forEach(pool -> pool.patch("state", "Draining"));
          from.forEach(pool -> pool.awaitCondition("Drained", "False NoOtherPool"));
          assertPodsStartIn(from);
          makeOthers.run();
          for (int i = 0; i < from.size(); i++) {
            Pool old = from.get(i);
            Pool other = to.get(i);
            eventuallyAsserted(
                "each node has a block of the other pool, and gives nothing new of the old one",
                LONG,
                () -> {
                  assertThat(other.blocks()).isEqualTo(nodesWith("Active"));
                  assertThat(old.blocks()).isEqualTo(nodesWith("Draining"));
                });
            old.awaitCondition("Drained", "False BlocksInUse");
          }
          note("pools while they are drained", "ippools");
          note("blocks while pools are drained", "ipallocations");
          for (String node : nodes()) {
            restartPods(node, talking);
          }
          assertPodsStartIn(to);
          for (Pool old : from) {
            eventuallyAsserted(
                "only nodes of pods that were not restarted have a block of the old pool",
                LONG,
                () ->
                    assertThat(old.blocks())
                        .isEqualTo(
                            talking.stream()
                                .map(pod -> pod.node() + " Draining")
                                .distinct()
                                .toList()));
          }
        });

    List<Pod> young = pods("app=web").stream().filter(pod -> !talking.contains(pod)).toList();
    assertThat(young).allMatch(pod -> to.stream().allMatch(pool -> pool.contains(pod)));
    PacketStream.loses0While(
        what + ", pods of the new pool",
        young,
        () -> {
          talking.stream().map(Pod::node).distinct().forEach(node -> restartPods(node, young));
          from.forEach(pool -> pool.awaitCondition("Drained", "True NoBlocks"));
          note("pools when one is drained", "ippools");
          from.forEach(Pool::delete);
          for (Node node : Node.all()) {
            for (Pool old : from) {
              eventuallyAsserted(
                  "no route to the old pool on " + node,
                  SOON,
                  () ->
                      assertThat(
                              node.sh(
                                  "ip route show root %1$s; ip -6 route show root %1$s; true"
                                      .formatted(old.cidr())))
                          .isEmpty());
            }
          }
        });
  }

  /**
   * Deletes every pod of a node that has an address of a pool, but not these, and waits for new
   * ones.
   */
  private static void restartPods(String node, List<Pod> except) {
    String columns =
        "custom-columns=HOST:.spec.hostNetwork,NAMESPACE:.metadata.namespace,NAME:.metadata.name";
    String ofNode = "--field-selector=spec.nodeName=" + node;
    List<String> names = except.stream().map(Pod::name).toList();
    kubectl("get", "pods", "-A", ofNode, "--no-headers", "-o", columns)
        .lines()
        .map(Cluster::words)
        .filter(pod -> !pod.get(0).equals("true") && !names.contains(pod.get(2)))
        .forEach(pod -> kubectl("delete", "pod", "-n", pod.get(1), pod.get(2)));
    Installation.tests();
    Cluster.rolledOut(TESTS, "deployment/restarted");
  }

  /** New pods start, have an address of each of these pools, and answer. */
  private static void assertPodsStartIn(List<Pool> pools) {
    assertThat(Cluster.startPods())
        .allMatch(pod -> pools.stream().allMatch(it -> it.contains(pod)));
  }

  /** Each pool is to get a range that it may not have; the old one stays in force. */
  private static void refuseForAll(String ipv6, String ipv4, String why) {
    List<String> inForce = second.stream().map(Pool::inForce).toList();
    for (Pool pool : second) {
      String cidr = pool.ipv6() ? ipv6 : ipv4;
      pool.patch("cidr", cidr);
      pool.awaitCondition("Accepted", "False Overlapping " + cidr + " " + why);
    }
    note("pools whose widening is refused", "ippools");
    assertPodsStartIn(second);
    assertThat(second.stream().map(Pool::inForce).toList()).isEqualTo(inForce);
    for (int i = 0; i < second.size(); i++) {
      second.get(i).patch("cidr", inForce.get(i));
      second.get(i).awaitCondition("Accepted", "True Accepted");
    }
    assertThat(second.stream().map(Pool::inForce).toList()).isEqualTo(inForce);
  }

  private static List<String> nodesWith(String state) {
    return nodes().stream().map(node -> node + " " + state).sorted().toList();
  }

  private static void note(String what, String kind) {
    Figures.note(what, "\n" + kubectl("get", kind, "-o", "wide"));
  }
}
