// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.core.dataplane.HostPort;
import dev.weft.core.dataplane.HostVeth;
import dev.weft.core.dataplane.InFlight;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.Attachment;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;

/**
 * The reconcile loop's view of the attachments, from the moment before the kernel is read until
 * what was read is acted upon. It knows what calls worked on meanwhile, which the loop leaves
 * alone. Thread-safe.
 */
public final class Observation implements AutoCloseable {
  private final Attachments attachments;
  private final Set<String> hostVeths = new HashSet<>();
  private final Set<IpAddress> addresses = new HashSet<>();

  /** Addresses of attachments that are gone; in quarantine while their routes are swept. */
  private final Set<IpAddress> freed = new HashSet<>();

  Observation(Attachments attachments) {
    this.attachments = attachments;
  }

  /**
   * Takes over what a dump of the links and host ports has that was made since this observation
   * began: a host veth that the table does not have is added, an attachment whose host veth is gone
   * is forgotten, and its addresses are freed when this observation ends. What a call touched
   * meanwhile stays as the call left it.
   *
   * @param actual the host veths in the kernel
   * @param hostPorts those in the kernel: of an attachment that the table has not, they are taken
   *     over; of the others the table knows what there should be
   */
  public void adopt(Collection<HostVeth> actual, Set<HostPort> hostPorts) {
    attachments.adopt(this, actual, hostPorts);
  }

  /** Everything that a call worked on at any moment since this observation began. */
  public synchronized InFlight inFlight() {
    return new InFlight(hostVeths, addresses);
  }

  /** A call began or ended its work on this attachment. */
  synchronized void note(Attachment attachment) {
    hostVeths.add(attachment.hostVeth());
    addresses.addAll(attachment.addresses());
  }

  /** Whether a call worked on the attachment of this host veth since this observation began. */
  synchronized boolean isNoted(String hostVeth) {
    return hostVeths.contains(hostVeth);
  }

  /** The attachment of these addresses is gone: they are free when this observation ends. */
  synchronized void freeAtEnd(Collection<IpAddress> gone) {
    freed.addAll(gone);
  }

  /** Another attachment has these addresses. */
  synchronized void keep(Collection<IpAddress> inUse) {
    freed.removeAll(inUse);
  }

  @Override
  public void close() {
    Set<IpAddress> free;
    synchronized (this) {
      free = Set.copyOf(freed);
      freed.clear();
    }
    attachments.end(this, free);
  }
}
