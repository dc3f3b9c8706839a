// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.net.Cidr;

/**
 * How far a block is used.
 *
 * @param cidr the block
 * @param capacity how many addresses pods may have of it
 * @param free how many of these no pod has
 */
public record BlockUsage(Cidr cidr, int capacity, int free) {
  /** How many pods have one. */
  public int used() {
    return capacity - free;
  }
}
