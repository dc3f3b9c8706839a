// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.node.Attachment;
import java.util.Optional;

/**
 * The host end of a pod's veth.
 *
 * @param name of the link, {@code wf…}
 * @param attachment what its alias records; empty where it has none of ours (left by an agent that
 *     died in the middle of an ADD)
 * @param inSync whether it is up, in the link group of host veths, attached to the bridge, with
 *     hairpin on, learning and every flooding off, has no frame pass the anti-spoofing filter by,
 *     and has its one static FDB entry
 * @param mtuBytes of both its ends, as the pod was given it; never changed. 0 where it is not known
 */
public record HostVeth(String name, Optional<Attachment> attachment, boolean inSync, int mtuBytes) {
  /** The host veths of a node: only an ADD makes one. */
  public static final Kind<HostVeth> KIND =
      Kind.<HostVeth>of("host veth", 40, HostVeth::name)
          .text(HostVeth::name)
          .same(HostVeth::sameButPodName)
          .inFlight((veth, calls) -> calls.hostVeths().contains(veth.name))
          .neverAdded()
          .build();

  /** A host veth whose MTU is not known. */
  public HostVeth(String name, Optional<Attachment> attachment, boolean inSync) {
    this(name, attachment, inSync, 0);
  }

  /** The same host veth, repaired or not. */
  public HostVeth withInSync(boolean newInSync) {
    return new HostVeth(name, attachment, newInSync, mtuBytes);
  }

  /** Equal but for the MTU, and the pod's name, which an alias may hold cut short. */
  private boolean sameButPodName(HostVeth other) {
    return inSync == other.inSync && owner().equals(other.owner());
  }

  private Optional<Attachment> owner() {
    return attachment.map(
        is -> new Attachment(is.network(), is.key(), is.addresses(), Optional.empty()));
  }
}
