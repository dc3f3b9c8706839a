// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/** Nodes as their kubelets register them. */
final class Nodes {
  private static final int AT_ONCE = 16;

  private Nodes() {}

  /** Registers {@code PREFIX-1} and so on, many at once. */
  static void join(KubernetesClient client, String prefix, int count) throws Exception {
    create(client, several(prefix, count));
  }

  /** Machines of their own, {@code PREFIX-1} and so on. */
  static List<Node> several(String prefix, int count) {
    return IntStream.rangeClosed(1, count)
        .mapToObj(
            i -> node(prefix + "-" + i, "192.168.%d.%d".formatted(100 + i / 250, i % 250 + 1)))
        .toList();
  }

  /**
   * Creates objects, many at once.
   *
   * @return them as they are then, in their order
   */
  static <T extends HasMetadata> List<T> create(KubernetesClient client, List<T> objects)
      throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE);
    try {
      List<Future<T>> creating = new ArrayList<>();
      for (T object : objects) {
        creating.add(threads.submit(() -> client.resource(object).create()));
      }
      List<T> created = new ArrayList<>();
      for (Future<T> one : creating) {
        created.add(one.get());
      }
      return created;
    } finally {
      threads.shutdown();
    }
  }

  /** The node, which reports that Weft serves a block there. */
  static Node served(Node node) {
    return new NodeBuilder(node)
        .editStatus()
        .addNewCondition()
        .withType("NetworkUnavailable")
        .withStatus("False")
        .withReason("WeftBlockReady")
        .withMessage("Weft serves a block of addresses on this node")
        .endCondition()
        .endStatus()
        .build();
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
