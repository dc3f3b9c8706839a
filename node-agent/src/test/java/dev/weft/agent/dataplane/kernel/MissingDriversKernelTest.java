// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.dataplane.Dataplane;
import dev.weft.agent.dataplane.driver.Sockets;
import dev.weft.agent.dataplane.testing.KernelWorld;
import dev.weft.agent.dataplane.testing.Stack;
import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.HostPortRules;
import dev.weft.core.dataplane.InFlight;
import dev.weft.core.dataplane.Masquerade;
import dev.weft.core.dataplane.MasqueradeRules;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.Planner;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.netlink.BatchFailure;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.Query;
import dev.weft.netlink.Request;
import dev.weft.netlink.libc.Errno;
import dev.weft.netlink.nft.SetChange;
import dev.weft.netlink.route.CreateBridge;
import dev.weft.netlink.route.CreateVeth;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A kernel that lacks something: it answers as to any kind of link that it does not know. */
@Tag("kernel")
class MissingDriversKernelTest {
  private static final Cidr BLOCK = Stack.DUAL.blocks().get(0);
  private static final Bridge BRIDGE = new Bridge(MacAddress.BRIDGE, 1500, true);

  @ParameterizedTest
  @ValueSource(classes = {CreateBridge.class, CreateVeth.class})
  void theKindIsNamedWithTheRemedyAndNothingIsMade(Class<? extends Request> missing)
      throws Exception {
    KernelWorld world = new KernelWorld(new Lacking(missing));
    try {
      List<Dataplane.Failure> failures =
          world.dataplane().apply(List.of(Change.add(Bridge.KIND, BRIDGE)));

      assertThat(failures).hasSize(1);
      assertThat(failures.get(0).error())
          .hasMessageContaining("Unknown device type")
          .hasMessageContaining("modprobe veth")
          .hasMessageContaining("CONFIG_BRIDGE");
      assertThat(world.dataplane().read().of(Bridge.KIND)).isEmpty();
    } finally {
      world.end();
    }
  }

  @Test
  void addressesOfHostPortsThatAreRefusedCostNothingElse() throws Exception {
    KernelWorld world = new KernelWorld(new Lacking(SetChange.class));
    try {
      Dataplane dataplane = world.dataplane();
      NodeState before = Stack.DUAL.desired();
      NodeState after =
          before
              .with(MasqueradeRules.KIND, Set.of(MasqueradeRules.of(Masquerade.NONE)))
              .with(
                  HostPortRules.KIND,
                  Set.of(HostPortRules.of(Set.of(IpAddress.parse("192.168.1.11")))));
      assertThat(dataplane.apply(Planner.plan(before, NodeState.EMPTY, InFlight.NONE))).isEmpty();

      List<Dataplane.Failure> failures =
          dataplane.apply(Planner.plan(after, before, InFlight.NONE));

      assertThat(failures)
          .extracting(failure -> failure.change().kind().equals(HostPortRules.KIND))
          .containsExactly(true);
      assertThat(failures).noneMatch(failure -> failure.change().isNeededFor(BLOCK));
      assertThat(dataplane.read().of(MasqueradeRules.KIND))
          .isEqualTo(after.of(MasqueradeRules.KIND));
    } finally {
      world.end();
    }
  }

  /** The kernel's sockets, without a driver. */
  private record Lacking(Class<? extends Request> missing) implements Sockets {
    @Override
    public NetlinkSocket openRoute() throws NetlinkException {
      return new Socket(Sockets.KERNEL.openRoute(), missing);
    }

    @Override
    public NetlinkSocket openNetfilter() throws NetlinkException {
      return new Socket(Sockets.KERNEL.openNetfilter(), missing);
    }

    @Override
    public NetlinkSocket borrowRoute(int descriptor) throws NetlinkException {
      return Sockets.KERNEL.borrowRoute(descriptor);
    }
  }

  private record Socket(NetlinkSocket kernel, Class<? extends Request> missing)
      implements NetlinkSocket {
    @Override
    public void execute(Request request) throws NetlinkException {
      if (missing.isInstance(request)) {
        throw new NetlinkException("test", Errno.EOPNOTSUPP, "Unknown device type");
      }
      kernel.execute(request);
    }

    @Override
    public List<BatchFailure> executeAll(List<? extends Request> requests) throws NetlinkException {
      return kernel.executeAll(requests);
    }

    @Override
    public <T> List<T> dump(Query<T> query) throws NetlinkException {
      return kernel.dump(query);
    }

    @Override
    public <T> Optional<T> find(Query<T> query) throws NetlinkException {
      return kernel.find(query);
    }

    @Override
    public int netlinkPid() {
      return kernel.netlinkPid();
    }

    @Override
    public void close() {
      kernel.close();
    }
  }
}
