// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.agent.cni.Attachments.Added;
import dev.weft.agent.cni.Attachments.Turn;
import dev.weft.agent.dataplane.AttachRequest;
import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.DataplaneException.Reason;
import dev.weft.agent.dataplane.PodNamespace;
import dev.weft.core.net.Family;
import dev.weft.core.node.AddressException;
import dev.weft.core.node.Attachment;
import dev.weft.core.node.AttachmentKey;
import dev.weft.core.node.HostPortException;
import dev.weft.core.node.PortMapping;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** ADD: gives a pod its interface, whole, or nothing of it. */
final class AddHandler implements VerbHandler {
  /** Failures after which nothing of the interface can be there. */
  private static final Set<Reason> NOTHING_MADE =
      EnumSet.of(Reason.INTERFACE_EXISTS, Reason.IPV6_DISABLED, Reason.FOREIGN_LINK, Reason.GONE);

  private final CniNode node;
  private final Removal removal;
  private final PodEvents events;

  AddHandler(CniNode node, Removal removal, PodEvents events) {
    this.node = node;
    this.removal = removal;
    this.events = events;
  }

  @Override
  public String serve(CniCall call, Exchange exchange) throws CniException, IOException {
    PodNamespace pod = podOf(exchange);
    Optional<String> notReady = node.readiness().notReady();
    if (notReady.isPresent()) {
      throw new CniException(
          ErrorCode.TRY_AGAIN_LATER, "add " + call.key() + ": not ready", notReady.get());
    }
    try (Turn turn = node.attachments().turn(call.key())) {
      removeOld(turn, call.key(), pod);
      Added added = begin(turn, call);
      int mtuBytes = node.mtuBytes().getAsInt();
      Answer first = firstInterface(turn, call, added, mtuBytes);
      AttachRequest request =
          new AttachRequest(added.attachment(), added.gateways(), mtuBytes, turn.hostPorts());
      Map<Family, Integer> tables = make(turn, request, exchange);
      Answer answer =
          tables.isEmpty() ? first : furtherInterface(turn, call, added, mtuBytes, tables);
      answer(turn, added.attachment(), exchange, answer);
      return added.attachment().addresses().toString();
    }
  }

  /** The pod's descriptors: ADD and CHECK cannot do without. */
  static PodNamespace podOf(Exchange exchange) throws CniException {
    return exchange
        .pod()
        .orElseThrow(
            () ->
                new CniException(
                    ErrorCode.INVALID_ENVIRONMENT,
                    "no descriptors of " + Variables.NETNS + " came",
                    "the plugin opens the pod's namespace and passes it on"));
  }

  /**
   * A second ADD for the same key: an error in the namespace of the first, else the old interface
   * goes first.
   */
  private void removeOld(Turn turn, AttachmentKey key, PodNamespace pod) throws CniException {
    Optional<Attachment> old = turn.attachment();
    if (old.isEmpty()) {
      return;
    }
    try {
      if (node.dataplane().hasInterface(key.ifName(), pod)) {
        throw exists(key, "it was added before");
      }
    } catch (DataplaneException e) {
      throw CniErrors.of("look for " + key, e);
    }
    removal.remove(turn, old.get(), Optional.empty());
  }

  private Added begin(Turn turn, CniCall call) throws CniException {
    List<PortMapping> mappings = call.config().portMappings();
    try {
      Added added =
          turn.begin(call.config().network(), call.arguments().pod(), call.requestedAddresses());
      if (!mappings.isEmpty()) {
        turn.claim(mappings);
      }
      return added;
    } catch (HostPortException e) {
      turn.removed();
      tell(call.arguments(), eventReason(e.reason()), e.getMessage());
      ErrorCode code =
          e.reason() == HostPortException.Reason.TAKEN
              ? ErrorCode.TRY_AGAIN_LATER
              : ErrorCode.INVALID_CONFIG;
      throw new CniException(code, "add " + call.key() + ": no host port", e.getMessage());
    } catch (AddressException e) {
      tell(call.arguments(), eventReason(e.reason()), e.getMessage());
      ErrorCode code =
          e.reason() == AddressException.Reason.NOT_OURS
              ? ErrorCode.INVALID_CONFIG
              : ErrorCode.TRY_AGAIN_LATER;
      throw new CniException(code, "add " + call.key() + ": no address", e.getMessage());
    }
  }

