// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.libc;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jnr.ffi.Pointer;

/**
 * A piece of memory outside the heap, in native byte order, whose address can be given to {@link
 * Sys}. Freed with the object.
 */
public final class NativeMemory {
  private final ByteBuffer buffer;
  private final long address;

  /** Zeroed memory of this many bytes. */
  public NativeMemory(int bytes) {
    buffer = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    address = Pointer.wrap(Sys.runtime(), buffer).address();
  }

  /** The memory. Always this same object, from position 0. */
  public ByteBuffer buffer() {
    return buffer;
  }

  /** The address of its first byte; valid as long as this object is reachable. */
  public long address() {
    return address;
  }

  /** Its size in bytes. */
  public int size() {
    return buffer.capacity();
  }
}
