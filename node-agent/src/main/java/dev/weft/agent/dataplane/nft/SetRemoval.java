// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.nft;

import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.libc.Errno;
import dev.weft.netlink.nft.SetChange;
import dev.weft.netlink.nft.SetElement;
import dev.weft.netlink.nft.SetQuery;
import dev.weft.netlink.nft.SetRef;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Removes elements of nftables sets, of which some may be gone. Every transaction takes the kernel
 * 10 ms or more, refused or not: their number does not grow with that of the elements that are
 * gone.
 */
public final class SetRemoval {
  /** Others may remove elements between a dump and the transaction that it is for. */
  private static final int ATTEMPTS = 5;

  private SetRemoval() {}

  /** As {@link #run(NetlinkSocket, Map)}, of the elements of a change. */
  public static void run(NetlinkSocket nft, SetChange removal) throws NetlinkException {
    run(nft, bySet(removal));
  }

  /**
   * Removes elements, in several transactions where they are too many for one. A transaction is all
   * or nothing: where an element is not there, the sets are read and what they have is removed.
   * What is not there is no error.
   */
  public static void run(
      NetlinkSocket nft, Map<SetRef, ? extends List<? extends SetElement>> elements)
      throws NetlinkException {
    for (SetChange part : SetChange.packed(false, elements)) {
      remove(nft, part);
    }
  }

  private static void remove(NetlinkSocket nft, SetChange removal) throws NetlinkException {
    Map<SetRef, List<SetElement>> left = bySet(removal);
    for (int attempt = 1; !left.isEmpty(); attempt++) {
      try {
        nft.execute(SetChange.packed(false, left).get(0));
        return;
      } catch (NetlinkException e) {
        if (e.errno() != Errno.ENOENT || attempt == ATTEMPTS) {
          throw e;
        }
      }
      boolean single = left.values().stream().mapToInt(List::size).sum() == 1;
      left = single ? Map.of() : present(nft, left);
    }
  }

  private static Map<SetRef, List<SetElement>> bySet(SetChange removal) {
    Map<SetRef, List<SetElement>> elements = new LinkedHashMap<>();
    for (SetChange.Step step : removal.steps()) {
      elements.computeIfAbsent(step.set(), set -> new ArrayList<>()).addAll(step.elements());
    }
    return elements;
  }

  /** Those of the elements that are in their sets, each key once. */
  private static Map<SetRef, List<SetElement>> present(
      NetlinkSocket nft, Map<SetRef, List<SetElement>> elements) throws NetlinkException {
    Map<SetRef, List<SetElement>> present = new LinkedHashMap<>();
    for (Map.Entry<SetRef, List<SetElement>> set : elements.entrySet()) {
      Set<ByteBuffer> keys = keys(nft, set.getKey());
      List<SetElement> there =
          set.getValue().stream()
              .filter(element -> keys.remove(ByteBuffer.wrap(element.key())))
              .toList();
      if (!there.isEmpty()) {
        present.put(set.getKey(), there);
      }
    }
    return present;
  }

  private static Set<ByteBuffer> keys(NetlinkSocket nft, SetRef set) throws NetlinkException {
    try {
      return new HashSet<>(nft.dump(new SetQuery<>(set, (key, data) -> ByteBuffer.wrap(key))));
    } catch (NetlinkException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
      return new HashSet<>();
    }
  }
}
