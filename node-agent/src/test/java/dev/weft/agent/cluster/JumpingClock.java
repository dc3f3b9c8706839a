// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** A wall clock that somebody sets. */
final class JumpingClock extends Clock {
  private volatile Duration offset = Duration.ZERO;

  /** Sets it this much ahead of what it was at first; a negative one: behind. */
  void jump(Duration newOffset) {
    offset = newOffset;
  }

  @Override
  public Instant instant() {
    return Instant.now().plus(offset);
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    return this;
  }
}
