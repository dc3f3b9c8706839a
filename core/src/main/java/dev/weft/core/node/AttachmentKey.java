// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.net.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * What the CNI specification names an attachment by: (container id, interface name).
 *
 * <p>A class where a record would do: every ADD and DEL needs it as a map's key a dozen times, and
 * needs the host veth's name, which is worked out once.
 */
public final class AttachmentKey {
  /** The longest container id that is kept as it is, in bytes. */
  public static final int MAX_ID_BYTES = 100;

  /** What the name of every host end of ours begins with. */
  public static final String HOST_VETH_PREFIX = "wf";

  private final String containerId;
  private final String ifName;

  /** Null until it is needed; threads that race for it work out the same. */
  private String hostVeth;

  /**
   * The key of an attachment.
   *
   * @param containerId the container's id; one of over {@value #MAX_ID_BYTES} bytes stands as
   *     {@code sha256.HEX} of itself, so that a link's alias can hold it
   * @param ifName the name of the interface in the pod, at most 15 bytes
   */
  public AttachmentKey(String containerId, String ifName) {
    byte[] id = containerId.getBytes(StandardCharsets.UTF_8);
    this.containerId =
        id.length > MAX_ID_BYTES
            ? "sha256." + HexFormat.of().formatHex(Sha256.of(id))
            : containerId;
    this.ifName = ifName;
  }

  /** The container's id, or its hash. */
  public String containerId() {
    return containerId;
  }

  /** The name of the interface in the pod. */
  public String ifName() {
    return ifName;
  }

  /**
   * The name of the veth's host end: {@code wf} and the first 11 hexadecimal digits of the SHA-256
   * of "containerId/ifName".
   */
  public String hostVeth() {
    String name = hostVeth;
    if (name == null) {
      byte[] hash = Sha256.of(toString().getBytes(StandardCharsets.UTF_8));
      name = HOST_VETH_PREFIX + HexFormat.of().formatHex(hash, 0, 6).substring(0, 11);
      hostVeth = name;
    }
    return name;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof AttachmentKey that
        && containerId.equals(that.containerId)
        && ifName.equals(that.ifName);
  }

  @Override
  public int hashCode() {
    return 31 * containerId.hashCode() + ifName.hashCode();
  }

  @Override
  public String toString() {
    return containerId + "/" + ifName;
  }
}
