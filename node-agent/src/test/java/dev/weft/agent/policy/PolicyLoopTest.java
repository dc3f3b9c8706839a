// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.agent.cluster.PolicyInformers;
import dev.weft.agent.cluster.PolicyInformers.Listed;
import dev.weft.agent.cni.Attachments;
import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.policy.PolicyApplied;
import dev.weft.agent.dataplane.policy.PolicyDataplane;
import dev.weft.agent.dataplane.policy.RuleCount;
import dev.weft.core.dataplane.HostVeth;
import dev.weft.core.label.Selector;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.Attachment;
import dev.weft.core.node.AttachmentKey;
import dev.weft.core.node.Blocker;
import dev.weft.core.node.ClusterView;
import dev.weft.core.node.Peers;
import dev.weft.core.node.PodName;
import dev.weft.core.policy.Direction;
import dev.weft.core.policy.Policy;
import dev.weft.core.policy.PolicyMode;
import dev.weft.core.policy.PolicyNamespace;
import dev.weft.core.policy.PolicyPeer;
import dev.weft.core.policy.PolicyPod;
import dev.weft.core.policy.PolicyProgram;
import dev.weft.core.policy.PolicyRule;
import dev.weft.core.policy.PolicyWatches;
import dev.weft.netlink.Notification;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PolicyLoopTest {
  private static final PodName POD = new PodName("shop", "a");
  private static final IpAddress ADDRESS = IpAddress.parse("10.1.0.2");

  @TempDir private Path runDir;

  private final Kernel kernel = new Kernel();
  private final Attachments attachments = new Attachments();
  private final Watches watches = new Watches();
  private final List<String> events = new CopyOnWriteArrayList<>();
  private final AtomicLong aheadNanos = new AtomicLong();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private static final ClusterView NODES_LISTED =
      new ClusterView(true, List.of(), Peers.UNKNOWN, Optional.empty(), List.of());

  private PolicyLoop loop;

  /** A kernel that takes every program. */
  private static final class Kernel implements PolicyDataplane {
    private volatile PolicyProgram program;
    private volatile String refusal = "";
    private volatile boolean hasTable;
    private volatile boolean fault;
    private volatile boolean repaired;
    private final List<String> admitted = new CopyOnWriteArrayList<>();

    @Override
    public PolicyApplied apply(Supplier<PolicyProgram> supplier, Mode mode)
        throws DataplaneException {
      PolicyProgram next = supplier.get();
      refuse();
      if (fault) {
        throw new IllegalArgumentException("too long");
      }
      program = next;
      boolean again = repaired;
      repaired = false;
      return new PolicyApplied(true, again, Map.of());
    }

    @Override
    public void admit(PolicyProgram with, Mode mode, Collection<IpAddress> addresses)
        throws DataplaneException {
      refuse();
      for (IpAddress address : addresses) {
        admitted.add(address + " " + with.group(Direction.INGRESS, address).orElse("open"));
      }
    }

    private void refuse() throws DataplaneException {
      if (!refusal.isEmpty()) {
        throw new DataplaneException(DataplaneException.Reason.OTHER, refusal);
      }
    }

    @Override
    public boolean noteChange(Notification change) {
      return false;
    }

    @Override
    public void mayHaveChanged() {}

    @Override
    public void onChange(Runnable listener) {}

    @Override
    public boolean isThere() {
      return hasTable;
    }

    @Override
    public List<RuleCount> counters() {
      return List.of();
    }

    @Override
    public Map<Direction, Long> dropped() {
      return Map.of(Direction.INGRESS, 7L);
    }
  }

  /** Watches whose lists are in when the test says so. */
  private volatile Policy last;

  private class Watches implements PolicyWatching {
    private volatile Listed listed = new Listed(false, false, false, false);
    private volatile PolicyWatches wanted = PolicyWatches.NONE;
    private final List<PodName> requested = new CopyOnWriteArrayList<>();

    @Override
    public Listed listed() {
      return listed;
    }

    @Override
    public void want(PolicyWatches now) {
      wanted = now;
      if (!now.unread().isEmpty()) {
        put(last);
      }
    }

    @Override
    public void request(PodName pod) {
      requested.add(pod);
    }

    @Override
    public List<PolicyInformers.Row> rows() {
      return List.of();
    }
  }

  @BeforeEach
  void make() {
    start(PolicyMode.ENFORCE);
  }

  private void start(PolicyMode mode) {
    startWithoutNodes(mode);
    loop.reconciled(NODES_LISTED);
  }

  private void startWithoutNodes(PolicyMode mode) {
    loop =
        new PolicyLoop(
            mode,
            kernel,
            attachments,
            runDir,
            "node1",
            new PolicyEvents() {
              @Override
              public void pod(PodName pod, String uid, String reason, String message) {
                events.add("pod " + pod + " " + uid + " " + reason);
              }

              @Override
              public void node(String reason, String message) {
                events.add("node " + reason + " " + message);
              }
            },
            meters,
            runDir.resolve("kube-ipvs0"),
            () -> System.nanoTime() + aheadNanos.get());
    loop.start();
    loop.connected(watches);
  }

  @AfterEach
  void close() {
    loop.close();
  }

  private void allListed() {
    watches.listed = new Listed(true, true, true, true);
    loop.wake();
    await().until(() -> kernel.program != null);
  }

  private void denyAll() {
    put(
        new Policy(
            "shop", "deny", "u", Selector.ALL, Set.of(Direction.INGRESS), List.of(), List.of()));
  }

  private void put(Policy policy) {
    last = policy;
    loop.feed().orElseThrow().upsert(policy, List.of());
  }

  private void podIsKnown() {
    loop.feed()
        .orElseThrow()
        .upsert(
            new PolicyPod(
                "shop", "a", "", "node1", Map.of(), List.of(ADDRESS), List.of(), Instant.EPOCH));
  }

  private void admit() throws DataplaneException {
    attach();
    loop.admit(POD, "", List.of(ADDRESS));
  }

  /** The ADD has an attachment. */
  private void attach() {
    Attachment attachment =
        new Attachment("weft", new AttachmentKey("c1", "eth0"), List.of(ADDRESS), Optional.of(POD));
    attachments.adopt(List.of(new HostVeth(attachment.hostVeth(), Optional.of(attachment), true)));
  }

  @Test
  void withoutAPolicyAPodCostsNothing() throws Exception {
    allListed();
    admit();
    assertThat(kernel.admitted).isEmpty();
    assertThat(kernel.program).isEqualTo(PolicyProgram.NONE);
    assertThat(watches.wanted).isEqualTo(PolicyWatches.NONE);
    assertThat(watches.requested).isEmpty();
    assertThat(loop.isInForce()).isFalse();
  }

  /** Other nodes' sets may have the address of a pod that no policy selects here. */
  @Test
  void addressesCoolDownWhileTheClusterHasAnyPolicy() {
    denyAll();
    allListed();
    await().until(() -> loop.isInForce());
    assertThat(loop.isKnown(ADDRESS)).isFalse();
    loop.feed().orElseThrow().policyGone("shop", "deny");
    await().until(() -> !loop.isInForce());
  }

  @Test
  void aPodWhoseLabelsAreNotKnownIsClosedAndAskedForThenItsGroupDecides() throws Exception {
    allListed();
    denyAll();
    admit();
    assertThat(kernel.admitted).containsExactly(ADDRESS + " " + PolicyProgram.CLOSED);
    assertThat(watches.requested).containsExactly(POD);
    await().until(() -> watches.wanted.ownPods());
    podIsKnown();
    await()
        .until(
            () ->
                kernel
                    .program
                    .group(Direction.INGRESS, ADDRESS)
                    .filter(group -> !group.equals(PolicyProgram.CLOSED))
                    .isPresent());
    assertThat(loop.isInForce()).isTrue();
    assertThat(loop.isKnown(ADDRESS)).isTrue();
  }

  @Test
  void aPodWhoseGroupIsKnownIsInItAtOnce() throws Exception {
    attach();
    allListed();
    denyAll();
    podIsKnown();
    loop.admit(POD, "", List.of(ADDRESS));
    assertThat(kernel.admitted).hasSize(1);
    assertThat(kernel.admitted.get(0)).doesNotContain(PolicyProgram.CLOSED).doesNotContain("open");
    assertThat(watches.requested).isEmpty();
  }

  @Test
  void beforePoliciesAreListedAPodIsOpenWhereThereWereNone() throws Exception {
    loop.close();
    remembered("none\n");
    start(PolicyMode.ENFORCE);
    assertThat(loop.notReady()).isEmpty();
    admit();
    assertThat(kernel.admitted).isEmpty();
  }

  @Test
  void afterABootTheNodeWaitsForPoliciesAndThenItsPodsAreClosed() throws Exception {
    assertThat(loop.notReady()).isPresent();
    admit();
    assertThat(kernel.admitted).containsExactly(ADDRESS + " " + PolicyProgram.CLOSED);
    aheadNanos.set(PolicyLoop.SLOW.toNanos());
    assertThat(loop.notReady()).isEmpty();
    assertThat(loop.blockers()).extracting(Blocker::reason).containsExactly("PolicyListsMissing");
    allListed();
    assertThat(loop.blockers()).isEmpty();
  }

  @Test
  void onceThereIsNoPolicyTheNodeIsReadyAndAPodIsOpen() throws Exception {
    AtomicBoolean listed = new AtomicBoolean();
    loop.onListed(() -> listed.set(true));
    allListed();
    await().untilTrue(listed);
    assertThat(loop.notReady()).isEmpty();
    admit();
    assertThat(kernel.admitted).isEmpty();
    await().until(() -> remembered().equals("none"));
  }

  @Test
  void beforePoliciesAreListedAPodIsClosedWhereTheyWereSeenBefore() throws Exception {
    loop.close();
    remembered("");
    start(PolicyMode.ENFORCE);
    assertThat(loop.notReady()).isEmpty();
    admit();
    assertThat(kernel.admitted).containsExactly(ADDRESS + " " + PolicyProgram.CLOSED);
    assertThat(kernel.program).isNull();
  }

  private void remembered(String text) throws IOException {
    Files.writeString(runDir.resolve(RememberedPolicies.FILE), text);
  }

  private String remembered() throws IOException {
    Path file = runDir.resolve(RememberedPolicies.FILE);
    return Files.exists(file) ? Files.readString(file).strip() : "";
  }

  @Test
  void beforePoliciesAreListedAPodIsClosedWhereTheKernelHasATable() throws Exception {
    loop.close();
    kernel.hasTable = true;
    start(PolicyMode.ENFORCE);
    admit();
    assertThat(kernel.admitted).containsExactly(ADDRESS + " " + PolicyProgram.CLOSED);
  }

  @Test
  void itIsRememberedWhetherThereArePolicies() throws Exception {
    denyAll();
    allListed();
    assertThat(remembered()).isEqualTo("some");
    loop.feed().orElseThrow().policyGone("shop", "deny");
    await().until(() -> remembered().equals("none"));
  }

  @Test
  void theKernelKeepsWhatItHasUntilEveryListIsIn() {
    denyAll();
    watches.listed = new Listed(true, true, true, false);
    loop.wake();
    await().until(() -> remembered().equals("some"));
    assertThat(kernel.program).isNull();
    await()
        .until(
            () -> {
              aheadNanos.addAndGet(PolicyLoop.PATIENCE.toNanos());
              loop.wake();
              return kernel.program != null;
            });
  }

  @Test
  void theKernelKeepsWhatItHasWhileItsOwnPodsAreNotListed() {
    denyAll();
    attach();
    watches.listed = new Listed(true, true, false, false);
    aheadNanos.set(PolicyLoop.PATIENCE.toNanos());
    loop.wake();
    await().until(() -> watches.wanted.ownPods());
    assertThat(loop.blockers()).extracting(Blocker::reason).containsExactly("PolicyListsMissing");
    aheadNanos.addAndGet(PolicyLoop.PATIENCE.toNanos());
    loop.wake();
    await().during(Duration.ofSeconds(1)).until(() -> kernel.program == null);
    assertThat(loop.blockers()).isNotEmpty();
    allListed();
    assertThat(loop.blockers()).isEmpty();
  }

  /** Their namespace has a policy now, which may select them, and may not. */
  @Test
  void aFirstPolicyLeavesRunningPodsAsTheyAreUntilTheyAreListed() {
    watches.listed = new Listed(true, false, false, true);
    loop.wake();
    await().until(() -> kernel.program != null);
    attach();
    watches.listed = new Listed(true, false, false, false);
    denyAll();
    await().until(() -> watches.wanted.ownPods());
    assertThat(loop.blockers()).isEmpty();
    await().during(Duration.ofSeconds(1)).until(() -> kernel.program == PolicyProgram.NONE);
    aheadNanos.set(PolicyLoop.SLOW.toNanos());
    assertThat(loop.blockers()).extracting(Blocker::reason).containsExactly("PolicyListsMissing");
    podIsKnown();
    watches.listed = new Listed(true, false, true, true);
    loop.wake();
    await().until(() -> kernel.program.group(Direction.INGRESS, ADDRESS).isPresent());
    assertThat(loop.blockers()).isEmpty();
  }

  /** What a policy's peers are is chosen by namespaces: without them no peer is wanted. */
  @Test
  void aListThatComesDuringARunDoesNotMakeAllOfThem() {
    put(
        new Policy(
            "shop",
            "peers",
            "u",
            Selector.ALL,
            Set.of(Direction.INGRESS),
            List.of(
                new PolicyRule(
                    List.of(
                        new PolicyPeer.Pods(
                            Optional.of(Selector.ALL),
                            new Selector(Map.of("app", "x"), List.of()))),
                    List.of())),
            List.of()));
    loop.feed().orElseThrow().upsert(new PolicyNamespace("other", Map.of()));
    attach();
    podIsKnown();
    AtomicInteger looks = new AtomicInteger();
    loop.connected(
        new Watches() {
          @Override
          public Listed listed() {
            boolean first = looks.incrementAndGet() == 1;
            return new Listed(true, !first, true, !first && watches.wanted.peers().isEmpty());
          }

          @Override
          public void want(PolicyWatches now) {
            watches.want(now);
          }
        });
    await().until(() -> !watches.wanted.peers().isEmpty());
    await().during(Duration.ofSeconds(1)).until(() -> kernel.program == null);
  }

  /**
   * What a node sends by a tunnel has its gateway's address, which an ipBlock of the node means.
   */
  @Test
  void theKernelKeepsWhatItHasUntilTheNodesAreKnown() {
    loop.close();
    startWithoutNodes(PolicyMode.ENFORCE);
    denyAll();
    watches.listed = new Listed(true, true, true, true);
    loop.wake();
    await().until(() -> remembered().equals("some"));
    await().during(Duration.ofSeconds(1)).until(() -> kernel.program == null);
    aheadNanos.set(PolicyLoop.SLOW.toNanos());
    assertThat(loop.blockers())
        .singleElement()
        .asString()
        .contains("PolicyListsMissing", "ipallocations");
    loop.reconciled(NODES_LISTED);
    await().until(() -> kernel.program != null);
    assertThat(loop.blockers()).isEmpty();
  }

  @Test
  void aBurstOfEventsIsOverWhenItIsOver() {
    AtomicInteger looks = new AtomicInteger();
    denyAll();
    loop.connected(
        new Watches() {
          @Override
          public Listed listed() {
            looks.incrementAndGet();
            return new Listed(true, true, false, false);
          }
        });
    await()
        .pollInterval(Duration.ofMillis(20))
        .until(
            () -> {
              loop.wake();
              return looks.get() > 30;
            });
    int before = looks.get();
    await().during(Duration.ofSeconds(3)).until(() -> looks.get() <= before + 10);
  }

  @Test
  void whileListsAreMissingNewPodsThatStayClosedAreReported() throws Exception {
    denyAll();
    watches.listed = new Listed(true, true, false, false);
    loop.wake();
    await().until(() -> remembered().equals("some"));
    attach();
    loop.admit(POD, "uid-7", List.of(ADDRESS));
    loop.wake();
    await().until(() -> meters.get("weft.policy.closed.pods").gauge().value() == 1);
    aheadNanos.addAndGet(ClosedPods.PATIENCE.toNanos());
    loop.wake();
    await().until(() -> !events.isEmpty());
    assertThat(events.get(0)).startsWith("pod shop/a uid-7 ");
    assertThat(kernel.program).isNull();
  }

  @Test
  void inAuditModeANodeDoesNotWaitForPolicies() {
    loop.close();
    start(PolicyMode.AUDIT);
    assertThat(loop.notReady()).isEmpty();
  }

  @Test
  void aFaultOfTheAgentIsReportedAndTriedAgain() {
    kernel.fault = true;
    denyAll();
    watches.listed = new Listed(true, true, true, true);
    loop.wake();
    await().until(() -> !loop.blockers().isEmpty());
    assertThat(loop.blockers().get(0).message()).contains("too long", "stay");
    kernel.fault = false;
    await().until(() -> loop.blockers().isEmpty());
    assertThat(kernel.program).isNotNull();
  }

  @Test
  void whatTheKernelRefusesIsReportedAndTriedAgain() {
    kernel.refusal = "no memory";
    denyAll();
    watches.listed = new Listed(true, true, true, true);
    loop.wake();
    await().until(() -> !loop.blockers().isEmpty());
    assertThat(loop.blockers().get(0).message()).contains("no memory");
    assertThat(events).singleElement().asString().startsWith("node PolicyRulesRefused");
    kernel.refusal = "";
    await().until(() -> loop.blockers().isEmpty());
    assertThat(kernel.program).isNotNull();
  }

  @Test
  void ofAnAddThatFailedNothingStays() throws Exception {
    allListed();
    denyAll();
    podIsKnown();
    loop.admit(POD, "", List.of(ADDRESS));
    await().until(() -> !loop.isKnown(ADDRESS));
    assertThat(kernel.program.group(Direction.INGRESS, ADDRESS)).isEmpty();
  }

  @Test
  void ipvsIsReportedOnceWherePoliciesAreInForce() throws Exception {
    Files.createFile(runDir.resolve("kube-ipvs0"));
    allListed();
    assertThat(loop.blockers()).isEmpty();
    denyAll();
    podIsKnown();
    admit();
    await().until(() -> !loop.blockers().isEmpty());
    assertThat(loop.blockers()).extracting(Blocker::reason).containsExactly(PolicyLoop.IPVS);
    loop.wake();
    await().until(() -> !events.isEmpty());
    assertThat(events).singleElement().asString().startsWith("node IpvsUnsupported ");
  }

  @Test
  void anAddFailsWhereTheKernelRefuses() {
    allListed();
    denyAll();
    kernel.refusal = "no memory";
    assertThatThrownBy(this::admit).isInstanceOf(DataplaneException.class);
  }

  @Test
  void aPodThatStaysClosedGetsAnEventWithItsUid() throws Exception {
    allListed();
    denyAll();
    attach();
    loop.admit(POD, "uid-7", List.of(ADDRESS));
    await().until(() -> meters.get("weft.policy.closed.pods").gauge().value() == 1);
    assertThat(events).isEmpty();
    aheadNanos.set(ClosedPods.PATIENCE.toNanos());
    await().until(() -> !events.isEmpty());
    assertThat(events.get(0)).startsWith("pod shop/a uid-7 ");
  }

  @Test
  void aRepairIsReportedWithItsTime() {
    denyAll();
    allListed();
    kernel.repaired = true;
    loop.disturbed();
    await().until(() -> !events.isEmpty());
    assertThat(events.get(0)).startsWith("node PolicyRulesRepaired");
    assertThat(meters.get("weft.policy.table.missing").timer().count()).isEqualTo(1);
  }

  @Test
  void offReadsNothingAndRemovesTheTable() throws Exception {
    loop.close();
    kernel.program = null;
    start(PolicyMode.OFF);
    assertThat(loop.feed()).isEmpty();
    await().until(() -> PolicyProgram.NONE.equals(kernel.program));
    admit();
    assertThat(kernel.admitted).isEmpty();
  }

  @Test
  void whatWasDroppedIsAMetricByDirection() {
    assertThat(
            meters
                .get("weft.policy.dropped.packets")
                .tag("direction", "ingress")
                .functionCounter()
                .count())
        .isEqualTo(7);
  }
}
