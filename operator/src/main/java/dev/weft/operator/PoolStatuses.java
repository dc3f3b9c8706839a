// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.api.Addresses;
import dev.weft.api.Conditions;
import dev.weft.api.IPPoolStatus;
import dev.weft.core.pool.Acceptance;
import dev.weft.core.pool.Block;
import dev.weft.core.pool.BlockLayout;
import dev.weft.core.pool.BlockReport;
import dev.weft.core.pool.PoolReport;
import dev.weft.core.pool.PoolVerdict;
import io.fabric8.kubernetes.api.model.Condition;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** Makes a pool's status of the report on it. */
final class PoolStatuses {
  private static final int NAMES_SHOWN = 10;

  private PoolStatuses() {}

  /**
   * A pool's status.
   *
   * @param generation of the pool that was decided on
   * @param before the status it has, whose conditions keep their times; null: none
   * @param layout its blocks; empty where it is invalid
   * @param addresses those of its blocks
   */
  static IPPoolStatus of(
      Long generation,
      IPPoolStatus before,
      Optional<BlockLayout> layout,
      PoolReport report,
      Addresses addresses,
      Instant now) {
    return new IPPoolStatus(
        before == null ? null : before.cidr(),
        generation,
        layout.map(BlockLayout::blockLength).orElse(null),
        layout.isEmpty()
            ? null
            : new IPPoolStatus.Blocks(report.total(), report.allocated(), report.free()),
        addresses,
        conditions(before, report, now));
  }

  /**
   * The sum of what agents report of blocks that count, of each no more than it has; at most {@link
   * Long#MAX_VALUE}.
   */
  static Addresses addresses(Collection<Block> blocks) {
    long capacity = 0;
    long used = 0;
    for (Block block : blocks) {
      if (block.state() != Block.State.CLAIMED) {
        BlockReport report = block.report();
        long most = Math.min(block.cidr().size(), Long.MAX_VALUE - capacity);
        long one = Math.min(report.capacity(), most);
        capacity += one;
        used += Math.min(report.used(), one);
      }
    }
    return new Addresses(capacity, used, capacity - used);
  }

  private static List<Condition> conditions(IPPoolStatus before, PoolReport report, Instant now) {
    PoolVerdict verdict = report.verdict();
    ConditionList conditions = new ConditionList(before == null ? null : before.conditions(), now);
    Acceptance acceptance = verdict.acceptance();
    conditions.set(
        Conditions.ACCEPTED,
        status(acceptance.kind() == Acceptance.Kind.ACCEPTED),
        accepted(acceptance.kind()).text(),
        acceptance.message());
    boolean ready = verdict.allocates() && !report.exhausted() && !report.reachesNobody();
    conditions.set(Conditions.READY, status(ready), reason(report).text(), message(report));
    conditions.set(
        Conditions.EXHAUSTED,
        status(report.exhausted()),
        report.exhausted() ? "NoBlockLeft" : "BlocksLeft",
        report.exhausted() ? exhausted(report) : "blocks are left");
    boolean overlapping = verdict.kind() == PoolVerdict.Kind.OVERLAPPING;
    if (!overlapping && !report.nodeAddresses().isEmpty()) {
      conditions.set(
          Conditions.OVERLAPPING, "True", PoolReason.NODE_ADDRESSES.text(), report.nodeAddresses());
    } else {
      conditions.set(
          Conditions.OVERLAPPING,
          status(overlapping),
          overlapping ? "RangeTaken" : "RangeFree",
          overlapping ? verdict.message() : "the range overlaps nothing older");
    }
    if (isDraining(verdict)) {
      drained(report, conditions);
    }
    return conditions.list();
  }

  private static boolean isDraining(PoolVerdict verdict) {
    return verdict.kind() == PoolVerdict.Kind.DRAINING
        || verdict.kind() == PoolVerdict.Kind.DELETING;
  }

