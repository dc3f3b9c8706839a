// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import dev.weft.agent.install.RuntimeFiles;
import dev.weft.core.node.TunnelSettings;
import dev.weft.core.options.Option;
import dev.weft.core.options.OptionException;
import dev.weft.core.options.OptionTable;
import dev.weft.core.options.OptionValues;
import dev.weft.core.options.Parsers;
import dev.weft.core.policy.PolicyMode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The agent's options, as its command line and environment give them.
 *
 * @param nodeName name of the Node it runs on
 * @param nodeUid UID of that Node; empty: read from the pod's service account token
 * @param kubeconfig how the API server is reached; empty: by the environment or the pod's service
 *     account
 * @param cniBinDir directory that the runtime takes plugins from
 * @param cniConfDir directory that the runtime takes network configurations from
 * @param runDir directory of the socket, the lock and what is remembered until the next boot
 * @param plugin the plugin to install; empty: something else installs it
 * @param networkName name of the CNI network
 * @param httpPort of probes and {@code /v1} on 127.0.0.1
 * @param metricsPort of {@code /metrics} on the node's address
 * @param cniWorkers threads that answer CNI requests
 * @param cniDeleters threads that delete links
 * @param tunnels what this cluster's nodes agree on for packets between them
 * @param orphanRouteGrace how long a route to a block that no list has stays
 * @param policyMode what is done with network policies
 * @param installPlugin whether to copy the plugin and exit
 * @param cleanup whether to remove everything of Weft from the node and exit
 * @param text every option in force, for the log
 */
