// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane;

import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.core.node.Attachment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.charset.StandardCharsets;

/**
 * A pod that is attached.
 *
 * @param namespace where it lives
 * @param attachment its interface
 */
record TestPod(TestNamespace namespace, Attachment attachment) {
  static final int PORT = 5353;

  MacAddress mac() {
    return attachment.mac();
  }

  IpAddress address(int number) {
    return attachment.addresses().get(number);
  }

  PacketSocket packets() throws Exception {
    return PacketSocket.in(namespace, "eth0");
  }

  /** A socket of the pod that receives on {@value #PORT}, without waiting. */
  DatagramChannel receiver(IpAddress on) throws Exception {
    return namespace.call(() -> receiverHere(on));
  }

  static DatagramChannel receiverHere(IpAddress on) throws Exception {
    DatagramChannel channel = DatagramChannel.open();
    channel.configureBlocking(false);
    return channel.bind(socketAddress(on, PORT));
  }

  /** Sends one datagram from the pod. */
  void send(IpAddress target, String text) throws Exception {
    namespace.call(
        () -> {
          sendHere(target, text);
          return null;
        });
  }

  static void sendHere(IpAddress target, String text) throws Exception {
    try (DatagramChannel channel = DatagramChannel.open()) {
      ByteBuffer payload = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
      channel.send(payload, socketAddress(target, PORT));
    }
  }

  static InetSocketAddress socketAddress(IpAddress address, int port) throws Exception {
    return new InetSocketAddress(InetAddress.getByAddress(address.bytes()), port);
  }
}
