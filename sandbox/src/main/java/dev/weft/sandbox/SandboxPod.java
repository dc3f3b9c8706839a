// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * A pod of a sandbox: a network namespace on a node.
 *
 * @param namespace its Kubernetes namespace
 * @param name its name
 * @param uid of its Pod object
 * @param node where it runs
 * @param addresses one of each family; empty until it has some
 */
public record SandboxPod(
    String namespace, String name, String uid, String node, List<String> addresses) {

  static SandboxPod of(JsonNode pod) {
    List<String> addresses = new ArrayList<>();
    pod.at("/status/podIPs").forEach(entry -> addresses.add(entry.path("ip").asText()));
    return new SandboxPod(
        pod.at("/metadata/namespace").asText(),
        pod.at("/metadata/name").asText(),
        pod.at("/metadata/uid").asText(),
        pod.at("/spec/nodeName").asText(),
        List.copyOf(addresses));
  }

  SandboxPod withAddresses(List<String> ips) {
    return new SandboxPod(namespace, name, uid, node, List.copyOf(ips));
  }

  /** The namespace's file, in its node. */
  public String networkNamespace() {
    return "/run/netns/" + networkNamespaceName();
  }

  /** No name of Kubernetes holds an underscore, so two pods never share one. */
  String networkNamespaceName() {
    return namespace + "_" + name;
  }

  /** What the runtime calls the pod: 64 hexadecimal digits, the same for the same pod. */
  public String containerId() {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      String key = namespace + "/" + name + "/" + uid;
      return HexFormat.of().formatHex(sha256.digest(key.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
