// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.agent.dataplane.Dataplane;
import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.DataplaneException.Reason;
import dev.weft.agent.dataplane.PodNamespace;
import dev.weft.core.node.Attachment;
import java.util.Optional;

/** Removes attachments: for DEL and GC, before a second ADD, and to undo one. */
final class Removal {
  private final Attachments attachments;
  private final Dataplane dataplane;

  Removal(CniNode node) {
    attachments = node.attachments();
    dataplane = node.dataplane();
  }

  /**
   * Removes it and frees its addresses. Where the kernel refuses, they stay in quarantine until the
   * next dump of the links shows what is there.
   *
   * @param pod its namespace, where a caller holds it
   */
  void remove(AttachmentLock lock, Attachment attachment, Optional<PodNamespace> pod)
      throws CniException {
    if (!attachments.removing(lock)) {
      return;
    }
    try {
      dataplane.detach(attachment, attachments.hostPorts(lock), pod);
    } catch (DataplaneException e) {
      // Somebody else's link has the name: ours cannot be there.
      if (e.reason() != Reason.FOREIGN_LINK) {
        throw CniErrors.of("delete " + attachment.key(), e);
      }
    }
    attachments.removed(lock);
  }
}
