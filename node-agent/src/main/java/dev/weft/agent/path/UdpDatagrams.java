// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.path;

import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;

/**
 * Sends from a connected UDP socket: the kernel reports the ICMP error "port unreachable" to it
 * alone, and no capability is needed.
 */
final class UdpDatagrams implements Datagrams {
  /** The first port of traceroute's: nobody listens there, and it is the one most often open. */
  static final int PORT = 33434;

  private static final byte[] PAYLOAD = "weft path probe".getBytes(StandardCharsets.US_ASCII);
  private static final int IPV4_HEADERS = 28;
  private static final int IPV6_HEADERS = 48;

  private final int waitMillis;

  /** Sends from this process's network namespace, and waits so long for an answer. */
  UdpDatagrams(Duration wait) {
    waitMillis = (int) wait.toMillis();
  }

  @Override
  public boolean isAnswered(IpAddress from, IpAddress to, int packetBytes) throws IOException {
    try (DatagramChannel channel =
        DatagramChannel.open(
            from.family() == Family.IPV4
                ? StandardProtocolFamily.INET
                : StandardProtocolFamily.INET6)) {
      channel.bind(new InetSocketAddress(InetAddress.getByAddress(from.bytes()), 0));
      channel.connect(new InetSocketAddress(InetAddress.getByAddress(to.bytes()), PORT));
      int headers = from.family() == Family.IPV4 ? IPV4_HEADERS : IPV6_HEADERS;
      byte[] payload = Arrays.copyOf(PAYLOAD, Math.max(PAYLOAD.length, packetBytes - headers));
      channel.write(ByteBuffer.wrap(payload));
      return isAnswered(channel.socket());
    } catch (IOException e) {
      String text = "send from %s to %s port %d: %s".formatted(from, to, PORT, e.getMessage());
      throw new IOException(text, e);
    }
  }

  /** Any other error is no answer of the other node's: a router's, or a firewall's. */
  private boolean isAnswered(DatagramSocket socket) {
    try {
      socket.setSoTimeout(waitMillis);
      socket.receive(new DatagramPacket(new byte[1], 1));
      return true;
    } catch (PortUnreachableException e) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
