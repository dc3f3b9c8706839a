// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.testing;

import static org.awaitility.Awaitility.await;

import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.core.node.Attachment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * A pod that is attached.
 *
 * @param namespace where it lives
 * @param attachment its interface
 */
public record TestPod(TestNamespace namespace, Attachment attachment) {
  public static final int PORT = 5353;

  public MacAddress mac() {
    return attachment.mac();
  }

  public IpAddress address(int number) {
    return attachment.addresses().get(number);
  }

  public PacketSocket packets() throws Exception {
    return PacketSocket.in(namespace, "eth0");
  }

  /** A socket of the pod that receives on {@value #PORT}, without waiting. */
  public DatagramChannel receiver(IpAddress on) throws Exception {
    DatagramChannel channel = namespace.call(() -> receiverHere(on));
    namespace.onEnd(channel);
    return channel;
  }

  public static DatagramChannel receiverHere(IpAddress on) throws Exception {
    DatagramChannel channel = DatagramChannel.open();
    channel.configureBlocking(false);
    return channel.bind(socketAddress(on, PORT));
  }

  /** Sends one datagram from the pod. */
  public void send(IpAddress target, String text) throws Exception {
    namespace.call(
        () -> {
          sendHere(target, text);
          return null;
        });
  }

  public static void sendHere(IpAddress target, String text) throws Exception {
    try (DatagramChannel channel = DatagramChannel.open()) {
      ByteBuffer payload = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
      channel.send(payload, socketAddress(target, PORT));
    }
  }

  /** Waits for a datagram, and tells who sent it. */
  public static IpAddress sender(DatagramChannel receiver) {
    SocketAddress sender =
        await().until(() -> receiver.receive(ByteBuffer.allocate(64)), Objects::nonNull);
    return IpAddress.ofBytes(((InetSocketAddress) sender).getAddress().getAddress());
  }

  /** Where a pod receives. */
  public static InetSocketAddress socketAddress(IpAddress address) throws Exception {
    return socketAddress(address, PORT);
  }

  public static InetSocketAddress socketAddress(IpAddress address, int port) throws Exception {
    return new InetSocketAddress(InetAddress.getByAddress(address.bytes()), port);
  }
}
