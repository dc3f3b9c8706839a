// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.core.node.Attachment;
import dev.weft.core.node.AttachmentKey;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * GC: removes the attachments of the network that the runtime does not know any more. What an ADD
 * or DEL is working on is left to it. One that cannot be removed keeps no other from being removed;
 * the first error is the answer.
 */
final class GcHandler implements VerbHandler {
  private static final Logger log = LoggerFactory.getLogger(GcHandler.class);

  private final CniNode node;
  private final Removal removal;

  GcHandler(CniNode node, Removal removal) {
    this.node = node;
    this.removal = removal;
  }

  @Override
  public String serve(CniCall call, Exchange exchange) throws CniException, IOException {
    Set<AttachmentKey> valid = call.config().validAttachments();
    List<CniException> failures = new ArrayList<>();
    int removed = 0;
    for (Attachment attachment : node.attachments().settled(call.config().network())) {
      if (!valid.contains(attachment.key())) {
        try {
          removed += remove(attachment) ? 1 : 0;
        } catch (CniException e) {
          failures.add(e);
        } catch (RuntimeException e) {
          log.error("GC: delete {}: a fault of the agent", attachment.key(), e);
          failures.add(
              new CniException(
                  ErrorCode.INTERNAL,
                  "delete " + attachment.key() + ": a fault of the agent",
                  e.toString()));
        }
      }
    }
    if (!failures.isEmpty()) {
      CniException first = failures.get(0);
      throw new CniException(
          first.code() == ErrorCode.INTERNAL ? ErrorCode.INTERNAL : ErrorCode.KERNEL,
          "GC of network %s: %d attachments could not be removed"
              .formatted(call.config().network(), failures.size()),
          first.getMessage() + ": " + first.details());
    }
    exchange.answer(Answer.EMPTY);
    return "%d attachments of network %s removed".formatted(removed, call.config().network());
  }

  private boolean remove(Attachment attachment) throws CniException {
    try (AttachmentLock lock = node.attachments().lock(attachment.key())) {
      if (!node.attachments().find(lock).filter(attachment::equals).isPresent()) {
        return false;
      }
      removal.remove(lock, attachment, Optional.empty());
      return true;
    }
  }
}
