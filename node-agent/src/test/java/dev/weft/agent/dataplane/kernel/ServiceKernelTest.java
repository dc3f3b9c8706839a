// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.dataplane.testing.BridgeNetfilter;
import dev.weft.agent.dataplane.testing.Shell;
import dev.weft.agent.dataplane.testing.Stack;
import dev.weft.agent.dataplane.testing.TestNode;
import dev.weft.agent.dataplane.testing.TestPod;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A Service's address, translated as kube-proxy does, from a pod to a pod of the same node and to
 * itself; with br_netfilter on such a frame is forwarded by the bridge from port to port.
 */
@Tag("kernel")
class ServiceKernelTest {
  private static final int SERVICE_PORT = 80;
  private static final int POD_PORT = 8080;
  private static final int TIMEOUT_MS = 60_000;

  @ParameterizedTest
  @CsvSource({"IPV4,1", "IPV4,0", "IPV6,1", "IPV6,0", "DUAL,1", "DUAL,0"})
  void aServiceLeadsToAPodOfTheSameNodeAndToItself(Stack stack, String brNetfilter)
      throws Exception {
    BridgeNetfilter.set(brNetfilter);
    try (TestNode node = new TestNode(stack)) {
      TestPod client = node.addPod(0);
      TestPod server = node.addPod(1);
      for (int family = 0; family < stack.blocks().size(); family++) {
        boolean four = stack.blocks().get(family).family() == Family.IPV4;
        IpAddress service = IpAddress.parse(four ? "10.96.0.10" : "fd00:96::10");

        translate(four, service, server.address(family), node);
        assertConnects(client, server, service, server.address(family));
        translate(four, service, client.address(family), node);
        assertConnects(client, client, service, client.address(family));
      }
    }
  }

  /** DNAT, and masquerade for a pod that reaches itself by way of a Service. */
  private static void translate(boolean four, IpAddress service, IpAddress pod, TestNode node)
      throws Exception {
    String family = four ? "ip" : "ip6";
    String target = four ? pod.toString() : "[" + pod + "]";
    Shell.run(
        List.of("nft", "-f", "-"),
        """
        add table FAMILY proxy
        delete table FAMILY proxy
        table FAMILY proxy {
          chain services {
            type nat hook prerouting priority dstnat; policy accept;
            FAMILY daddr SERVICE tcp dport 80 dnat to TARGET:8080
          }
          chain hairpin {
            type nat hook postrouting priority srcnat - 1; policy accept;
            FAMILY saddr POD FAMILY daddr POD masquerade
          }
        }
        """
            .replace("FAMILY", family)
            .replace("SERVICE", service.toString())
            .replace("TARGET", target)
            .replace("POD", pod.toString()));
  }

  private static void assertConnects(
      TestPod client, TestPod server, IpAddress service, IpAddress listening) throws Exception {
    ServerSocket listener =
        server
            .namespace()
            .call(() -> new ServerSocket(POD_PORT, 1, InetAddress.getByAddress(listening.bytes())));
    try (listener) {
      Socket connection =
          client
              .namespace()
              .call(
                  () -> {
                    Socket socket = new Socket();
                    InetSocketAddress to = TestPod.socketAddress(service, SERVICE_PORT);
                    socket.connect(to, TIMEOUT_MS);
                    return socket;
                  });
      try (connection;
          Socket accepted = listener.accept()) {
        connection.getOutputStream().write('x');
        accepted.setSoTimeout(TIMEOUT_MS);
        assertThat(accepted.getInputStream().read()).isEqualTo('x');
      }
    }
  }
}
