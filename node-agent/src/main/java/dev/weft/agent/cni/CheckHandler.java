// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.agent.dataplane.AttachRequest;
import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.PodNamespace;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.Attachment;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** CHECK: compares a pod's interface with what ADD made, in the kernel and in the result. */
final class CheckHandler implements VerbHandler {
  private final CniNode node;

  CheckHandler(CniNode node) {
    this.node = node;
  }

  @Override
  public String serve(CniCall call, Exchange exchange) throws CniException, IOException {
    PodNamespace pod = AddHandler.podOf(exchange);
    JsonNode json =
        call.config()
            .previousResult()
            .orElseThrow(
                () ->
                    new CniException(
                        ErrorCode.INVALID_CONFIG,
                        "CHECK needs prevResult",
                        "the network configuration has none"));
    PreviousResult previous = new PreviousResult(json);
    try (AttachmentLock lock = node.attachments().lock(call.key())) {
      Attachment attachment =
          node.attachments()
              .find(lock)
              .orElseThrow(
                  () ->
                      new CniException(
                          ErrorCode.UNKNOWN_CONTAINER,
                          "check " + call.key() + ": it is unknown",
                          "no interface of ours serves it"));
      List<String> differences = new ArrayList<>(previous.differences(attachment, call.netns()));
      differences.addAll(inKernel(lock, attachment, previous, call.netns(), pod));
      if (!differences.isEmpty()) {
        throw new CniException(
            ErrorCode.NOT_AS_MADE,
            "check " + call.key() + ": it is not as ADD made it",
            String.join("; ", differences));
      }
    }
    exchange.answer(Answer.EMPTY);
    return "";
  }

  private List<String> inKernel(
      AttachmentLock lock,
      Attachment attachment,
      PreviousResult previous,
      String netns,
      PodNamespace pod)
      throws CniException {
    List<InterfaceAddress> gateways = new ArrayList<>();
    for (IpAddress address : attachment.addresses()) {
      gateways.add(
          node.attachments()
              .gatewayOf(address)
              .or(() -> previous.gatewayOf(address))
              .orElseThrow(
                  () ->
                      new CniException(
                          ErrorCode.NOT_AS_MADE,
                          "check "
                              + attachment.key()
                              + ": the gateway of "
                              + address
                              + " is unknown",
                          "no block of this node holds it, and prevResult does not name it")));
    }
    try {
      AttachRequest request =
          new AttachRequest(
              attachment, gateways, node.mtuBytes().getAsInt(), node.attachments().hostPorts(lock));
      return node.dataplane().check(request, previous.mtuOf(netns, attachment.key().ifName()), pod);
    } catch (DataplaneException e) {
      throw CniErrors.of("check " + attachment.key(), e);
    }
  }
}
