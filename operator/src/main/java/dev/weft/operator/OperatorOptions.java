// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.options.Option;
import dev.weft.core.options.OptionException;
import dev.weft.core.options.OptionTable;
import dev.weft.core.options.OptionValues;
import dev.weft.core.options.Parsers;
import dev.weft.core.policy.PolicyMode;
import dev.weft.core.pool.AgentPlatforms;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** The operator's options. */
public final class OperatorOptions {
  private static final OptionTable TABLE = new OptionTable();

  private static final Option<String> KUBECONFIG =
      TABLE.optional(
          "kubeconfig",
          "FILE",
          Parsers.TEXT,
          "The kubeconfig to use; else KUBECONFIG, ~/.kube/config or the pod's service account.");
  private static final Option<Duration> GRACE_PERIOD =
      TABLE.duration(
          "grace-period",
          "10m",
          "How long the blocks of a node that is gone are kept for its return.");
  private static final Option<Duration> RELEASE_HOLD =
      TABLE.duration(
          "release-hold",
          "30s",
          "How long a released block stays visible as Releasing before it is deleted, so that"
              + " every agent takes its routes away.");
  private static final Option<Duration> SETTLE_TIME =
      TABLE.duration(
          "settle-time",
          "5m",
          "How long no new block is allocated after allocations may have been lost, as by a restore"
              + " of etcd, so that agents can claim what they serve.");
  private static final Option<Duration> AGENT_GRACE =
      TABLE.duration(
          "agent-grace",
          "5m",
          "How long an agent's pod may be missing or not Ready, while its Node is Ready, before its"
              + " blocks' Programmed is Unknown and, where no agent answers that for 2 minutes, the"
              + " Node reports NetworkUnavailable.");
  private static final Option<List<Cidr>> SERVICE_CIDRS =
      TABLE.of(
          "service-cidrs",
          "CIDR,CIDR",
          Parsers.CIDRS,
          "",
          "Service CIDRs, which no pool may overlap.");
  private static final Option<Set<String>> ARCHITECTURES =
      TABLE.of(
          "architectures",
          "ARCH,ARCH",
          OperatorOptions::names,
          "",
          "Architectures that the agents' image is built for, as in the label kubernetes.io/arch:"
              + " nodes of others get no block, nor do nodes that do not run Linux; empty: any.");
  private static final Option<PolicyMode> POLICY_MODE =
      TABLE.of(
          "policy-mode",
          "MODE",
          PolicyMode::parse,
          PolicyMode.ENFORCE.toString(),
          "What the agents do with NetworkPolicies: Enforce, Audit or Off. Unless it is Off,"
              + " what is wrong with a policy is reported in Events on it.");
  private static final Option<Boolean> LEADER_ELECT =
      TABLE.of(
          "leader-elect",
          "BOOLEAN",
          Parsers.BOOLEAN,
          "true",
          "Whether to act only while holding the Lease weft-operator.");
  private static final Option<String> LEASE_NAMESPACE =
      TABLE.optional(
          "lease-namespace",
          "NAMESPACE",
          Parsers.TEXT,
          "Namespace of the Lease and of the agents' pods; else the one of the kubeconfig or of the"
              + " pod.");
  private static final Option<Duration> LEASE_DURATION =
      TABLE.of(
          "lease-duration",
          "DURATION",
          longerThanASecond(),
          "15s",
          "How long a leader that is silent keeps the Lease; it renews it each sixth of that.");
  private static final Option<Integer> HTTP_PORT =
      TABLE.of(
          "http-port",
          "PORT",
          Parsers.integer(0, 65535),
          "9472",
          "Port of /healthz and /readyz on 127.0.0.1; 0: any free one.");
  private static final Option<Integer> METRICS_PORT =
      TABLE.of(
          "metrics-port",
          "PORT",
          Parsers.integer(0, 65535),
          "9473",
          "Port of /metrics on --metrics-address; 0: any free one.");
  private static final Option<String> METRICS_ADDRESS =
      TABLE.of(
          "metrics-address",
          "IP",
          text -> IpAddress.parse(text).toString(),
          "127.0.0.1",
          "Address of the node that /metrics is served on.");
  private static final Option<String> NODE_NAME =
      TABLE.optional(
          "node-name",
          "NAME",
          Parsers.TEXT,
          "Name of the Node that it runs on, whose Events report a port that is taken.");
  private static final Option<String> POD_NAME =
      TABLE.optional(
          "pod-name",
          "NAME",
          Parsers.TEXT,
          "Name of the pod that it runs in, which each answer over HTTP names.");

  private static final Option<Boolean> CHECK =
      TABLE.flag(
          "check",
          "Check whether the network is as it should be, print it, and exit: 0 where it is, else"
              + " 1.");
  private static final Option<String> POD_IPS =
      TABLE.optional(
          "pod-ips",
          "IP,IP",
          Parsers.TEXT,
          "For `--check`: addresses of the pod it runs in, which must be of a pool.");

  private final OptionValues values;

  private OperatorOptions(OptionValues values) {
    this.values = values;
  }

  /** Every option there is, for the command line and the documentation. */
  public static OptionTable table() {
    return TABLE;
  }

  static OperatorOptions parse(List<String> arguments, Map<String, String> environment)
      throws OptionException {
    return new OperatorOptions(TABLE.parse(arguments, environment));
  }

  Optional<String> kubeconfig() {
    return values.find(KUBECONFIG);
  }

  Duration settleTime() {
    return values.get(SETTLE_TIME);
  }

  Duration gracePeriod() {
    return values.get(GRACE_PERIOD);
  }

  Duration releaseHold() {
    return values.get(RELEASE_HOLD);
  }

  Duration agentGrace() {
    return values.get(AGENT_GRACE);
  }

  List<Cidr> serviceCidrs() {
    return values.get(SERVICE_CIDRS);
  }

  AgentPlatforms platforms() {
    return new AgentPlatforms(values.get(ARCHITECTURES));
  }

  /** Whether agents do anything with NetworkPolicies. */
  boolean policies() {
    return values.get(POLICY_MODE) != PolicyMode.OFF;
  }

  boolean leaderElect() {
    return values.get(LEADER_ELECT);
  }

  Optional<String> leaseNamespace() {
    return values.find(LEASE_NAMESPACE);
  }

  Duration leaseDuration() {
    return values.get(LEASE_DURATION);
  }

  int httpPort() {
    return values.get(HTTP_PORT);
  }

  int metricsPort() {
    return values.get(METRICS_PORT);
  }

  InetAddress metricsAddress() {
    try {
      return InetAddress.getByAddress(IpAddress.parse(values.get(METRICS_ADDRESS)).bytes());
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address has 4 or 16 bytes", e);
    }
  }

  Optional<String> nodeName() {
    return values.find(NODE_NAME);
  }

  Optional<String> podName() {
    return values.find(POD_NAME);
  }

  boolean check() {
    return values.get(CHECK);
  }

  List<String> podIps() {
    return values.find(POD_IPS).map(ips -> List.of(ips.split(","))).orElse(List.of());
  }

  /** Every option that has a value, as {@code key=value}, for the log. */
  @Override
  public String toString() {
    return values.toString();
  }

  private static Set<String> names(String text) {
    return text.isEmpty() ? Set.of() : Set.of(text.split(","));
  }

  private static Function<String, Duration> longerThanASecond() {
    return text -> {
      Duration duration = Parsers.DURATION.apply(text);
      if (duration.compareTo(Duration.ofSeconds(1)) < 0) {
        throw new IllegalArgumentException("must be at least 1s");
      }
      return duration;
    };
  }
}