  private void tell(CniArguments arguments, String reason, String message) {
    arguments.pod().ifPresent(pod -> events.addFailed(pod, arguments.podUid(), reason, message));
  }

  /** The answer is ready before anything is made: after that nothing of ours can fail. */
  private static Answer firstInterface(Turn turn, CniCall call, Added added, int mtuBytes)
      throws CniException {
    try {
      return Answer.success(AddResult.write(call, added, mtuBytes, Map.of()));
    } catch (CniException e) {
      turn.removed();
      throw e;
    }
  }

  /** Only the kernel tells that it is one, when it is made. */
  private Answer furtherInterface(
      Turn turn, CniCall call, Added added, int mtuBytes, Map<Family, Integer> tables)
      throws CniException {
    try {
      return Answer.success(AddResult.write(call, added, mtuBytes, tables));
    } catch (CniException e) {
      removal.remove(turn, added.attachment(), Optional.empty());
      throw e;
    }
  }

  private static String eventReason(AddressException.Reason reason) {
    return switch (reason) {
      case NO_BLOCK -> "NoBlock";
      case FULL -> "NoFreeAddress";
      case TAKEN -> "AddressInUse";
      case NOT_OURS -> "AddressNotAvailable";
    };
  }

  private static String eventReason(HostPortException.Reason reason) {
    return switch (reason) {
      case TAKEN -> "HostPortInUse";
      case NOT_POSSIBLE -> "BadHostPort";
    };
  }

  private Map<Family, Integer> make(Turn turn, AttachRequest request, Exchange exchange)
      throws CniException, IOException {
    try {
      Map<Family, Integer> tables = attach(request, exchange);
      turn.present();
      return tables;
    } catch (DataplaneException e) {
      if (NOTHING_MADE.contains(e.reason())) {
        turn.removed();
      }
      AttachmentKey key = request.attachment().key();
      throw e.reason() == Reason.INTERFACE_EXISTS
          ? exists(key, e.getMessage())
          : CniErrors.of("add " + key, e);
    }
  }

  private Map<Family, Integer> attach(AttachRequest request, Exchange exchange)
      throws DataplaneException, CniException, IOException {
    PodNamespace pod = podOf(exchange);
    try {
      return node.dataplane().attach(request, pod);
    } catch (DataplaneException e) {
      if (e.reason() != Reason.IPV6_DISABLED) {
        throw e;
      }
      int errno = exchange.enableIpv6(request.attachment().key().ifName());
      if (errno != 0) {
        throw new DataplaneException(
            Reason.IPV6_DISABLED,
            "switch on IPv6 in the pod (disable_ipv6=0): errno %d".formatted(errno),
            e);
      }
      return node.dataplane().attach(request, pod);
    }
  }

  /**
   * The answer is part of the turn: an ADD that nobody heard of is undone before a DEL may come.
   */
  private void answer(Turn turn, Attachment made, Exchange exchange, Answer answer)
      throws IOException {
    try {
      exchange.answer(answer);
    } catch (IOException e) {
      try {
        removal.remove(turn, made, Optional.empty());
      } catch (CniException undo) {
        e.addSuppressed(undo);
      }
      throw e;
    }
  }

  private static CniException exists(AttachmentKey key, String details) {
    return new CniException(
        ErrorCode.INVALID_ENVIRONMENT,
        "%s: the pod of %s already has an interface %s"
            .formatted(Variables.IF_NAME, key.containerId(), key.ifName()),
        details);
  }
}
