// SPDX-License-Identifier: Apache-2.0
package dev.weft.cluster;

import static dev.weft.cluster.Cluster.SOON;
import static dev.weft.cluster.Cluster.TESTS;
import static dev.weft.cluster.Cluster.eventuallyAsserted;
import static dev.weft.cluster.Cluster.field;
import static dev.weft.cluster.Cluster.kubectl;
import static dev.weft.cluster.Cluster.pods;
import static dev.weft.cluster.Cluster.words;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Names, asked for in pods: of Services, of the pods behind them, of other names. */
@ClusterTests
@Order(40)
class DnsTest {
  @BeforeAll
  static void services() {
    Cluster.apply("services.yaml");
  }

  @Test
  @Order(1)
  void everyPodResolvesServicesByUdpAndTcp() {
    for (Pod pod : pods("app=web")) {
      for (String how : List.of("+notcp", "+tcp")) {
        assertResolves(
            pod,
            how,
            "web." + TESTS + ".svc.cluster.local",
            words(field("svc/web", ".spec.clusterIPs[*]")));
      }
    }
  }

  @Test
  @Order(2)
  void aHeadlessServiceResolvesToItsPods() {
    List<String> all = pods("app=web").stream().flatMap(pod -> pod.addresses().stream()).toList();
    assertResolves(pods("app=web").get(0), "+tcp", "headless." + TESTS + ".svc.cluster.local", all);
  }

  @Test
  @Order(3)
  void aPodWithAHostNameHasARecordOfItsOwn() {
    kubectl("wait", "-n", TESTS, "pod/named", "--for=condition=Ready", "--timeout=120s");
    Pod named = pods("app=named").get(0);
    assertResolves(
        pods("app=web").get(0),
        "+notcp",
        "querier.subdomain." + TESTS + ".svc.cluster.local",
        named.addresses());
    assertThat(named.sh("hostname")).isEqualTo("querier");
    assertThat(named.sh("cat /etc/hosts")).contains(named.addresses());
  }

  @Test
  @Order(4)
  void anExternalNameIsAnAlias() {
    Pod from = pods("app=web").get(0);
    eventuallyAsserted(
        "external is an alias",
        SOON,
        () ->
            assertThat(from.sh("dig +short CNAME external." + TESTS + ".svc.cluster.local"))
                .isEqualTo("somewhere.example.com."));
  }

  private static void assertResolves(Pod from, String how, String name, List<String> addresses) {
    eventuallyAsserted(
        name + " in " + from,
        SOON,
        () ->
            assertThat(
                    words(
                        from.sh(
                            "dig %s +short A %s; dig %s +short AAAA %s"
                                .formatted(how, name, how, name))))
                .containsExactlyInAnyOrderElementsOf(addresses));
  }
}
