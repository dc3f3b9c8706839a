// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Nodes as their kubelets register them. */
final class Nodes {
  private static final int AT_ONCE = 16;

  private Nodes() {}

  /** Registers {@code PREFIX-1} and so on, many at once. */
  static void join(KubernetesClient client, String prefix, int count) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE);
    try {
      List<Future<?>> joining = new ArrayList<>();
      for (int i = 1; i <= count; i++) {
        Node node = node(prefix + "-" + i, "192.168.%d.%d".formatted(100 + i / 250, i % 250 + 1));
        joining.add(threads.submit(() -> client.resource(node).create()));
      }
      for (Future<?> one : joining) {
        one.get();
      }
    } finally {
      threads.shutdown();
    }
  }

  /** A machine of its own of this name. */
  static Node node(String name, String address) {
    return new NodeBuilder()
        .withNewMetadata()
        .withName(name)
        .endMetadata()
        .withNewStatus()
        .addNewAddress(address, "InternalIP")
        .withNewNodeInfo()
        .withArchitecture("amd64")
        .withBootID("boot-" + name)
        .withContainerRuntimeVersion("none://1")
        .withKernelVersion("6")
        .withKubeProxyVersion("")
        .withKubeletVersion("v1.34.0")
        .withMachineID(name)
        .withOperatingSystem("linux")
        .withOsImage("none")
        .withSystemUUID("machine-" + name)
        .endNodeInfo()
        .endStatus()
        .build();
  }
}
