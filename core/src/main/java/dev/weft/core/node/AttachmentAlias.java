// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.net.IpAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The interface alias of a host end: the record of who an address serves, kept by the kernel.
 *
 * <p>{@code weft/1 NETWORK CONTAINER-ID IFNAME ADDRESS[,ADDRESS] [NAMESPACE/POD]}, at most {@value
 * #MAX_BYTES} bytes (IFALIASZ of linux/if.h less the NUL); the pod's name, which is for display
 * only, is left out or cut where it does not fit.
 */
public final class AttachmentAlias {
  /** The longest alias the kernel takes, in bytes. */
  public static final int MAX_BYTES = 255;

  private static final String MARK = "weft/1";

  private AttachmentAlias() {}

  /**
   * Writes the alias.
   *
   * @throws IllegalArgumentException if it does not fit even without the pod's name
   */
  public static String format(Attachment attachment) {
    AttachmentKey key = attachment.key();
    String head =
        MARK + " " + attachment.network() + " " + key.containerId() + " " + key.ifName() + " ";
    head += attachment.addresses().get(0);
    for (IpAddress further : attachment.addresses().subList(1, attachment.addresses().size())) {
      head += "," + further;
    }
    int left = MAX_BYTES - head.getBytes(StandardCharsets.UTF_8).length;
    if (left < 0) {
      throw new IllegalArgumentException(
          "the alias of %s is longer than %d bytes".formatted(attachment.key(), MAX_BYTES));
    }
    String pod = attachment.pod().map(name -> " " + name).orElse("");
    return head + pod.substring(0, Math.min(pod.length(), left));
  }

  /** Reads an alias; empty where it is not ours or not complete. */
  public static Optional<Attachment> parse(String alias) {
    String[] parts = alias.split(" ");
    if (parts.length < 5 || parts.length > 6 || !parts[0].equals(MARK)) {
      return Optional.empty();
    }
    List<IpAddress> addresses;
    try {
      addresses = Arrays.stream(parts[4].split(",")).map(IpAddress::parse).toList();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    Optional<PodName> pod = parts.length == 6 ? podName(parts[5]) : Optional.empty();
    AttachmentKey key = new AttachmentKey(parts[2], parts[3]);
    return Optional.of(new Attachment(parts[1], key, addresses, pod));
  }

  private static Optional<PodName> podName(String text) {
    int slash = text.indexOf('/');
    return slash < 0
        ? Optional.empty()
        : Optional.of(new PodName(text.substring(0, slash), text.substring(slash + 1)));
  }
}
