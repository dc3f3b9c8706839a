// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.testing;

import static org.awaitility.Awaitility.await;

import dev.weft.agent.dataplane.Dataplane;
import dev.weft.agent.dataplane.PodNamespace;
import dev.weft.agent.dataplane.driver.Sockets;
import dev.weft.agent.dataplane.kernel.KernelDataplane;
import dev.weft.core.dataplane.Route;
import dev.weft.core.net.Cidr;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node whose network is the namespace of this JVM: an uplink of address 192.168.1.11 with a peer
 * in a namespace of its own, forwarding on, and pods that are namespaces too. Emptied at its end,
 * for the next test.
 */
public final class KernelWorld implements World {
  private static final Logger LOG = LoggerFactory.getLogger(KernelWorld.class);

  private final Dataplane dataplane;
  private final TestNamespace lan;
  private final List<TestNamespace> pods = new ArrayList<>();
  private int foreignLinks;

  public KernelWorld() throws Exception {
    this(Sockets.KERNEL);
  }

  public KernelWorld(Sockets sockets) throws Exception {
    wipe();
    Files.writeString(Path.of("/proc/sys/net/ipv4/ip_forward"), "1");
    Files.writeString(Path.of("/proc/sys/net/ipv6/conf/all/forwarding"), "1");
    Files.writeString(Path.of("/proc/sys/net/ipv6/conf/default/dad_transmits"), "0");
    lan = TestNamespace.create();
    Shell.run("ip link add uplink type veth peer name far");
    Shell.run("ip link set far netns " + lan.name());
    Shell.run("ip addr add 192.168.1.11/24 dev uplink");
    Shell.run("ip addr add fd00:192::11/64 dev uplink nodad");
    Shell.run("ip link set uplink up");
    lan.run("ip link set lo up");
    lan.run("ip link set far up");
    lan.run("ip addr add 192.168.1.12/24 dev far");
    lan.run("ip addr add fd00:192::12/64 dev far nodad");
    dataplane = new KernelDataplane(sockets, 8);
  }

  @Override
  public Dataplane dataplane() {
    return dataplane;
  }

  /** What lies at the other end of the uplink: another host, 192.168.1.12. */
  public TestNamespace lan() {
    return lan;
  }

  public TestNamespace newPodNamespace() throws Exception {
    TestNamespace pod = TestNamespace.create();
    pods.add(pod);
    return pod;
  }

  @Override
  public PodNamespace newPod() throws Exception {
    return newPodNamespace().pod();
  }

  @Override
  public void endPod(PodNamespace pod) throws Exception {
    TestNamespace namespace = find(pod);
    namespace.end();
    pods.remove(namespace);
    // The kernel tears a namespace down in its own time.
    await().until(() -> !Shell.run("ip -o link").contains(": wf"));
  }

  @Override
  public void setIpv6(PodNamespace pod, boolean on) throws Exception {
    for (String where : List.of("all", "default")) {
      find(pod).run("sysctl -qw net.ipv6.conf." + where + ".disable_ipv6=" + (on ? 0 : 1));
    }
  }

  @Override
  public void addForeignLink(String name) throws Exception {
    Shell.run(
        "ip link add "
            + name
            + " address 02:00:00:00:00:01 type veth peer name peer-"
            + foreignLinks++);
  }

  @Override
  public void addForeignRoute(Cidr destination) throws Exception {
    Shell.run("ip route add " + destination + " via 192.168.1.12");
  }

  @Override
  public void takeOffBridge(String port) throws Exception {
    Shell.run("ip link set " + port + " nomaster");
  }

  @Override
  public void setBridgeDown() throws Exception {
    Shell.run("ip link set v-net-0 down");
  }

  @Override
  public void deleteBridge() throws Exception {
    Shell.run("ip link del v-net-0");
  }

  @Override
  public void deleteTables() throws Exception {
    Shell.run("nft delete table bridge weft");
    Shell.run("nft delete table arp weft");
    Shell.run("nft delete table inet weft");
    Shell.run("nft delete table inet weft_icmp_redirect");
    Shell.run("nft delete table inet weft_masquerade");
    Shell.run("nft delete table inet weft_hostports");
  }

  @Override
  public void deleteRoute(Route route) throws Exception {
    Shell.run("ip route del " + route.destination());
  }

  @Override
  public void end() throws Exception {
    dataplane.close();
    for (TestNamespace pod : pods) {
      pod.end();
    }
    lan.end();
    wipe();
  }

  /** Leaves the node's namespace as it was when it was made. */
  private static void wipe() throws Exception {
    Shell.run("nft flush ruleset");
    for (String kind : List.of("vxlan", "veth", "bridge")) {
      for (String line : Shell.run("ip -o link show type " + kind).lines().toList()) {
        deleteLink(line.split("[:@ ]+")[1]);
      }
    }
    for (String family : List.of("-4", "-6")) {
      Shell.run("ip " + family + " route flush proto 87");
    }
    Shell.run("ip nexthop flush");
    await().until(() -> Shell.run("ip -o link show type veth").isEmpty());
  }

  /** The other end of a link that goes goes too. */
  private static void deleteLink(String name) throws Exception {
    if (Shell.run("ip -o link").contains(" " + name)) {
      try {
        Shell.run("ip link del " + name);
      } catch (IOException e) {
        LOG.debug("{}: {}", name, e.getMessage());
      }
    }
  }

  private TestNamespace find(PodNamespace pod) {
    return pods.stream().filter(p -> p.pod().equals(pod)).findFirst().orElseThrow();
  }
}
