// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.core.node.Attachment;
import java.io.IOException;
import java.util.Optional;

/** DEL: removes a pod's interface; succeeds where there is none. */
final class DelHandler implements VerbHandler {
  private final CniNode node;
  private final Removal removal;

  DelHandler(CniNode node, Removal removal) {
    this.node = node;
    this.removal = removal;
  }

  @Override
  public String serve(CniCall call, Exchange exchange) throws CniException, IOException {
    Optional<Attachment> known;
    try (AttachmentLock lock = node.attachments().lock(call.key())) {
      known = node.attachments().find(lock);
      if (known.isPresent()) {
        removal.remove(lock, known.get(), exchange.pod());
      }
    }
    exchange.answer(Answer.EMPTY);
    return known.map(attachment -> attachment.addresses().toString()).orElse("nothing was there");
  }
}
