// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

/** The annotations that the operator keeps on IPAllocations and Nodes. */
public final class Annotations {
  /** The owner's {@code status.nodeInfo.systemUUID}: which machine it is. */
  public static final String SYSTEM_UUID = "weft.dev/system-uuid";

  /** The owner's {@code status.nodeInfo.bootID}: which run of that machine; kept current. */
  public static final String BOOT_ID = "weft.dev/boot-id";

  /**
   * UID of the Node that the block passed to: of the owner's name, and the same running machine,
   * registered again. {@code spec.nodeUID} is immutable and keeps the first one's.
   */
  public static final String INHERITED_BY = "weft.dev/inherited-by";

  /**
   * On a Node: the CIDRs of its blocks, with commas between them. What an operator that is
   * restarted restores where the IPAllocations were deleted meanwhile.
   */
  public static final String BLOCKS = "weft.dev/blocks";

  private Annotations() {}
}
