// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.SpecialRanges;
import java.util.ArrayList;
import java.util.List;

/**
 * How a pool divides into blocks of equal size.
 *
 * @param cidr the whole range
 * @param blockLength prefix length of a block, in bits
 * @param reserved ranges that no block or no pod may have
 */
public record BlockLayout(Cidr cidr, int blockLength, List<Cidr> reserved) {
  private static final int MAX_INDEX_BITS = 62;

  /**
   * Refuses a block that is larger than the pool, too small for a pod, or one of too many, and a
   * range that can never be pods'.
   */
  public BlockLayout {
    reserved = List.copyOf(reserved);
    int shortest = cidr.family() == Family.IPV4 ? 8 : 64;
    int longest = cidr.family() == Family.IPV4 ? 30 : 126;
    if (blockLength < shortest || blockLength > longest) {
      throw new IllegalArgumentException(
          "nodePrefixLength %d: an %s block has a prefix of %d to %d bits"
              .formatted(blockLength, cidr.family(), shortest, longest));
    }
    if (cidr.prefixLength() > blockLength) {
      throw new IllegalArgumentException(
          "cidr %s is smaller than one block (/%d); make cidr larger or nodePrefixLength longer"
              .formatted(cidr, blockLength));
    }
    if (blockLength - cidr.prefixLength() > MAX_INDEX_BITS) {
      throw new IllegalArgumentException(
          "cidr %s has more than 2^%d blocks of /%d; make cidr smaller"
              .formatted(cidr, MAX_INDEX_BITS, blockLength));
    }
    SpecialRanges.overlapping(cidr)
        .ifPresent(
            special -> {
              throw new IllegalArgumentException(
                  "cidr %s overlaps %s, which can never be pods'; nothing is allocated from it,"
                          .formatted(cidr, special)
                      + " choose another range");
            });
    for (Cidr range : reserved) {
      if (!cidr.contains(range)) {
        throw new IllegalArgumentException(
            "reserved %s lies outside cidr %s; correct or remove it".formatted(range, cidr));
      }
    }
  }

  /**
   * Reads what a user declared.
   *
   * @param blockLength null: 24 for IPv4, 64 for IPv6
   * @throws IllegalArgumentException if any of it cannot be; the message names the remedy
   */
  public static BlockLayout parse(String cidr, Integer blockLength, List<String> reserved) {
    Cidr range = Cidr.parse(cidr);
    int fallback = range.family() == Family.IPV4 ? 24 : 64;
    return new BlockLayout(
        range,
        blockLength == null ? fallback : blockLength,
        reserved.stream().map(Cidr::parse).toList());
  }

  /** The same blocks as far as they lie in a range, and what of them is reserved. */
  BlockLayout within(Cidr range) {
    List<Cidr> inside = new ArrayList<>();
    for (Cidr one : reserved) {
      if (one.overlaps(range)) {
        inside.add(range.contains(one) ? one : range);
      }
    }
    return new BlockLayout(range, blockLength, inside);
  }

  /** Whether this is one of its blocks. */
  boolean has(Cidr block) {
    return block.prefixLength() == blockLength && cidr.contains(block);
  }

  /** How many blocks there are, the reserved ones too. */
  long count() {
    return cidr.count(blockLength);
  }
}
