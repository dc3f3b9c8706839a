// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.antispoof;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.dataplane.driver.Sockets;
import dev.weft.agent.dataplane.testing.Stack;
import dev.weft.agent.dataplane.testing.TestNode;
import dev.weft.agent.dataplane.testing.TestPod;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.nft.CounterQuery;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A scrape waits for nobody: one call at a time has a socket, so it has one of its own. */
@Tag("kernel")
class CounterSocketKernelTest {
  @Test
  void theCountersHaveASocketThatNothingElseUses() throws Exception {
    Recording sockets = new Recording();
    try (TestNode node = new TestNode(Stack.DUAL, sockets)) {
      TestPod pod = node.addPod(0);
      node.removePod(pod);
      node.repair();

      assertThat(node.dataplane().dropped()).isNotEmpty();

      List<List<Object>> ofCounters =
          sockets.sent.stream()
              .filter(sent -> sent.stream().anyMatch(CounterQuery.class::isInstance))
              .toList();
      assertThat(ofCounters).hasSize(1);
      assertThat(ofCounters.get(0)).allMatch(CounterQuery.class::isInstance);
    }
  }

  /** The kernel's sockets, with a record of what goes over each of netfilter. */
  private static final class Recording implements Sockets {
    private final List<List<Object>> sent = new CopyOnWriteArrayList<>();

    @Override
    public NetlinkSocket openRoute() throws NetlinkException {
      return Sockets.KERNEL.openRoute();
    }

    @Override
    public NetlinkSocket borrowRoute(int descriptor) throws NetlinkException {
      return Sockets.KERNEL.borrowRoute(descriptor);
    }

    @Override
    public NetlinkSocket openNetfilter() throws NetlinkException {
      NetlinkSocket kernel = Sockets.KERNEL.openNetfilter();
      List<Object> requests = new CopyOnWriteArrayList<>();
      sent.add(requests);
      return (NetlinkSocket)
          Proxy.newProxyInstance(
              NetlinkSocket.class.getClassLoader(),
              new Class<?>[] {NetlinkSocket.class},
              (proxy, method, arguments) -> {
                if (arguments != null) {
                  requests.addAll(Arrays.asList(arguments));
                }
                try {
                  return method.invoke(kernel, arguments);
                } catch (InvocationTargetException e) {
                  throw e.getCause();
                }
              });
    }
  }
}
