// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink;

import dev.weft.netlink.libc.NativeMemory;
import dev.weft.netlink.libc.SocketOptions;
import dev.weft.netlink.libc.Sys;
import dev.weft.netlink.libc.TestCalls;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.List;
import java.util.function.IntFunction;

/** The other end of a netlink socket, which answers each request with what a test wrote down. */
final class FakeKernel implements AutoCloseable {
  private final int fd;
  private final KernelNetlinkSocket socket;
  private final Thread thread;
  private volatile int requests;

  /**
   * A kernel that answers.
   *
   * @param answer the datagrams that answer the request of this sequence number
   */
  FakeKernel(IntFunction<List<byte[]>> answer) {
    int[] pair = TestCalls.socketPair();
    fd = pair[0];
    SocketOptions.receiveTimeout(pair[1], Duration.ofSeconds(60));
    socket = new KernelNetlinkSocket(new SocketDescriptor(pair[1], false, 0));
    thread = new Thread(() -> serve(answer));
    thread.start();
  }

  /** The socket under test. */
  KernelNetlinkSocket socket() {
    return socket;
  }

  /** How many sends came. */
  int requests() {
    return requests;
  }

  /** A message of this type, flags and sequence number, with this payload. */
  static byte[] message(int type, int flags, int sequence, byte... payload) {
    int length = 16 + payload.length;
    ByteBuffer message = ByteBuffer.allocate(length + 3 & ~3).order(ByteOrder.nativeOrder());
    message.putInt(length).putShort((short) type).putShort((short) flags);
    message.putInt(sequence).putInt(0).put(payload);
    return message.array();
  }

  /** An acknowledgement, or with a number other than 0 a refusal. */
  static byte[] acknowledgement(int sequence, int errno) {
    ByteBuffer payload = ByteBuffer.allocate(20).order(ByteOrder.nativeOrder());
    payload.putInt(-errno).putInt(32);
    return message(Reply.NLMSG_ERROR, 0x100, sequence, payload.array());
  }

  @Override
  public void close() {
    socket.close();
    Sys.shutdown(fd);
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Sys.close(fd);
  }

  private void serve(IntFunction<List<byte[]>> answer) {
    NativeMemory request = new NativeMemory(1 << 17);
    NativeMemory reply = new NativeMemory(1 << 16);
    while (Sys.recv(fd, request, request.size(), 0) > 0) {
      requests++;
      for (byte[] datagram : answer.apply(request.buffer().getInt(8))) {
        reply.buffer().put(0, datagram);
        Sys.send(fd, reply, 0, datagram.length, 0x4000);
      }
    }
  }
}
