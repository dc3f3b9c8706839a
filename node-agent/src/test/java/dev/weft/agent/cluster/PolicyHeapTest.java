// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.core.net.IpAddress;
import dev.weft.core.node.Attachment;
import dev.weft.core.node.AttachmentKey;
import dev.weft.core.node.PodName;
import dev.weft.core.policy.Policy;
import dev.weft.core.policy.PolicyNamespace;
import dev.weft.core.policy.PolicyPod;
import dev.weft.core.policy.PolicyTable;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPortBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An agent's heap, with policies as large as the API server takes them, that select its pod. */
class PolicyHeapTest {
  /** In etcd about 1.4 MiB. */
  private static final int PORTS = 95_000;

  static final String LAST = "last";

  private static final String NAMESPACE = "shop";

  /**
   * A process that reads policies until it has the last. With a heap in which they do not fit it
   * ends before.
   */
  static final class Reader implements PolicyFeed {
    /** About what the rest of an agent has. */
    private static final byte[] OTHERS = new byte[16 << 20];

    private final PolicyTable table = new PolicyTable("node1");

    private Reader() {
      List<IpAddress> addresses = List.of(IpAddress.parse("10.0.1.2"));
      PodName pod = new PodName(NAMESPACE, "web");
      table.setListed(true, true, true);
      table.setAttachments(
          List.of(
              new Attachment("weft", new AttachmentKey("c", "eth0"), addresses, Optional.of(pod))));
      upsert(
          new PolicyPod(
              NAMESPACE, "web", "u", "node1", Map.of(), addresses, List.of(), Instant.EPOCH));
    }

    public static void main(String[] args) throws InterruptedException {
      KubernetesClient client = ApiClients.create(Optional.of(Path.of(args[0])));
      PolicyFeed feed = new Reader();
      new PolicyInformers(client, () -> client, "node1", feed, () -> 1, () -> 0, System::nanoTime)
          .start();
      Thread.currentThread().join(); // the informers' threads keep no process
    }

    @Override
    public void upsert(Policy policy, List<String> troubles) {
      table.upsert(policy);
      table.program();
      table.wants();
      if (policy.name().equals(LAST)) {
        System.exit(OTHERS.length == 0 ? 1 : 0);
      }
    }

    @Override
    public void policyGone(String namespace, String name) {}

    @Override
    public void upsert(PolicyNamespace namespace) {}

    @Override
    public void namespaceGone(String name) {}

    @Override
    public void upsert(PolicyPod pod) {
      table.upsert(pod);
    }

    @Override
    public void podGone(String namespace, String name) {}

    @Override
    public void listed() {
      System.out.println("listed");
    }
  }

  private static void create(KubernetesClient client, String name, int ports) {
    NetworkPolicyPort port = new NetworkPolicyPortBuilder().withNewPort(1).build();
    client
        .resource(
            new NetworkPolicyBuilder()
                .withNewMetadata()
                .withNamespace(NAMESPACE)
                .withName(name)
                .endMetadata()
                .withNewSpec()
                .withNewPodSelector()
                .endPodSelector()
                .addNewIngress()
                .withPorts(Collections.nCopies(ports, port))
                .endIngress()
                .endSpec()
                .build())
        .create();
  }

  @Test
  void theLargestPoliciesDoNotEndAnAgent(@TempDir Path dir) throws Exception {
    try (TestApiServer server = new TestApiServer()) {
      server.start();
      KubernetesClient client = server.client();
      for (int i = 0; i < 3; i++) {
        create(client, "large" + i, PORTS);
      }
      create(client, "allowed", PolicyMapper.MAX_ENTRIES - 1);
      Path out = dir.resolve("out");
      Process reader = start(dir, server.kubeconfig(), out);
      try {
        await()
            .atMost(Duration.ofMinutes(3))
            .until(() -> !reader.isAlive() || Files.readString(out).contains("listed"));
        create(client, LAST, PORTS);
        assertReads(reader, out);
      } finally {
        reader.destroyForcibly();
        client.close();
      }
    }
  }

  /** 170 MB of them are listed, and watched again. */
  @Test
  void manyLargePoliciesOfANamespaceDoNotEndAnAgent(@TempDir Path dir) throws Exception {
    try (LargePolicies server = new LargePolicies(NAMESPACE, 126)) {
      Path out = dir.resolve("out");
      Process reader = start(dir, server.kubeconfig(), out);
      try {
        assertReads(reader, out);
      } finally {
        reader.destroyForcibly();
      }
    }
  }

  private static void assertReads(Process reader, Path out) throws InterruptedException {
    assertThat(reader.waitFor(3, TimeUnit.MINUTES)).as(() -> read(out)).isTrue();
    assertThat(reader.exitValue()).as(() -> read(out)).isZero();
  }

  private static Process start(Path dir, String kubeconfig, Path out) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx96m",
            "-Xmn4m",
            "-XX:+UseSerialGC",
            "-XX:+ExitOnOutOfMemoryError",
            "-cp",
            System.getProperty("java.class.path"),
            Reader.class.getName(),
            Files.writeString(dir.resolve("kubeconfig"), kubeconfig).toString())
        .redirectErrorStream(true)
        .redirectOutput(out.toFile())
        .start();
  }

  private static String read(Path out) {
    try {
      return Files.readString(out);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
