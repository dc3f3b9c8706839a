// SPDX-License-Identifier: Apache-2.0
package dev.weft.chart;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * etcd and kube-apiserver as processes of this machine, with RBAC, and with an audit log of who
 * asked for what. Nothing else of Kubernetes runs: a Deployment is stored, no pod starts.
 */
final class RealApiServer implements AutoCloseable {
  /** Who asked for what, and what the answer was. */
  record Request(String user, String verb, String group, String resource, int code) {}

  private static final String ADMIN = "admin-token";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;
  private final int port = freePort();
  private final List<Process> processes = new ArrayList<>();

  private RealApiServer(Path folder) {
    this.folder = folder;
  }

  /**
   * Starts both; the test is skipped, and says so, where they are not on this machine.
   *
   * @param folder where everything of theirs lies
   */
  static RealApiServer start(Path folder) throws IOException, GeneralSecurityException {
    for (String program : List.of("etcd", "kube-apiserver", "kubectl", "helm")) {
      assumeTrue(
          Tool.isThere(program), program + " is not on this machine: this test is not run here");
    }
    RealApiServer server = new RealApiServer(folder);
    try {
      server.run();
      return server;
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      server.close();
      throw e;
    }
  }

  private void run() throws IOException, GeneralSecurityException {
    int etcd = freePort();
    spawn(
        "etcd",
        "--data-dir=" + folder.resolve("etcd"),
        "--unsafe-no-fsync",
        "--listen-client-urls=http://127.0.0.1:" + etcd,
        "--advertise-client-urls=http://127.0.0.1:" + etcd,
        "--listen-peer-urls=http://127.0.0.1:" + freePort());
    Path key = file("sa.key", privateKey());
    spawn(
        "kube-apiserver",
        "--etcd-servers=http://127.0.0.1:" + etcd,
        "--bind-address=127.0.0.1",
        "--advertise-address=192.0.2.1",
        "--endpoint-reconciler-type=none",
        "--secure-port=" + port,
        "--cert-dir=" + folder.resolve("certs"),
        "--service-cluster-ip-range=10.96.0.0/12",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-account-signing-key-file=" + key,
        "--service-account-key-file=" + key,
        "--authorization-mode=RBAC",
        "--token-auth-file=" + file("tokens", ADMIN + ",admin,admin,system:masters\n"),
        "--audit-policy-file=" + file("audit.yaml", auditPolicy()),
        "--audit-log-path=" + auditLog(),
        "--audit-log-mode=blocking");
    try (KubernetesClient client = client()) {
      await("kube-apiserver is ready; its log is in " + folder)
          .pollInterval(Duration.ofMillis(500))
          .ignoreExceptions()
          .until(
              () ->
                  "ok".equals(client.raw("/readyz"))
                      && client.namespaces().withName("default").get() != null);
    }
  }

  /** A client that may do anything. */
  KubernetesClient client() throws IOException {
    return new KubernetesClientBuilder()
        .withConfig(Config.fromKubeconfig(kubeconfig().toFile()))
        .build();
  }

  /** A kubeconfig of one who may do anything. */
  Path kubeconfig() throws IOException {
    return kubeconfig(ADMIN);
  }

  /** A kubeconfig of whoever this token is of. */
  Path kubeconfig(String token) throws IOException {
    return file(
        "kubeconfig-" + Integer.toHexString(token.hashCode()),
        """
        apiVersion: v1
        kind: Config
        clusters: [{name: c, cluster: {server: "https://127.0.0.1:%d", insecure-skip-tls-verify: true}}]
        contexts: [{name: c, context: {cluster: c, user: u}}]
        users: [{name: u, user: {token: "%s"}}]
        current-context: c
        """
            .formatted(port, token));
  }

  /** kubectl or helm with everything allowed. */
  Tool.Result run(String... line) throws IOException {
    return Tool.run(kubeconfig(), line);
  }

  /** A token of a service account, as a pod on that node has it. */
  String token(String account, String node) throws IOException {
    return run(
            "kubectl",
            "create",
            "token",
            account,
            "-n",
            "weft-system",
            "--duration=1h",
            "--bound-object-kind=Node",
            "--bound-object-name=" + node)
        .succeeded();
  }

  /** What a service account asked for so far. */
  List<Request> requestsOf(String account) throws IOException {
    String user = "system:serviceaccount:weft-system:" + account;
    List<Request> requests = new ArrayList<>();
    String log = Files.readString(auditLog());
    // The last line may be half written.
    for (String line : log.substring(0, log.lastIndexOf('\n') + 1).split("\n")) {
      if (line.contains(user)) {
        JsonNode event = JSON.readTree(line);
        JsonNode object = event.path("objectRef");
        String subresource = object.path("subresource").asText();
        requests.add(
            new Request(
                event.path("user").path("username").asText(),
                event.path("verb").asText(),
                object.path("apiGroup").asText(),
                object.path("resource").asText() + (subresource.isEmpty() ? "" : "/" + subresource),
                event.path("responseStatus").path("code").asInt()));
      }
    }
    return requests;
  }

  @Override
  public void close() {
    for (int i = processes.size() - 1; i >= 0; i--) {
      Process process = processes.get(i);
      process.destroy();
      try {
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
          process.destroyForcibly();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private Path auditLog() {
    return folder.resolve("audit.log");
  }

  private void spawn(String program, String... arguments) throws IOException {
    List<String> line = new ArrayList<>(List.of(Tool.path(program).toString()));
    line.addAll(List.of(arguments));
    processes.add(
        new ProcessBuilder(line)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve(program + ".log").toFile())
            .start());
  }

  private Path file(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  private static String privateKey() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    return "-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n"
        .formatted(
            Base64.getMimeEncoder(64, new byte[] {'\n'})
                .encodeToString(generator.generateKeyPair().getPrivate().getEncoded()));
  }

  private static String auditPolicy() {
    return """
        apiVersion: audit.k8s.io/v1
        kind: Policy
        omitStages: [RequestReceived]
        rules:
          - level: Metadata
            userGroups: ["system:serviceaccounts:weft-system"]
          - level: None
        """;
  }

  /** None of those that Linux takes for connections: such a one may be gone a moment later. */
  private static int freePort() {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(10_000, 32_768);
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return socket.getLocalPort();
      } catch (BindException e) {
        continue; // taken
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
