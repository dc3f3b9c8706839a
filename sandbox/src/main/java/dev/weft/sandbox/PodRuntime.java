// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.sandbox.cni.CniAttachment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Starts and ends pods on a node as a kubelet with its container runtime does, without containers.
 */
final class PodRuntime {
  private static final String INTERFACE = "eth0";

  private final ObjectMapper mapper = new ObjectMapper();
  private final SandboxNode node;
  private final ApiClient api;

  PodRuntime(Sandbox sandbox, SandboxNode node) {
    this.node = node;
    this.api = sandbox.api();
  }

  SandboxPod add(String namespace, String name, Map<String, String> labels) {
    SandboxPod pod =
        SandboxPod.of(api.create(path(namespace, null), toObject(namespace, name, labels)));
    try {
      String netns = pod.networkNamespaceName();
      node.exec("sh", "-c", "ip netns add \"$1\" && ip -n \"$1\" link set lo up", "sh", netns)
          .orThrow();
      SandboxPod running = pod.withAddresses(addresses(node.cni().add(attachment(pod))));
      api.merge(path(namespace, name) + "/status", running(running));
      return running;
    } catch (RuntimeException e) {
      undo(pod, e);
      throw e;
    }
  }

  private void undo(SandboxPod pod, RuntimeException reason) {
    try {
      delete(pod);
    } catch (RuntimeException e) {
      reason.addSuppressed(e);
    }
  }

  void delete(SandboxPod pod) {
    node.cni().delete(attachment(pod));
    String netns = pod.networkNamespaceName();
    node.exec("sh", "-c", "[ ! -e /run/netns/\"$1\" ] || ip netns delete \"$1\"", "sh", netns)
        .orThrow();
    api.delete(path(pod.namespace(), pod.name()));
  }

  private static CniAttachment attachment(SandboxPod pod) {
    return new CniAttachment(
        pod.containerId(),
        pod.networkNamespace(),
        INTERFACE,
        List.of(
            "IgnoreUnknown=1",
            "K8S_POD_NAMESPACE=" + pod.namespace(),
            "K8S_POD_NAME=" + pod.name(),
            "K8S_POD_INFRA_CONTAINER_ID=" + pod.containerId(),
            "K8S_POD_UID=" + pod.uid()));
  }

  private static List<String> addresses(JsonNode result) {
    List<String> addresses = new ArrayList<>();
    result.path("ips").forEach(ip -> addresses.add(ip.path("address").asText().split("/")[0]));
    return addresses;
  }

  private static String path(String namespace, String name) {
    String directory = "/api/v1/namespaces/" + namespace + "/pods";
    return name == null ? directory : directory + "/" + name;
  }

  private ObjectNode toObject(String namespace, String name, Map<String, String> labels) {
    ObjectNode pod = mapper.createObjectNode().put("apiVersion", "v1").put("kind", "Pod");
    ObjectNode metadata = pod.putObject("metadata").put("name", name).put("namespace", namespace);
    labels.forEach(metadata.putObject("labels")::put);
    ObjectNode spec = pod.putObject("spec").put("nodeName", node.name());
    spec.putArray("containers").addObject().put("name", "main").put("image", "none");
    pod.putObject("status").put("phase", "Pending");
    return pod;
  }

  private ObjectNode running(SandboxPod pod) {
    ObjectNode patch = mapper.createObjectNode();
    ObjectNode status = patch.putObject("status").put("phase", "Running");
    ArrayNode ips = status.putArray("podIPs");
    pod.addresses().forEach(address -> ips.addObject().put("ip", address));
    if (!pod.addresses().isEmpty()) {
      status.put("podIP", pod.addresses().get(0));
    }
    return patch;
  }
}
