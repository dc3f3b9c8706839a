// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** br_netfilter: whether what a bridge forwards passes the rules of IPv4, IPv6 and ARP too. */
public final class BridgeNetfilter {
  private static final Path SETTINGS = Path.of("/proc/sys/net/bridge");

  private BridgeNetfilter() {}

  /**
   * Switches it on ("1") or off ("0"); most kernels have it as a module that loads by name only.
   */
  public static void set(String on) throws IOException, InterruptedException {
    if (!Files.exists(SETTINGS)) {
      Shell.run("modprobe br_netfilter");
    }
    for (String hook : List.of("iptables", "ip6tables", "arptables")) {
      Files.writeString(SETTINGS.resolve("bridge-nf-call-" + hook), on);
    }
  }
}
