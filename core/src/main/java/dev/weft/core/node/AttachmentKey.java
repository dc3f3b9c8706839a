// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.net.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * What the CNI specification names an attachment by: (container id, interface name).
 *
 * @param containerId the container's id; one of over {@value #MAX_ID_BYTES} bytes stands as {@code
 *     sha256.HEX} of itself, so that a link's alias can hold it
 * @param ifName the name of the interface in the pod, at most 15 bytes
 */
public record AttachmentKey(String containerId, String ifName) {
  /** The longest container id that is kept as it is, in bytes. */
  public static final int MAX_ID_BYTES = 100;

  /** What the name of every host end of ours begins with. */
  public static final String PORT_PREFIX = "wf";

  /** Shortens an id that is too long. */
  public AttachmentKey {
    byte[] id = containerId.getBytes(StandardCharsets.UTF_8);
    if (id.length > MAX_ID_BYTES) {
      containerId = "sha256." + HexFormat.of().formatHex(Sha256.of(id));
    }
  }

  /**
   * The name of the veth's host end: {@code wf} and the first 11 hexadecimal digits of the SHA-256
   * of "containerId/ifName".
   */
  public String portName() {
    byte[] hash = Sha256.of((containerId + "/" + ifName).getBytes(StandardCharsets.UTF_8));
    return PORT_PREFIX + HexFormat.of().formatHex(hash, 0, 6).substring(0, 11);
  }

  @Override
  public String toString() {
    return containerId + "/" + ifName;
  }
}
