// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import dev.weft.core.net.IpAddress;
import dev.weft.core.node.Attachment;
import dev.weft.core.node.AttachmentAlias;
import dev.weft.core.node.PodName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** This node's pods, and which pods of the API server they are. */
final class OwnPods {
  /** The one whose addresses the API server has of a pod. */
  private static final String FIRST_INTERFACE = "eth0";

  private final String node;
  private final ClusterPods cluster;
  private final Set<OwnPod> all = new LinkedHashSet<>();
  private final Map<IpAddress, OwnPod> byAddress = new HashMap<>();
  private long sequence;

  OwnPods(String node, ClusterPods cluster) {
    this.node = node;
    this.cluster = cluster;
  }

  Collection<OwnPod> all() {
    return all;
  }

  /** The pod of this node that has an address; null where none has it. */
  OwnPod at(IpAddress address) {
    return byAddress.get(address);
  }

  /**
   * Those that an attachment replaces or leaves out are gone.
   *
   * @return all that came or went
   */
  List<OwnPod> attachments(Collection<Attachment> attachments) {
    List<OwnPod> changed = new ArrayList<>();
    Set<OwnPod> listed = new HashSet<>();
    for (Attachment attachment : attachments) {
      OwnPod known = byAddress.get(attachment.addresses().get(0));
      if (known != null && known.addresses.equals(attachment.addresses())) {
        boolean same = isSame(known, attachment);
        if (same || !known.attached) {
          known.attached = known.attached || same;
          listed.add(known);
          continue;
        }
      }
      boolean isFurther = !attachment.key().ifName().equals(FIRST_INTERFACE);
      OwnPod pod =
          new OwnPod(sequence++, attachment.addresses(), certainName(attachment), "", isFurther);
      pod.attached = true;
      add(pod, changed);
      listed.add(pod);
    }
    for (OwnPod pod : List.copyOf(all)) {
      if (pod.attached && !listed.contains(pod)) {
        remove(pod, changed);
      }
    }
    return changed;
  }

  private static boolean isSame(OwnPod known, Attachment attachment) {
    if (attachment.pod().equals(known.name)) {
      return true;
    }
    Optional<PodName> certain = certainName(attachment);
    if (certain.isPresent()) {
      return known.name.equals(certain);
    }
    return known.name.isEmpty()
        || attachment.pod().isEmpty()
        || known.name.get().toString().startsWith(attachment.pod().get().toString());
  }

  /** The pod's name, where its alias has all of it for certain. */
  private static Optional<PodName> certainName(Attachment attachment) {
    return attachment
        .pod()
        .filter(pod -> AttachmentAlias.format(attachment).length() < AttachmentAlias.MAX_BYTES);
  }

  /** Takes one that is on its way here; returns all that came or went. */
  List<OwnPod> admit(PodName pod, String uid, List<IpAddress> addresses) {
    List<OwnPod> changed = new ArrayList<>();
    List<IpAddress> sorted = addresses.stream().sorted().toList();
    add(new OwnPod(sequence++, sorted, Optional.of(pod), uid, uid.isEmpty()), changed);
    return changed;
  }

  List<OwnPod> withdraw(Collection<IpAddress> addresses) {
    List<OwnPod> changed = new ArrayList<>();
    for (IpAddress address : addresses) {
      OwnPod pod = byAddress.get(address);
      if (pod != null) {
        remove(pod, changed);
      }
    }
    return changed;
  }

  private void add(OwnPod pod, List<OwnPod> changed) {
    for (IpAddress address : pod.addresses) {
      OwnPod before = byAddress.get(address);
      if (before != null) {
        remove(before, changed);
      }
    }
    all.add(pod);
    pod.addresses.forEach(address -> byAddress.put(address, pod));
    pod.pod = candidate(pod);
    changed.add(pod);
  }

  private void remove(OwnPod pod, List<OwnPod> changed) {
    pod.gone = true;
    all.remove(pod);
    pod.addresses.forEach(byAddress::remove);
    changed.add(pod);
  }

  /**
   * Those that may be, or be no longer, a pod of the API server that has, or had, some addresses.
   */
  List<OwnPod> concernedBy(String namespace, String name, Set<IpAddress> addresses) {
    List<OwnPod> concerned = new ArrayList<>();
    for (OwnPod own : all) {
      boolean is =
          own.name.isPresent()
              ? own.name.get().name().equals(name) && own.name.get().namespace().equals(namespace)
              : own.addresses.stream().anyMatch(addresses::contains);
      if (is) {
        concerned.add(own);
      }
    }
    return concerned;
  }

  /**
   * Finds which pod of the API server one is; it stays the one it was where none is found.
   *
   * @return whether it is another than before
   */
  boolean identify(OwnPod own) {
    PolicyPod found = candidate(own);
    if (found == null) {
      return false;
    }
    PolicyPod before = own.pod;
    own.pod = found;
    return !found.equals(before);
  }

  /** Null where there is none. */
  private PolicyPod candidate(OwnPod own) {
    if (own.name.isEmpty()) {
      return ofAddress(own);
    }
    PolicyPod pod = cluster.get(own.name.get().namespace(), own.name.get().name());
    return pod != null && is(own, pod) ? pod : null;
  }

  private boolean is(OwnPod own, PolicyPod pod) {
    if (!own.uid.isEmpty()) {
      return own.uid.equals(pod.uid());
    }
    return pod.node().equals(node)
        && (pod.addresses().stream().anyMatch(own.addresses::contains)
            || (own.pod == null ? own.byName : own.pod.uid().equals(pod.uid())));
  }

  /** The newest of this node with an address of its; none older than the one that it was. */
  private PolicyPod ofAddress(OwnPod own) {
    PolicyPod newest = own.pod;
    for (IpAddress address : own.addresses) {
      PolicyPod pod = cluster.newest(node, address);
      boolean isNewer =
          pod != null
              && (newest == null || newest == own.pod
                  ? newest == null || ClusterPods.BY_AGE.compare(pod, newest) >= 0
                  : ClusterPods.BY_AGE.compare(pod, newest) > 0);
      newest = isNewer ? pod : newest;
    }
    return newest;
  }
}
