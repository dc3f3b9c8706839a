// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.agent.dataplane.Dataplane;
import dev.weft.agent.dataplane.PodNamespace;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** The callers of a node's CNI, without a socket: a JVM can pass no descriptors. */
public final class TestNode {
  private static final int MTU_BYTES = 1450;
  private final CniService service;

  /** Callers of the node with these attachments. */
  public TestNode(Attachments attachments, Dataplane dataplane) {
    service =
        new CniService(
            new CniNode(attachments, dataplane, Optional::empty, () -> MTU_BYTES),
            (pod, uid, reason, message) -> {},
            new CniMetrics(attachments));
  }

  /** Adds a pod of this number; its first address, or empty where it gets none. */
  public Optional<IpAddress> add(int pod) {
    FakeExchange exchange = serve("ADD", pod);
    return exchange.succeeded()
        ? Optional.of(
            InterfaceAddress.parse(exchange.json().at("/ips/0/address").asText()).address())
        : Optional.empty();
  }

  /** Removes it; whether that succeeded. */
  public boolean del(int pod) {
    return serve("DEL", pod).succeeded();
  }

  private FakeExchange serve(String verb, int pod) {
    TestCall call =
        new TestCall(verb)
            .env("CNI_CONTAINERID", "c" + pod)
            .env("CNI_IFNAME", "eth0")
            .env("CNI_NETNS", "/run/netns/pod");
    FakeExchange exchange =
        new FakeExchange(
            new CniRequest(call.environment(), call.input().getBytes(StandardCharsets.UTF_8)),
            Optional.of(new PodNamespace(pod, pod + 1000)));
    service.serve(exchange);
    return exchange;
  }

  private static final class TestCall extends CallBuilder<TestCall> {
    private TestCall(String verb) {
      super(verb);
    }

    @Override
    TestCall self() {
      return this;
    }
  }
}
