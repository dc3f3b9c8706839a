// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.policy;

import static org.awaitility.Awaitility.await;

import dev.weft.agent.cluster.PolicyFeed;
import dev.weft.agent.cluster.PolicyInformers;
import dev.weft.agent.cni.Attachments;
import dev.weft.agent.dataplane.nft.NftProgram;
import dev.weft.agent.dataplane.policy.KernelPolicyDataplane;
import dev.weft.agent.dataplane.policy.PolicyDataplane;
import dev.weft.core.dataplane.HostVeth;
import dev.weft.core.label.Selector;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.Attachment;
import dev.weft.core.node.AttachmentKey;
import dev.weft.core.node.ClusterView;
import dev.weft.core.node.Peers;
import dev.weft.core.node.PodName;
import dev.weft.core.policy.Direction;
import dev.weft.core.policy.Policy;
import dev.weft.core.policy.PolicyMode;
import dev.weft.core.policy.PolicyPeer;
import dev.weft.core.policy.PolicyPod;
import dev.weft.core.policy.PolicyProgram;
import dev.weft.core.policy.PolicyRule;
import dev.weft.core.policy.PolicyWatches;
import dev.weft.netlink.KernelNetlinkSocket;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.distribution.ValueAtPercentile;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The time from an event until the kernel has it, and the processor time, with {@value #PODS} pods
 * here, each with a policy of its own, and {@value #PEERS} peers. Of events that are applied
 * together the first counts. Prints a line for each kind of event.
 */
@Tag("bench")
class PolicyLagBench {
  private static final int PODS = 110;
  private static final int PEERS = 1_000;

  /** Of peers: each policy names those of one. */
  private static final int ROLES = 10;

  private static final int SECONDS = 10;
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final String NAMESPACE = "shop";

  /** Per second of proc(5)'s processor times. */
  private static final double TICKS = 100;

  @TempDir private Path runDir;

  private enum Kind {
    /** A peer has other labels, and so is in another set. */
    LABELS(100) {
      @Override
      void send(PolicyFeed feed, int number) {
        peer(feed, number % PEERS, number / PEERS + number + 1, address(number % PEERS));
      }
    },
    /** A peer is gone, and another has its address. */
    PEERS_COME_AND_GO(100) {
      @Override
      void send(PolicyFeed feed, int number) {
        int peer = number / 2 % PEERS;
        if (number % 2 == 0) {
          feed.podGone(NAMESPACE, "peer-" + peer);
        } else {
          peer(feed, peer, number / 2 + 1, address(peer));
        }
      }
    },
    /** A policy names other peers: its group's rules are others. */
    POLICIES(10) {
      @Override
      void send(PolicyFeed feed, int number) {
        policy(feed, number % PODS, number + 1);
      }
    };

    private final int perSecond;

    Kind(int perSecond) {
      this.perSecond = perSecond;
    }

    abstract void send(PolicyFeed feed, int number);
  }

  private static final class Watches implements PolicyWatching {
    @Override
    public PolicyInformers.Listed listed() {
      return new PolicyInformers.Listed(true, true, true, true);
    }

    @Override
    public void want(PolicyWatches wanted) {}

    @Override
    public void request(PodName pod) {}

    @Override
    public List<PolicyInformers.Row> rows() {
      return List.of();
    }
  }

  /** Forgets the first run, which writes all rules. */
  private static final class LastSeconds implements MeterFilter {
    @Override
    public DistributionStatisticConfig configure(Meter.Id id, DistributionStatisticConfig config) {
      return DistributionStatisticConfig.builder()
          .expiry(Duration.ofSeconds(SECONDS))
          .bufferLength(2)
          .build()
          .merge(config);
    }
  }

  private static final PolicyEvents NO_EVENTS =
      new PolicyEvents() {
        @Override
        public void pod(PodName pod, String uid, String reason, String message) {}

        @Override
        public void node(String reason, String message) {}
      };

  @ParameterizedTest
  @EnumSource(Kind.class)
  void events(Kind kind) throws Exception {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    registry.config().meterFilter(new LastSeconds());
    try (KernelNetlinkSocket hot = KernelNetlinkSocket.openNetfilter();
        KernelNetlinkSocket own = KernelNetlinkSocket.openNetfilter();
        KernelNetlinkSocket scrape = KernelNetlinkSocket.openNetfilter()) {
      PolicyDataplane kernel = new KernelPolicyDataplane(new NftProgram(), hot, own, scrape);
      Attachments attachments = new Attachments();
      attachments.adopt(IntStream.range(0, PODS).mapToObj(PolicyLagBench::veth).toList());
      PolicyLoop loop =
          new PolicyLoop(
              PolicyMode.ENFORCE,
              kernel,
              attachments,
              runDir,
              "node1",
              NO_EVENTS,
              registry,
              runDir.resolve("kube-ipvs0"),
              System::nanoTime);
      PolicyFeed feed = loop.feed().orElseThrow();
      IntStream.range(0, PODS).forEach(pod -> own(feed, pod));
      IntStream.range(0, PEERS).forEach(peer -> peer(feed, peer, peer, address(peer)));
      loop.start();
      loop.reconciled(new ClusterView(true, List.of(), Peers.UNKNOWN, Optional.empty(), List.of()));
      loop.connected(new Watches());
      Timer lag = registry.get("weft.policy.lag").timer();
      await().atMost(PATIENCE).until(() -> lag.count() > 0);
      long before = lag.count();
      long ticks = ticks();
      long start = System.nanoTime();
      paced(kind, feed);
      double seconds = (System.nanoTime() - start) / 1e9;
      System.out.printf(
          "%s, %d/s: %s, %d runs, %.0f %% of a core%n",
          kind,
          kind.perSecond,
          percentiles(lag),
          lag.count() - before,
          100 * (ticks() - ticks) / TICKS / seconds);
      AtomicLong runs = new AtomicLong();
      await().until(() -> runs.getAndSet(lag.count()) == lag.count());
      loop.close();
      kernel.apply(() -> PolicyProgram.NONE, PolicyDataplane.Mode.ENFORCE);
    }
  }

  private static void paced(Kind kind, PolicyFeed feed) {
    long start = System.nanoTime();
    for (int number = 0; number < kind.perSecond * SECONDS; number++) {
      long due = start + TimeUnit.SECONDS.toNanos(1) * number / kind.perSecond;
      while (System.nanoTime() < due) {
        LockSupport.parkNanos(due - System.nanoTime());
      }
      kind.send(feed, number);
    }
  }

  private static String percentiles(Timer timer) {
    StringBuilder text = new StringBuilder();
    for (ValueAtPercentile value : timer.takeSnapshot().percentileValues()) {
      text.append(
          "p%.0f %.1f ms ".formatted(100 * value.percentile(), value.value(TimeUnit.MILLISECONDS)));
    }
    return text.toString().strip();
  }

  /** Processor time of this process and of the programs that it ran. */
  private static long ticks() throws IOException {
    String[] fields =
        Files.readString(Path.of("/proc/self/stat")).replaceAll(".*\\) ", "").split(" ");
    return IntStream.rangeClosed(11, 14).mapToLong(at -> Long.parseLong(fields[at])).sum();
  }

  private static IpAddress ownAddress(int pod) {
    return IpAddress.parse("10.1.0." + (pod + 2));
  }

  private static IpAddress address(int peer) {
    return IpAddress.parse("10.2.%d.%d".formatted(peer / 250, peer % 250 + 1));
  }

  private static HostVeth veth(int pod) {
    Attachment attachment =
        new Attachment(
            "weft",
            new AttachmentKey("c" + pod, "eth0"),
            List.of(ownAddress(pod)),
            Optional.of(new PodName(NAMESPACE, "pod-" + pod)));
    return new HostVeth(attachment.hostVeth(), Optional.of(attachment), true);
  }

  private static void own(PolicyFeed feed, int pod) {
    feed.upsert(
        new PolicyPod(
            NAMESPACE,
            "pod-" + pod,
            "",
            "node1",
            Map.of("pod", "" + pod),
            List.of(ownAddress(pod)),
            List.of(),
            Instant.EPOCH));
    policy(feed, pod, pod);
  }

  private static void policy(PolicyFeed feed, int pod, int role) {
    PolicyPeer peers = new PolicyPeer.Pods(Optional.empty(), labelled("role", role % ROLES));
    feed.upsert(
        new Policy(
            NAMESPACE,
            "policy-" + pod,
            "",
            labelled("pod", pod),
            Set.of(Direction.INGRESS),
            List.of(new PolicyRule(List.of(peers), List.of())),
            List.of()),
        List.of());
  }

  private static void peer(PolicyFeed feed, int peer, int role, IpAddress address) {
    feed.upsert(
        new PolicyPod(
            NAMESPACE,
            "peer-" + peer,
            "",
            "node2",
            Map.of("role", "" + role % ROLES),
            List.of(address),
            List.of(),
            Instant.EPOCH));
  }

  private static Selector labelled(String label, int value) {
    return new Selector(Map.of(label, "" + value), List.of());
  }
}
