// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.net;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** SHA-256, from which names and MACs are derived. */
public final class Sha256 {
  /** Never fed: to copy it is cheaper than to find the algorithm among the JDK's providers. */
  private static final MessageDigest PROTOTYPE = create();

  private Sha256() {}

  /** The hash of some bytes, 32 bytes. */
  public static byte[] of(byte[] bytes) {
    try {
      return ((MessageDigest) PROTOTYPE.clone()).digest(bytes);
    } catch (CloneNotSupportedException e) {
      return create().digest(bytes);
    }
  }

  private static MessageDigest create() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
