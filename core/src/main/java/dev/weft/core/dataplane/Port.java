// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.node.Attachment;
import java.util.Optional;

/**
 * The host end of a pod's veth.
 *
 * @param name of the link, {@code wf…}
 * @param attachment what its alias says; empty where it has none of ours (left by an agent that
 *     died in the middle of an ADD)
 * @param whole whether it is up, in the link group of ports, a port of the bridge, with hairpin on,
 *     learning and every flooding off, has no frame pass the anti-spoofing filter by, and has its
 *     one static FDB entry
 * @param mtuBytes of both its ends, as the pod was given it; never changed. 0 where it is not known
 */
public record Port(String name, Optional<Attachment> attachment, boolean whole, int mtuBytes) {
  /** A port whose MTU is not known. */
  public Port(String name, Optional<Attachment> attachment, boolean whole) {
    this(name, attachment, whole, 0);
  }
}
