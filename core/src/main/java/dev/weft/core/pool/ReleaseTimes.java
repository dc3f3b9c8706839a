// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import java.time.Duration;

/**
 * How long a lost block is kept.
 *
 * @param grace from the node's loss until the block is released
 * @param hold from then until its IPAllocation is deleted, so that every agent sees the release
 */
public record ReleaseTimes(Duration grace, Duration hold) {}
