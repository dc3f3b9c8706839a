// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.driver;

import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.DataplaneException.Reason;
import dev.weft.core.dataplane.Change;
import dev.weft.netlink.BatchFailure;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.Request;
import dev.weft.netlink.route.LinkInfo;
import dev.weft.netlink.route.LinkQuery;
import dev.weft.netlink.route.LinkRef;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Changes of one kind in one send: a request for each object that goes, and for each that comes.
 */
public final class RequestBatch<T> {
  private final NetlinkSocket socket;
  private final Failures failures;
  private final Map<String, Optional<LinkRef>> links = new HashMap<>();
  private final List<Part<T>> parts = new ArrayList<>();

  /** A request with the change that it is of. */
  private record Part<T>(Change<T> change, Request request, boolean removal) {}

  /** How a driver writes one object. */
  public interface Parts<T> {
    /** Adds the requests that a change needs to the batch. */
    void put(Change<T> change, RequestBatch<T> batch) throws NetlinkException;
  }

  /** What a driver makes of an addition that the kernel refused. */
  public interface Refusal<T> {
    /** Returns where the object is there as wanted; throws why it is not. */
    void judge(T object, Request request, NetlinkException error)
        throws NetlinkException, DataplaneException;
  }

  private RequestBatch(NetlinkSocket socket, Failures failures) {
    this.socket = socket;
    this.failures = failures;
  }

  /** Makes the changes in one send. */
  public static <T> void apply(
      NetlinkSocket socket,
      List<Change<T>> changes,
      Failures failures,
      Parts<T> parts,
      Refusal<T> refusal) {
    RequestBatch<T> batch = new RequestBatch<>(socket, failures);
    try {
      for (Change<T> change : changes) {
        parts.put(change, batch);
      }
      batch.send(refusal);
    } catch (NetlinkException e) {
      failures.addAll(changes, e);
    }
  }

  /** {@link #apply} where a refused addition is a failure. */
  public static <T> void apply(
      NetlinkSocket socket, List<Change<T>> changes, Failures failures, Parts<T> parts) {
    apply(
        socket,
        changes,
        failures,
        parts,
        (object, request, error) -> {
          throw error;
        });
  }

  /** The object goes; nothing is to be done where the link that it needs is not there. */
  public void remove(Change<T> change, Optional<? extends Request> request) {
    request.ifPresent(is -> parts.add(new Part<>(change, is, true)));
  }

  /** The object comes; that fails where the link that it needs is not there. */
  public void add(Change<T> change, Optional<? extends Request> request) {
    if (request.isPresent()) {
      parts.add(new Part<>(change, request.get(), false));
    } else {
      String message = change.describe() + ": the link that it needs is not there";
      failures.add(change, new DataplaneException(Reason.MISSING, message));
    }
  }

  /** The link of this name, looked up once. */
  public Optional<LinkRef> link(String name) throws NetlinkException {
    Optional<LinkRef> known = links.get(name);
    if (known == null) {
      known = socket.find(LinkQuery.byName(name)).map(LinkInfo::ref);
      links.put(name, known);
    }
    return known;
  }

  private void send(Refusal<T> refusal) throws NetlinkException {
    for (BatchFailure failure : socket.executeAll(parts.stream().map(Part::request).toList())) {
      Part<T> part = parts.get(failure.index());
      failures.attempt(part.change(), () -> judge(part, failure.error(), refusal));
    }
  }

  private void judge(Part<T> part, NetlinkException error, Refusal<T> refusal)
      throws NetlinkException, DataplaneException {
    if (part.removal()) {
      if (!error.isNotFound()) {
        throw error;
      }
    } else {
      refusal.judge(part.change().after().orElseThrow(), part.request(), error);
    }
  }
}
