// SPDX-License-Identifier: Apache-2.0
package dev.weft.cluster;

import static dev.weft.cluster.Cluster.TESTS;
import static dev.weft.cluster.Cluster.eventuallyAsserted;
import static dev.weft.cluster.Cluster.field;
import static dev.weft.cluster.Cluster.kubectl;
import static dev.weft.cluster.Cluster.pods;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/** A pool of few small blocks, an installation of its own: it runs out, and a second one helps. */
@Tag("cluster")
@Order(110)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@ExtendWith(Witness.class)
class PoolTest {
  private static final Duration LONG = Duration.ofMinutes(5);

  /** Bits of a block: 16 addresses, of which pods get 13, or 14 of IPv6. */
  private static final int BLOCK_BITS = 4;

  private static int blocks;
  private static boolean ipv6Only;

  @BeforeAll
  static void installWithASmallPool() {
    ipv6Only = Node.last().addresses().get(0).contains(":");
    int poolBits = BLOCK_BITS + Integer.SIZE - Integer.numberOfLeadingZeros(Node.all().size());
    blocks = 1 << (poolBits - BLOCK_BITS);
    int bits = ipv6Only ? 128 : 32;
    String first = ipv6Only ? "fd00:245::" : "10.245.0.0";
    Installation.installWithPool(first + "/" + (bits - poolBits), bits - BLOCK_BITS);
  }

  @AfterAll
  static void uninstall() {
    Installation.uninstall();
    Installation.cleanUpNodes();
    Installation.deleteTests();
    Installation.deleteObjects();
  }

  @Test
  @Order(1)
  void aCrowdedNodeGetsBlocksUntilThePoolIsExhausted() {
    int more = blocks - Node.all().size() + 2; // one block too many
    Cluster.apply(
        "crowd.yaml",
        Map.of("NODE", Node.last().name(), "COUNT", String.valueOf(more << BLOCK_BITS)));
    eventuallyAsserted(
        "the pool says that it is exhausted",
        LONG,
        () -> assertThat(pool("Exhausted")).startsWith("True"));
    assertThat(field("ippool/default", ".status.blocks.free")).isEqualTo("0");
    assertThat(field("ippool/default", ".status.blocks.allocated"))
        .isEqualTo(String.valueOf(blocks));
  }

  @Test
  @Order(2)
  void aPodWithoutAnAddressIsToldWhy() {
    eventuallyAsserted(
        "an Event on a Pod tells that there is no address",
        LONG,
        () -> assertThat(eventsWithoutAddress("{.items[*].message}")).contains("no free address"));
    Figures.note("Event on a Pod", eventsWithoutAddress("{.items[0].reason}: {.items[0].message}"));
    eventuallyAsserted("and the nodes stay Ready", LONG, Cluster::assertNodesReady);
  }

  @Test
  @Order(3)
  void aSecondPoolLetsThemStart() {
    String range = ipv6Only ? "fd00:246::/64" : "10.246.0.0/16";
    Cluster.apply("pool.yaml", Map.of("NAME", "more", "RANGE", range));
    Cluster.rolledOut(TESTS, "deployment/crowd");
    List<String> addresses =
        pods("app=crowd").stream().flatMap(pod -> pod.addresses().stream()).toList();
    assertThat(addresses)
        .doesNotHaveDuplicates()
        .anyMatch(address -> address.startsWith(ipv6Only ? "fd00:246:" : "10.246."));
    Pod from = pods("app=web").get(0);
    for (Pod to : pods("app=crowd")) {
      from.sh("ping -c 1 -W 5 %1$s || ping -c 3 -W 5 %1$s".formatted(to.address()));
    }
  }

  /** A condition of the pool: its status and message. */
  private static String pool(String type) {
    return field(
        "ippool/default",
        "range .status.conditions[?(@.type==\"%s\")]}{.status} {.message}{end".formatted(type));
  }

  private static String eventsWithoutAddress(String jsonPath) {
    return kubectl(
        "get",
        "events",
        "-n",
        TESTS,
        "--field-selector=involvedObject.kind=Pod,reason=NoFreeAddress",
        "-o",
        "jsonpath=" + jsonPath);
  }
}
