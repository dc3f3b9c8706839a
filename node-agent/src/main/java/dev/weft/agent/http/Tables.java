// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.http;

import dev.weft.agent.cni.AddressRow;
import dev.weft.agent.policy.PolicyItem;
import dev.weft.agent.policy.PolicyRow;
import dev.weft.core.dataplane.Route;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.Attachment;
import dev.weft.core.node.OwnBlock;
import dev.weft.core.node.PeerReport;
import dev.weft.core.node.Tunnel;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The tables of {@code /v1}. */
final class Tables {
  private static final List<String> ADDRESS_COLUMNS =
      List.of("ip", "status", "pod", "containerId", "interface");
  private static final List<String> BLOCK_COLUMNS = List.of("block", "state", "message");
  private static final List<String> PEER_COLUMNS =
      List.of("node", "block", "endpoint", "via", "since", "reached");

  private static final List<String> POLICY_COLUMNS =
      List.of("direction", "verdict", "policy", "rule", "peer", "ports", "packets", "bytes");
  private static final List<String> POLICY_ITEM_COLUMNS = List.of("kind", "name", "size", "detail");

  private Tables() {}

  /** Every address of the node's blocks, and the pod that has it. */
  static Table addresses(Collection<AddressRow> addresses) {
    return new Table(ADDRESS_COLUMNS, addresses.stream().map(Tables::row).toList());
  }

  /** Every block of the node, and its state. */
  static Table blocks(Collection<OwnBlock> blocks) {
    return new Table(BLOCK_COLUMNS, blocks.stream().map(Tables::row).toList());
  }

  /**
   * Every block of another node, and how it is reached.
   *
   * @param reached what a probe of the path there found; empty where there was none
   */
  static Table peers(Collection<PeerReport> peers, Function<PeerReport, String> reached) {
    return new Table(
        PEER_COLUMNS, peers.stream().map(peer -> row(peer, reached.apply(peer))).toList());
  }

  /** A pod's effective rules, in the order in which the kernel tries them. */
  static Table policyRows(Collection<PolicyRow> rows) {
    return new Table(POLICY_COLUMNS, rows.stream().map(Tables::row).toList());
  }

  /** What policies have on the node. */
  static Table policyItems(Collection<PolicyItem> items) {
    return new Table(
        POLICY_ITEM_COLUMNS,
        items.stream()
            .map(item -> Row.of(item.kind(), item.name(), item.size(), item.detail()))
            .toList());
  }

  private static Row row(PolicyRow row) {
    return Row.of(
        row.direction(),
        row.verdict(),
        row.policy(),
        row.rule(),
        row.peer(),
        row.ports(),
        text(row.packets()),
        text(row.bytes()));
  }

  private static String text(OptionalLong number) {
    return number.isPresent() ? String.valueOf(number.getAsLong()) : "";
  }

  private static Row row(AddressRow row) {
    String pod = row.attachment().flatMap(Attachment::pod).map(Object::toString).orElse("");
    return Row.of(
        row.address().toString(),
        row.status().name(),
        pod,
        row.attachment().map(a -> a.key().containerId()).orElse(""),
        row.attachment().map(a -> a.key().ifName()).orElse(""));
  }

  private static Row row(OwnBlock block) {
    return Row.of(block.cidr().toString(), block.state().reason(), block.message());
  }

  private static Row row(PeerReport report, String reached) {
    Instant since = report.peer().since().truncatedTo(ChronoUnit.SECONDS);
    return Row.of(
        report.peer().node(),
        report.peer().block().toString(),
        report.peer().endpoint().addresses().stream()
            .map(IpAddress::toString)
            .collect(Collectors.joining(",")),
        via(report),
        since.toString(),
        reached);
  }

  private static String via(PeerReport report) {
    String route = report.route().map(is -> path(report, is)).orElse("");
    String blocker = report.blocker().map(o -> o.reason() + ": " + o.message()).orElse("");
    if (route.isEmpty() || blocker.isEmpty()) {
      return route + blocker;
    }
    return route + " (" + blocker + ")";
  }

  private static String path(PeerReport report, Route route) {
    String to = report.tunnel().map(Tunnel::remote).or(route::nextHop).orElseThrow().toString();
    return report.path() == PeerReport.Path.VXLAN
        ? "vxlan to " + to + " dev " + route.device()
        : "direct via " + to + " dev " + route.device();
  }
}
