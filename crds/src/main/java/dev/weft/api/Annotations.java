// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

/** The annotations that the operator keeps on IPAllocations. */
public final class Annotations {
  /** The owner's {@code status.nodeInfo.systemUUID}: which machine it is. */
  public static final String SYSTEM_UUID = "weft.dev/system-uuid";

  /** The owner's {@code status.nodeInfo.bootID}: which run of that machine; kept current. */
  public static final String BOOT_ID = "weft.dev/boot-id";

  /**
   * In version 0.1, the UID of the Node that the block passed to; {@code spec.nodeUID} is that now.
   */
  public static final String INHERITED_BY = "weft.dev/inherited-by";

  private Annotations() {}
}
