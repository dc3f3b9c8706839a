// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.path;

import dev.weft.core.node.Blocker;
import dev.weft.core.node.PeerReport;
import java.time.Duration;
import java.util.Locale;

/**
 * What a probe found.
 *
 * @param path the path as it was then
 * @param detail what was answered and what was not, with what to do; empty where it was reached
 * @param atNanos when, by {@link System#nanoTime()}
 */
record PathResult(ProbedPath path, Outcome outcome, String detail, long atNanos) {
  /** Whether a path passes packets. */
  enum Outcome {
    /** The other node answered. */
    REACHED,
    /** It did not, also not at its own address: a firewall may drop what is sent or the answer. */
    UNKNOWN,
    /** It answered at its own address only. */
    BLOCKED;

    /** Its label in metrics. */
    String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** For people: {@code yes, 12s ago}. */
  String text(long nowNanos) {
    String ago = ago(Duration.ofNanos(nowNanos - atNanos));
    return switch (outcome) {
      case REACHED -> "yes, " + ago;
      case UNKNOWN -> "Unknown, %s: %s".formatted(ago, detail);
      case BLOCKED -> "%s, %s: %s".formatted(reason(path.kind()), ago, detail);
    };
  }

  /** Why a path of a kind is blocked. */
  static String reason(PeerReport.Path kind) {
    return kind == PeerReport.Path.VXLAN ? Blocker.TUNNEL_BLOCKED : Blocker.DIRECT_BLOCKED;
  }

  private static String ago(Duration age) {
    if (age.toMinutes() < 2) {
      return age.toSeconds() + "s ago";
    }
    return age.toHours() < 2 ? age.toMinutes() + "m ago" : age.toHours() + "h ago";
  }
}