public record AgentOptions(
    String nodeName,
    Optional<String> nodeUid,
    Optional<Path> kubeconfig,
    Path cniBinDir,
    Path cniConfDir,
    Path runDir,
    Optional<Path> plugin,
    String networkName,
    int httpPort,
    int metricsPort,
    int cniWorkers,
    int cniDeleters,
    TunnelSettings tunnels,
    Duration orphanRouteGrace,
    PolicyMode policyMode,
    boolean installPlugin,
    boolean cleanup,
    String text) {
  /** Every option, for the command line and the documentation. */
  public static final OptionTable TABLE = new OptionTable();

  private static final Function<String, Integer> PORT = Parsers.integer(1, 65535);

  private static final Option<String> NODE_NAME =
      TABLE.required("node-name", "NAME", Parsers.TEXT, "Name of the Node that the agent runs on.");
  private static final Option<String> NODE_UID =
      TABLE.optional(
          "node-uid",
          "UID",
          Parsers.TEXT,
          "UID of that Node, for an agent outside of a pod; without it the UID in the pod's service account"
              + " token. Where neither is known, an agent that is restarted while the API server is"
              + " away allocates no addresses.");
  private static final Option<Path> KUBECONFIG =
      TABLE.optional(
          "kubeconfig",
          "PATH",
          Path::of,
          "How the API server is reached; without it `KUBECONFIG`, then the pod's service account.");
  private static final Option<Path> CNI_BIN_DIR =
      TABLE.of(
          "cni-bin-dir",
          "PATH",
          Path::of,
          "/opt/cni/bin",
          "Directory that the container runtime takes CNI plugins from.");
  private static final Option<Path> CNI_CONF_DIR =
      TABLE.of(
          "cni-conf-dir",
          "PATH",
          Path::of,
          "/etc/cni/net.d",
          "Directory that the container runtime takes network configurations from.");
  private static final Option<Path> RUN_DIR =
      TABLE.of(
          "run-dir",
          "PATH",
          Path::of,
          "/run/weft",
          "Directory of the CNI socket and of the lock; the plugin expects its socket in /run/weft.");
  private static final Option<Path> PLUGIN =
      TABLE.optional(
          "plugin",
          "PATH",
          Path::of,
          "CNI plugin to copy to the plugin directory as `weft`; without it none is copied.");
  private static final Option<String> NETWORK_NAME =
      TABLE.of(
          "network-name", "NAME", AgentOptions::networkName, "weft", "Name of the CNI network.");
  static final Option<Integer> HTTP_PORT =
      TABLE.of(
          "http-port",
          "PORT",
          PORT,
          "9470",
          "Port on 127.0.0.1 of `/healthz`, `/readyz`, `/v1/addresses`, `/v1/blocks`, `/v1/peers` and"
              + " `/v1/policy`.");
  private static final Option<Integer> METRICS_PORT =
      TABLE.of("metrics-port", "PORT", PORT, "9471", "Port on the node's address of `/metrics`.");
  private static final Option<Integer> CNI_WORKERS =
      TABLE.of(
          "cni-workers",
          "COUNT",
          Parsers.integer(1, 256),
          "32",
          "Threads that answer CNI requests, 1 to 256.");
  private static final Option<Integer> CNI_DELETERS =
      TABLE.of(
          "cni-deleters",
          "COUNT",
          Parsers.integer(1, 256),
          "64",
          "Threads that delete links, each busy for about 15 ms a link, 1 to 256.");
  private static final Option<Integer> VXLAN_VNI =
      TABLE.of(
          "vxlan-vni",
          "NUMBER",
          Parsers.integer(1, TunnelSettings.MAX_VNI),
          String.valueOf(TunnelSettings.DEFAULT.vni()),
          "VXLAN network identifier of the tunnels between nodes, the same on every node.");
  private static final Option<Integer> VXLAN_PORT =
      TABLE.of(
          "vxlan-port",
          "PORT",
          PORT,
          String.valueOf(TunnelSettings.DEFAULT.port()),
          "UDP port of the tunnels between nodes, the same on every node; it must be open between"
              + " their addresses.");
  private static final Option<Integer> MTU =
      TABLE.of(
          "mtu",
          "BYTES",
          AgentOptions::mtu,
          "0",
          "Largest packet of a new pod, and on a path between nodes, 576 to 65535: where a path"
              + " passes less than the nodes' links. 0: what the links take, less the headers where a"
              + " path is a tunnel.");
  private static final Option<Duration> ORPHAN_ROUTE_GRACE =
      TABLE.duration(
          "orphan-route-grace",
          "10m",
          "How long after its start the agent keeps a route of its own to a block that is in no"
              + " list; lists that lack this node's own blocks do not count.");
  private static final Option<PolicyMode> POLICY_MODE =
      TABLE.of(
          "policy-mode",
          "MODE",
          PolicyMode::parse,
          PolicyMode.ENFORCE.toString(),
          "What is done with what no NetworkPolicy accepts: `Enforce` drops it, `Audit` counts it and"
              + " lets it pass, `Off` reads no policies and removes their rules.");
  private static final Option<Boolean> INSTALL_PLUGIN =
      TABLE.flag("install-plugin", "Copy `--plugin` to the plugin directory, then exit.");
  private static final Option<Boolean> CLEANUP =
      TABLE.flag("cleanup", "Remove everything of Weft from the node, then exit.");

  /**
   * Reads them.
   *
   * @throws OptionException with every problem there is
   */
  public static AgentOptions parse(List<String> arguments, Map<String, String> environment)
      throws OptionException {
    OptionValues values = TABLE.parse(arguments, environment);
    return new AgentOptions(
        values.get(NODE_NAME),
        values.find(NODE_UID),
        values.find(KUBECONFIG),
        values.get(CNI_BIN_DIR),
        values.get(CNI_CONF_DIR),
        values.get(RUN_DIR),
        values.find(PLUGIN),
        values.get(NETWORK_NAME),
        values.get(HTTP_PORT),
        values.get(METRICS_PORT),
        values.get(CNI_WORKERS),
        values.get(CNI_DELETERS),
        new TunnelSettings(values.get(VXLAN_VNI), values.get(VXLAN_PORT), values.get(MTU)),
        values.get(ORPHAN_ROUTE_GRACE),
        values.get(POLICY_MODE),
        values.get(INSTALL_PLUGIN),
        values.get(CLEANUP),
        values.toString());
  }

  /** The container runtime's files, by these options. */
  RuntimeFiles runtimeFiles() {
    return new RuntimeFiles(cniBinDir, cniConfDir, plugin, networkName);
  }

  private static int mtu(String text) {
    return text.equals("0")
        ? 0
        : Parsers.integer(TunnelSettings.LEAST_MTU_BYTES, TunnelSettings.MAX_MTU_BYTES).apply(text);
  }

  private static String networkName(String text) {
    if (!text.matches("[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}")) {
      throw new IllegalArgumentException(
          "must begin with a letter or digit and have at most 63 of letters, digits, _ . -");
    }
    return text;
  }
}
