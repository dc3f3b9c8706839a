// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.core.node.AttachmentKey;

/**
 * The right to work on one attachment, which one call at a time has. {@link Attachments} changes an
 * attachment only for the holder of its lock.
 */
final class AttachmentLock implements AutoCloseable {
  private final AttachmentKey key;
  private final Runnable release;

  AttachmentLock(AttachmentKey key, Runnable release) {
    this.key = key;
    this.release = release;
  }

  /** Which attachment. */
  AttachmentKey key() {
    return key;
  }

  /** To be called by the thread that took the lock, once. */
  @Override
  public void close() {
    release.run();
  }
}
