// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.agent.dataplane.PodNamespace;
import dev.weft.agent.dataplane.testing.InMemoryDataplane;
import dev.weft.core.dataplane.AntiSpoofRules;
import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.HostPortRules;
import dev.weft.core.dataplane.HostVeth;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.core.node.AddressStatus;
import dev.weft.core.node.OwnBlock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/** A node without a kernel, as its CNI callers see it. */
final class CniWorld {
  static final String NETNS = "/run/netns/pod";
  static final int MTU_BYTES = 1450;

  final InMemoryDataplane dataplane = new InMemoryDataplane();
  final Attachments attachments = new Attachments();
  final List<String> events = new CopyOnWriteArrayList<>();
  final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  final CniMetrics metrics = new CniMetrics(attachments);
  volatile Optional<String> notReady = Optional.empty();
  final CniService service =
      new CniService(
          new CniNode(attachments, dataplane, () -> notReady, () -> MTU_BYTES),
          (pod, uid, reason, message) ->
              events.add(pod + (uid.isEmpty() ? "" : " " + uid) + " " + reason + " " + message),
          metrics);

  CniWorld(String... blocks) {
    dataplane.apply(
        List.of(
            Change.add(Bridge.KIND, new Bridge(MacAddress.BRIDGE, MTU_BYTES, true)),
            Change.add(AntiSpoofRules.KIND, AntiSpoofRules.WRITTEN),
            Change.add(HostPortRules.KIND, HostPortRules.of(Set.of()))));
    setBlocks(blocks);
    metrics.bindTo(meters);
  }

  void setBlocks(String... blocks) {
    attachments.setBlocks(
        Stream.of(blocks).map(block -> OwnBlock.of(Cidr.parse(block), List.of())).toList());
  }

  /** Addresses that are not free. */
  Map<String, AddressStatus> inUse() {
    Map<String, AddressStatus> inUse = new HashMap<>();
    for (AddressRow row : attachments.addresses()) {
      if (row.status() != AddressStatus.FREE) {
        inUse.put(row.address().toString(), row.status());
      }
    }
    return inUse;
  }

  /** What the kernel has, as the reconcile loop tells it. */
  void adopt() throws Exception {
    attachments.adopt(dataplane.read().of(HostVeth.KIND));
  }

  Call call(String verb) {
    return new Call(verb);
  }

  Call add(String containerId, int pod) {
    return call("ADD").container(containerId).pod(pod);
  }

  Call del(String containerId) {
    return call("DEL").container(containerId);
  }

  static List<String> addressesOf(JsonNode result) {
    List<String> addresses = new ArrayList<>();
    result.path("ips").forEach(ip -> addresses.add(ip.path("address").asText()));
    return addresses;
  }

  static IpAddress ip(String text) {
    return IpAddress.parse(text);
  }

  /** A call to be made in this world. */
  final class Call extends CallBuilder<Call> {
    private Optional<PodNamespace> pod = Optional.empty();

    private Call(String verb) {
      super(verb);
    }

    @Override
    Call self() {
      return this;
    }

    Call container(String id) {
      return env("CNI_CONTAINERID", id).env("CNI_IFNAME", "eth0").env("CNI_NETNS", NETNS);
    }

    /** Passes descriptors of the pod with this number. */
    Call pod(int number) {
      pod = Optional.of(new PodNamespace(number, number + 1000));
      return this;
    }

    FakeExchange prepare() {
      byte[] stdin = input().getBytes(StandardCharsets.UTF_8);
      return new FakeExchange(new CniRequest(environment(), stdin), pod);
    }

    FakeExchange make() {
      FakeExchange exchange = prepare();
      service.serve(exchange);
      return exchange;
    }
  }
}
