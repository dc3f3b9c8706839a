// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.agent.cni.Attachments.Turn;
import dev.weft.agent.dataplane.Dataplane;
import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.DataplaneException.Reason;
import dev.weft.agent.dataplane.PodNamespace;
import dev.weft.core.node.Attachment;
import java.util.Optional;

/** The way an attachment goes, whoever asks for it. */
final class Removal {
  private final Dataplane dataplane;

  Removal(Dataplane dataplane) {
    this.dataplane = dataplane;
  }

  /**
   * Removes it and frees its addresses. Where the kernel refuses, they stay in quarantine until the
   * next dump of the links tells what is there.
   *
   * @param pod its namespace, where a caller holds it
   */
  void remove(Turn turn, Attachment attachment, Optional<PodNamespace> pod) throws CniException {
    if (!turn.removing()) {
      return;
    }
    try {
      dataplane.detach(attachment, turn.hostPorts(), pod);
    } catch (DataplaneException e) {
      // Somebody else's link has the name: ours cannot be there.
      if (e.reason() != Reason.FOREIGN_LINK) {
        throw CniErrors.of("delete " + attachment.key(), e);
      }
    }
    turn.removed();
  }
}
