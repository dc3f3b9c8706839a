// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.unix;

import dev.weft.netlink.libc.Errno;
import dev.weft.netlink.libc.SocketOptions;
import dev.weft.netlink.libc.Sys;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * A connection that was accepted. For use by one thread at a time. It owns the descriptors that
 * came with its first bytes, at most {@value #MAX_DESCRIPTORS}, until they are closed or taken.
 */
public final class UnixConnection implements AutoCloseable {
  /** The most descriptors that a client may hand over. */
  public static final int MAX_DESCRIPTORS = 2;

  private static final int[] NONE = {};
  private static final byte[] NOTHING = {};
  private static final int MSG_NOSIGNAL = 0x4000;

  private final int fd;
  private int[] descriptors = NONE;

  /** What was received beyond what was requested, from {@code aheadAt} on. */
  private byte[] ahead = NOTHING;

  private int aheadAt;
  private boolean begun;
  private boolean open = true;

  UnixConnection(int fd) {
    this.fd = fd;
  }

  /**
   * Sets how long a receive waits.
   *
   * @throws UnixSocketException if the kernel refuses it
   */
  public void receiveTimeout(Duration timeout) throws UnixSocketException {
    check("set the receive timeout", SocketOptions.receiveTimeout(fd, timeout));
  }

  /**
   * Who connected.
   *
   * @throws UnixSocketException if the kernel refuses it
   */
  public PeerCredentials peer() throws UnixSocketException {
    int[] answer = SocketOptions.peerCredentials(fd);
    check("read the peer's credentials", answer[0]);
    return new PeerCredentials(answer[0], answer[1], answer[2]);
  }

  /**
   * Receives up to {@code length} bytes, at least one. The first call takes the descriptors that
   * came with them; those that come later are dropped by the kernel.
   *
   * @return how many bytes; -1 where the other end has closed
   * @throws UnixSocketException if it fails or the timeout passes, EBADMSG where more descriptors
   *     came than allowed: all of them are closed then
   */
  public int receive(byte[] into, int offset, int length) throws UnixSocketException {
    if (length == 0) {
      return 0;
    }
    if (aheadAt < ahead.length) {
      int count = Math.min(length, ahead.length - aheadAt);
      System.arraycopy(ahead, aheadAt, into, offset, count);
      aheadAt += count;
      return count;
    }
    ReceiveBuffer buffer = ReceiveBuffer.current();
    int received = begun ? buffer.receive(fd) : receiveFirst(buffer);
    check("receive", received);
    if (received == 0) {
      return -1;
    }
    int count = Math.min(length, received);
    buffer.data().get(0, into, offset, count);
    ahead = new byte[received - count];
    aheadAt = 0;
    buffer.data().get(count, ahead);
    return count;
  }

  /**
   * Receives exactly this many bytes.
   *
   * @return whether they came; false where the other end closed before the first of them
   * @throws UnixSocketException as {@link #receive}; ECONNRESET where the other end closed between
   *     the first and the last of them
   */
  public boolean receiveFully(byte[] into, int offset, int length) throws UnixSocketException {
    int done = 0;
    while (done < length) {
      int count = receive(into, offset + done, length - done);
      if (count < 0) {
        if (done == 0) {
          return false;
        }
        throw new UnixSocketException("receive", Errno.ECONNRESET);
      }
      done += count;
    }
    return true;
  }

  /** The descriptors that came, in their order. They stay this connection's. */
  public int[] descriptors() {
    return descriptors.clone();
  }

  /** Closes the descriptors that came. Again does nothing. */
  public void closeDescriptors() {
    for (int descriptor : descriptors) {
      Descriptors.close(descriptor);
    }
    descriptors = NONE;
  }

  /**
   * Sends all bytes. No signal is raised.
   *
   * @throws UnixSocketException if it fails; {@link UnixSocketException#peerGone} where nobody is
   *     there to read them
   */
  public void send(byte[] bytes) throws UnixSocketException {
    ReceiveBuffer buffer = ReceiveBuffer.current();
    ByteBuffer data = buffer.data();
    int done = 0;
    while (done < bytes.length) {
      int part = Math.min(bytes.length - done, ReceiveBuffer.DATA_BYTES);
      data.put(0, bytes, done, part);
      int sent = Sys.send(fd, buffer.memory(), 0, part, MSG_NOSIGNAL);
      check("send", sent);
      done += sent;
    }
  }

  /** Closes the connection and the descriptors that came. Again does nothing. */
  @Override
  public void close() {
    closeDescriptors();
    if (open) {
      open = false;
      Sys.close(fd);
    }
  }

  private int receiveFirst(ReceiveBuffer buffer) {
    begun = true;
    int received = buffer.receiveWithDescriptors(fd);
    descriptors = buffer.takeDescriptors();
    if (received >= 0 && (buffer.truncated() || descriptors.length > MAX_DESCRIPTORS)) {
      closeDescriptors();
      return -Errno.EBADMSG;
    }
    return received;
  }

  private static void check(String action, int result) throws UnixSocketException {
    if (result < 0) {
      throw new UnixSocketException("unix socket: " + action, -result);
    }
  }
}
