// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.testing;

import dev.weft.netlink.KernelNetlinkSocket;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.libc.NativeMemory;
import dev.weft.netlink.libc.Sys;
import dev.weft.netlink.route.LinkQuery;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A packet(7) socket on one link: sends any frame, and sees every frame that comes in there. */
public final class PacketSocket {
  private static final int AF_PACKET = 17;
  private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
  private static final int ETH_P_ALL_NETWORK_ORDER = 0x0300;
  private static final int SOCKADDR_LL = 20;
  private static final int SOL_PACKET = 263;
  private static final int PACKET_IGNORE_OUTGOING = 23;
  private static final int MSG_DONTWAIT = 0x40;
  private static final int LARGEST_FRAME = 2048;

  private final int descriptor;
  private final NativeMemory memory = new NativeMemory(LARGEST_FRAME);
  private final List<byte[]> seen = new ArrayList<>();

  private PacketSocket(int descriptor) {
    this.descriptor = descriptor;
  }

  /** On a pod's interface; closed with its namespace. */
  public static PacketSocket in(TestNamespace namespace, String link) throws Exception {
    int index;
    try (NetlinkSocket inside = KernelNetlinkSocket.borrowRoute(namespace.pod().routeSocket())) {
      index = inside.find(LinkQuery.byName(link)).orElseThrow().index();
    }
    PacketSocket socket = namespace.call(() -> open(index));
    namespace.onEnd(socket::close);
    return socket;
  }

  /** On a link of the node. */
  public static PacketSocket onNode(String link) throws IOException {
    try (NetlinkSocket here = KernelNetlinkSocket.openRoute()) {
      return open(here.find(LinkQuery.byName(link)).orElseThrow().index());
    }
  }

  private static PacketSocket open(int link) throws IOException {
    int fd = check(Sys.socket(AF_PACKET, SOCK_RAW_CLOEXEC, ETH_P_ALL_NETWORK_ORDER));
    NativeMemory argument = new NativeMemory(SOCKADDR_LL);
    argument.buffer().putInt(0, 1);
    check(Sys.setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, argument, 4));
    argument.buffer().putShort(0, (short) AF_PACKET);
    argument.buffer().putShort(2, (short) ETH_P_ALL_NETWORK_ORDER);
    argument.buffer().putInt(4, link);
    check(Sys.bind(fd, argument, SOCKADDR_LL));
    return new PacketSocket(fd);
  }

  public void send(byte[] frame) throws IOException {
    memory.buffer().position(0);
    memory.buffer().put(frame);
    check(Sys.send(descriptor, memory, 0, frame.length, 0));
  }

  /** Every frame that came in since the socket was opened. */
  public List<byte[]> seen() {
    int length = Sys.recv(descriptor, memory, LARGEST_FRAME, MSG_DONTWAIT);
    while (length >= 0) {
      byte[] frame = new byte[length];
      memory.buffer().position(0);
      memory.buffer().get(frame);
      seen.add(frame);
      length = Sys.recv(descriptor, memory, LARGEST_FRAME, MSG_DONTWAIT);
    }
    return List.copyOf(seen);
  }

  /** How many frames that carry this text came in. */
  public long count(String text) {
    return seen().stream().filter(frame -> Frames.carries(frame, text)).count();
  }

  /** Forgets what came in so far. */
  public void forget() {
    seen();
    seen.clear();
  }

  public void close() {
    Sys.close(descriptor);
  }

  private static int check(int result) throws IOException {
    if (result < 0) {
      throw new IOException("packet socket: errno " + -result);
    }
    return result;
  }
}
