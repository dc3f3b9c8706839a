// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.agent.cni.Attachments.Allocated;
import dev.weft.agent.dataplane.AttachRequest;
import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.DataplaneException.Reason;
import dev.weft.agent.dataplane.PodNamespace;
import dev.weft.core.net.Family;
import dev.weft.core.node.AddressException;
import dev.weft.core.node.AddressRequest;
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

/**
 * ADD: makes a pod's interface, all of it or nothing. The ADD path is {@link #serve}, top to
 * bottom.
 */
final class AddHandler implements VerbHandler {
  /** Failures after which nothing of the interface can be there. */
  private static final Set<Reason> NOTHING_MADE =
      EnumSet.of(Reason.INTERFACE_EXISTS, Reason.IPV6_DISABLED, Reason.FOREIGN_LINK, Reason.GONE);

  private final CniNode node;
  private final Attachments attachments;
  private final Removal removal;
  private final PodEvents events;

  AddHandler(CniNode node, Removal removal, PodEvents events) {
    this.node = node;
    this.attachments = node.attachments();
    this.removal = removal;
    this.events = events;
  }

  @Override
  public String serve(CniCall call, Exchange exchange) throws CniException, IOException {
    PodNamespace pod = podOf(exchange);
    refuseUnlessReady(call);
    try (AttachmentLock lock = attachments.lock(call.key())) {
      removeOld(lock, pod);
      AttachRequest request = allocate(lock, call);
      try {
        AddResult result = AddResult.of(call, request);
        admit(call, request);
        Map<Family, Integer> tables = attach(request, pod, exchange);
        attachments.present(lock);
        exchange.answer(result.answer(tables));
      } catch (DataplaneException e) {
        undo(lock, request.attachment(), e);
        throw refused(call.key(), e);
      } catch (CniException | IOException | RuntimeException e) {
        undo(lock, request.attachment(), e);
        throw e;
      }
      return request.attachment().addresses().toString();
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

  private void refuseUnlessReady(CniCall call) throws CniException {
    Optional<String> notReady = node.readiness().notReady();
    if (notReady.isPresent()) {
      throw new CniException(
          ErrorCode.TRY_AGAIN_LATER, "add " + call.key() + ": not ready", notReady.get());
    }
  }

  /**
   * A second ADD for the same key: an error in the namespace of the first, else the old interface
   * goes first.
   */
  private void removeOld(AttachmentLock lock, PodNamespace pod) throws CniException {
    Optional<Attachment> old = attachments.find(lock);
    if (old.isEmpty()) {
      return;
    }
    try {
      if (node.dataplane().hasInterface(lock.key().ifName(), pod)) {
        throw exists(lock.key(), "it was added before");
      }
    } catch (DataplaneException e) {
      throw CniErrors.of("find " + lock.key(), e);
    }
    removal.remove(lock, old.get(), Optional.empty());
  }

  /** Addresses and host ports; nothing is allocated where it fails. */
  private AttachRequest allocate(AttachmentLock lock, CniCall call) throws CniException {
    List<PortMapping> mappings = call.config().portMappings();
    AddressRequest request = call.addressRequest();
    try {
      Allocated allocated = attachments.allocate(lock, call.config().network(), request, mappings);
      return new AttachRequest(
          allocated.attachment(),
          allocated.gateways(),
          node.mtuBytes().getAsInt(),
          allocated.hostPorts());
    } catch (HostPortException e) {
      report(call, eventReason(e.reason()), e.getMessage());
      ErrorCode code =
          e.reason() == HostPortException.Reason.TAKEN
              ? ErrorCode.TRY_AGAIN_LATER
              : ErrorCode.INVALID_CONFIG;
      throw new CniException(code, "add " + call.key() + ": no host port", e.getMessage());
    } catch (AddressException e) {
      report(call, eventReason(e.reason()), e.getMessage());
      ErrorCode code =
          e.reason() == AddressException.Reason.NOT_OURS
              ? ErrorCode.INVALID_CONFIG
              : ErrorCode.TRY_AGAIN_LATER;
      throw new CniException(code, "add " + call.key() + ": no address", e.getMessage());
    }
  }

  private void report(CniCall call, String reason, String message) {
    CniArguments arguments = call.arguments();
    arguments.pod().ifPresent(pod -> events.addFailed(pod, arguments.podUid(), reason, message));
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

  /** Before there is a link that a packet could take. */
  private void admit(CniCall call, AttachRequest request) throws DataplaneException {
    CniArguments arguments = call.arguments();
    if (arguments.pod().isPresent()) {
      node.gate()
          .admit(arguments.pod().get(), arguments.podUid(), request.attachment().addresses());
    }
  }

  /** Makes the interface; where the pod has IPv6 switched off, once more with it switched on. */
  private Map<Family, Integer> attach(AttachRequest request, PodNamespace pod, Exchange exchange)
      throws DataplaneException, IOException {
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
   * Undoes an ADD that failed, under its lock, so before a DEL may come. An interface that was
   * made, or may have been when a fault of the agent came, is removed: its client did not get the
   * answer. Where it is unknown what the kernel has of it, the addresses stay in quarantine until
   * the next dump of the links.
   */
  private void undo(AttachmentLock lock, Attachment attachment, Exception cause) {
    if (attachments.isPresent(lock) || cause instanceof RuntimeException) {
      try {
        removal.remove(lock, attachment, Optional.empty());
      } catch (CniException | RuntimeException e) {
        cause.addSuppressed(e);
      }
    } else if (!(cause instanceof DataplaneException failed)
        || NOTHING_MADE.contains(failed.reason())) {
      attachments.removed(lock);
    }
  }

  private static CniException refused(AttachmentKey key, DataplaneException e) {
    return e.reason() == Reason.INTERFACE_EXISTS
        ? exists(key, e.getMessage())
        : CniErrors.of("add " + key, e);
  }

  private static CniException exists(AttachmentKey key, String details) {
    return new CniException(
        ErrorCode.INVALID_ENVIRONMENT,
        "%s: the pod of %s already has an interface %s"
            .formatted(Variables.IF_NAME, key.containerId(), key.ifName()),
        details);
  }
}