  private static void drained(PoolReport report, ConditionList conditions) {
    if (report.allocated() == 0) {
      conditions.set(
          Conditions.DRAINED, "True", PoolReason.NO_BLOCKS.text(), "no node has a block of it");
    } else if (report.settling() && !report.stuck().isEmpty()) {
      conditions.set(
          Conditions.DRAINED,
          "False",
          PoolReason.SETTLING.text(),
          ("nothing new is allocated for now: allocations may have been lost, and agents claim again"
                  + " what they serve (--settle-time); until then %s keep and use their blocks")
              .formatted(names(report.stuck())));
    } else if (!report.stuck().isEmpty()) {
      conditions.set(
          Conditions.DRAINED,
          "False",
          PoolReason.NO_OTHER_POOL.text(),
          ("no other pool has a block for %s: they keep and use theirs; add a pool that selects them,"
                  + " widen one, or set one's spec.state to Active%s")
              .formatted(
                  names(report.stuck()),
                  report.verdict().kind() == PoolVerdict.Kind.DELETING
                      ? "; or delete their IPAllocations, once their pods are gone"
                      : ""));
    } else if (!report.unserved().isEmpty()) {
      conditions.set(
          Conditions.DRAINED,
          "False",
          PoolReason.OTHER_BLOCK_NOT_SERVED.text(),
          ("%s have blocks of another pool too and do not serve them yet: see the condition"
                  + " Programmed of these, and whether their agents run; until then they keep and"
                  + " use theirs of this pool")
              .formatted(names(report.unserved())));
    } else {
      conditions.set(
          Conditions.DRAINED,
          "False",
          PoolReason.BLOCKS_IN_USE.text(),
          ("%d blocks are left, of %s: each goes back once its node serves a block of another pool"
                  + " and no pod has an address of it; restart their pods to speed that up")
              .formatted(report.allocated(), names(report.owners())));
    }
  }

  private static PoolReason accepted(Acceptance.Kind kind) {
    return switch (kind) {
      case ACCEPTED -> PoolReason.ACCEPTED;
      case INVALID -> PoolReason.INVALID;
      case OVERLAPPING -> PoolReason.OVERLAPPING;
      case NOT_CONTAINING -> PoolReason.NOT_CONTAINING;
    };
  }

  private static String status(boolean holds) {
    return holds ? "True" : "False";
  }

  private static PoolReason reason(PoolReport report) {
    return switch (report.verdict().kind()) {
      case INVALID -> PoolReason.INVALID;
      case DELETING -> report.owners().isEmpty() ? PoolReason.DELETING : PoolReason.IN_USE;
      case OVERLAPPING -> PoolReason.OVERLAPPING;
      case DRAINING -> PoolReason.DRAINING;
      case NO_NEW_BLOCKS -> PoolReason.NO_NEW_BLOCKS;
      case READY ->
          report.exhausted()
              ? PoolReason.EXHAUSTED
              : report.reachesNobody() ? PoolReason.NO_NODE_ADDRESS : PoolReason.ALLOCATING;
    };
  }

  private static String message(PoolReport report) {
    if (report.verdict().kind() == PoolVerdict.Kind.DELETING && !report.owners().isEmpty()) {
      return "the pool is being deleted, which its blocks of %s prevent; see its condition Drained"
          .formatted(names(report.owners()));
    }
    if (report.verdict().allocates() && report.exhausted()) {
      return exhausted(report);
    }
    if (report.verdict().allocates() && !report.unaddressed().isEmpty()) {
      return unaddressed(report);
    }
    return report.verdict().message();
  }

  private static String unaddressed(PoolReport report) {
    return ("%s %d %s without an InternalIP of its family (%s): add one (kubelet --node-ip),"
            + " or exclude them by spec.nodeSelector")
        .formatted(
            report.reachesNobody()
                ? "nothing is allocated: it selects only"
                : report.verdict().message() + ", but not to",
            report.unaddressed().size(),
            report.unaddressed().size() == 1 ? "node" : "nodes",
            names(report.unaddressed()));
  }

  private static String exhausted(PoolReport report) {
    String waiting =
        report.waiting().isEmpty() ? "" : " (waiting: %s)".formatted(names(report.waiting()));
    String kept = report.nodeAddresses().isEmpty() ? "" : "; " + report.nodeAddresses();
    return "none of %d blocks is left%s; widen spec.cidr or add a pool%s"
        .formatted(report.total(), waiting, kept);
  }

  private static String names(List<String> names) {
    if (names.size() <= NAMES_SHOWN) {
      return String.join(", ", names);
    }
    return String.join(", ", names.subList(0, NAMES_SHOWN))
        + " and %d more".formatted(names.size() - NAMES_SHOWN);
  }
}
