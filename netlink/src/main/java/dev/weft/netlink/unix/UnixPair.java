// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.unix;

import dev.weft.netlink.libc.NativeMemory;
import dev.weft.netlink.libc.Sys;

/**
 * Two unix stream sockets that are connected with each other: a client and a server in one process.
 *
 * @param client one end
 * @param server the other end
 */
public record UnixPair(UnixConnection client, UnixConnection server) implements AutoCloseable {
  private static final int AF_UNIX = 1;
  private static final int SOCK_STREAM_CLOEXEC = 1 | 0x80000;

  /**
   * Opens a pair.
   *
   * @throws UnixSocketException if the kernel refuses it
   */
  public static UnixPair open() throws UnixSocketException {
    NativeMemory descriptors = new NativeMemory(8);
    int result = Sys.socketpair(AF_UNIX, SOCK_STREAM_CLOEXEC, 0, descriptors);
    if (result < 0) {
      throw new UnixSocketException("open a pair of unix sockets", -result);
    }
    return new UnixPair(
        new UnixConnection(descriptors.buffer().getInt(0)),
        new UnixConnection(descriptors.buffer().getInt(4)));
  }

  @Override
  public void close() {
    client.close();
    server.close();
  }
}
