// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.netlink.codec.MessageWriter;
import dev.weft.netlink.libc.Errno;
import dev.weft.netlink.libc.Sys;
import dev.weft.netlink.libc.TestCalls;
import dev.weft.netlink.route.LinkRef;
import dev.weft.netlink.route.SetLink;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("kernel")
class ThreadBuffersKernelTest {
  private static final int RTM_DELLINK = 17;

  private SocketDescriptor descriptor;
  private ThreadBuffers buffers;

  @BeforeEach
  void open() throws NetlinkException {
    descriptor = SocketDescriptor.open(SocketDescriptor.NETLINK_ROUTE);
    buffers = ThreadBuffers.current();
  }

  @AfterEach
  void close() {
    descriptor.close();
  }

  /** A process with CAP_NET_ADMIN can send to any netlink socket of its namespace. */
  @Test
  void whatAnotherProcessSendsIsPassedOver() {
    int forger = TestCalls.netlinkTo(descriptor.netlinkPid());
    byte[] forged = new byte[32];
    forged[0] = 32;
    forged[4] = RTM_DELLINK;
    assertThat(TestCalls.send(forger, forged)).isEqualTo(32);
    sendWithAcknowledgement();

    assertThat(buffers.receive(descriptor.fd())).isZero();
    assertThat(buffers.reader().next()).isTrue();
    assertThat(buffers.reader().type()).isEqualTo(Reply.NLMSG_ERROR);
    Sys.close(forger);
  }

  /** A thread that never dumped has room for acknowledgements alone. */
  @Test
  void whatDoesNotFitIsRefusedNotCut() {
    CompletableFuture<Integer> result = new CompletableFuture<>();
    new Thread(() -> result.complete(receiveMoreThanFits())).start();
    assertThat(result.join()).isEqualTo(-Errno.EMSGSIZE);
  }

  /** A socket without NETLINK_CAP_ACK gets a refused request back, whole. */
  private static int receiveMoreThanFits() {
    ThreadBuffers buffers = ThreadBuffers.current();
    int fd = Sys.socket(16, 3, 0);
    MessageWriter writer = buffers.writer();
    writer.begin(RTM_DELLINK, 1);
    writer.attributeBytes(1, new byte[5000]);
    writer.end();
    buffers.send(fd);
    int result = buffers.receive(fd);
    Sys.close(fd);
    return result;
  }

  private void sendWithAcknowledgement() {
    var writer = buffers.writer();
    SetLink.up(LinkRef.LOOPBACK).write(writer);
    writer.acknowledgeLast();
    assertThat(buffers.send(descriptor.fd())).isZero();
  }
}
