// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.weft.sandbox.api.ApiServer;
import io.fabric8.kubeapitest.KubeAPIServer;
import io.fabric8.kubeapitest.KubeAPIServerConfig;
import io.fabric8.kubeapitest.KubeAPIServerConfigBuilder;
import io.fabric8.kubeapitest.KubeAPITestException;
import io.fabric8.kubeapitest.binary.BinaryManager;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An API server on this machine's loopback with our CRDs: etcd and kube-apiserver through Fabric8's
 * kube-api-test, which takes them from {@code KUBE_API_TEST_DIR} or downloads them; where it
 * cannot, the sandbox's embedded server, said in one line. In CI with {@code KUBE_API_TEST_DIR} set
 * it is the real one or a failure.
 */
final class LiveApi implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LiveApi.class);
  static final Path HOME = Path.of(System.getProperty("weft.home", "..")).toAbsolutePath();

  /** How long kube-apiserver may take to start, on a machine that is busy with other things. */
  private static final int START_MILLIS = 180_000;

  /** How often one is started that ends before it serves. */
  private static final int ATTEMPTS = 3;

  /** How many changes the embedded one keeps: a test makes as many, so that it forgets some. */
  private static final int HISTORY = 100;

  private final Optional<KubeAPIServer> real;
  private final ApiServer embedded;
  private final Path folder;
  private final KubernetesClient client;

  private LiveApi(Optional<KubeAPIServer> real) {
    this.real = real;
    this.embedded =
        new ApiServer(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), HISTORY);
    try {
      this.folder = Files.createTempDirectory("weft-api-");
      Files.writeString(
          kubeconfig(), real.map(KubeAPIServer::getKubeConfigYaml).orElseGet(this::embed));
    } catch (IOException e) {
      throw new UncheckedIOException("write a kubeconfig", e);
    }
    this.client = new KubernetesClientBuilder().withConfig(config()).build();
  }

  private static LiveApi of(Optional<KubeAPIServer> real) {
    LiveApi api = new LiveApi(real);
    try {
      api.define();
      return api;
    } catch (RuntimeException | Error e) {
      api.close();
      throw e;
    }
  }

  /** Starts the embedded one. */
  static LiveApi embedded() {
    return of(Optional.empty());
  }

  /**
   * Starts a kube-apiserver with these flags; where there is none the test is left out, but in CI
   * with {@code KUBE_API_TEST_DIR} set it fails.
   */
  static LiveApi real(String... flags) {
    Optional<KubeAPIServer> server = startReal(List.of(flags));
    assumeTrue(server.isPresent(), "no etcd and kube-apiserver here: the test is left out");
    return of(server);
  }

  /** Starts one, real where that can be had; the flags are kube-apiserver's. */
  static LiveApi start(String... flags) {
    return of(startReal(List.of(flags)));
  }

  private static Optional<KubeAPIServer> startReal(List<String> flags) {
    return startReal(flags, ATTEMPTS);
  }

  private static Optional<KubeAPIServer> startReal(List<String> flags, int attempts) {
    RealServer server = new RealServer(configuration(flags));
    try {
      server.startOnce();
      return Optional.of(server);
    } catch (KubeAPITestException e) {
      stopWhatStarted(server);
      if (server.ended() && attempts > 1) {
        LOG.warn("etcd or kube-apiserver ended while it started; starting them again");
        return startReal(flags, attempts - 1);
      }
      if (System.getenv("CI") != null && System.getenv("KUBE_API_TEST_DIR") != null) {
        throw e;
      }
      LOG.warn(
          "no etcd and kube-apiserver ({}); testing against the embedded API server what it can do",
          e.getMessage());
      return Optional.empty();
    }
  }

  /**
   * One whose start ends when etcd or kube-apiserver ends, where kube-api-test waits out its whole
   * time: it chooses their ports from those that the kernel gives to connections too, so that one
   * can be taken before they listen on it.
   */
  private static final class RealServer extends KubeAPIServer {
    private Thread starting;
    private boolean ended;

    RealServer(KubeAPIServerConfig configuration) {
      super(configuration);
    }

    void startOnce() {
      synchronized (this) {
        starting = Thread.currentThread();
      }
      try {
        start();
      } finally {
        synchronized (this) {
          starting = null;
          if (ended) {
            Thread.interrupted();
          }
        }
      }
    }

    @Override
    public void processStopped(Process process) {
      try {
        super.processStopped(process);
      } finally {
        endStart();
      }
    }

    private synchronized void endStart() {
      ended = true;
      if (starting != null) {
        starting.interrupt();
      }
    }

    synchronized boolean ended() {
      return ended;
    }
  }

  /** One that fails to start leaves its etcd running, and etcd's directories. */
  private static void stopWhatStarted(KubeAPIServer server) {
    try {
      server.stop();
    } catch (RuntimeException e) {
      LOG.debug("nothing of it was started", e);
    }
  }

  private static KubeAPIServerConfig configuration(List<String> flags) {
    return KubeAPIServerConfigBuilder.anAPIServerConfig()
        .withStartupTimeout(START_MILLIS)
        .withOfflineMode(Boolean.parseBoolean(System.getenv("KUBE_API_TEST_OFFLINE_MODE")))
        .withApiServerFlags(List.of("--bind-address", "127.0.0.1"))
        .withApiServerFlags(flags)
        .build();
  }

  private String embed() {
    embedded.start();
    return """
    apiVersion: v1
    kind: Config
    clusters: [{name: embedded, cluster: {server: "%s"}}]
    users: [{name: embedded, user: {}}]
    contexts: [{name: embedded, context: {cluster: embedded, user: embedded, namespace: default}}]
    current-context: embedded
    """
        .formatted(embedded.url());
  }

  private void define() {
    definitionFiles().forEach(file -> client.resource(read(file)).create());
    await("the CRDs to be served", () -> definitions().stream().allMatch(LiveApi::isServed));
  }

  private List<CustomResourceDefinition> definitions() {
    return client.apiextensions().v1().customResourceDefinitions().list().getItems();
  }

  private static boolean isServed(CustomResourceDefinition definition) {
    return definition.getStatus() == null
        || definition.getStatus().getConditions().stream()
            .anyMatch(c -> c.getType().equals("Established") && c.getStatus().equals("True"));
  }

  /** The generated CRDs of this checkout, by plural. */
  static Map<String, JsonNode> schemas() {
    Map<String, JsonNode> schemas = new TreeMap<>();
    for (Path file : definitionFiles()) {
      try {
        JsonNode definition = new YAMLMapper().readTree(file.toFile());
        schemas.put(
            definition.at("/spec/names/plural").asText(),
            definition.at("/spec/versions/0/schema/openAPIV3Schema"));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return schemas;
  }

  private static List<Path> definitionFiles() {
    try (Stream<Path> files = Files.list(HOME.resolve("crds"))) {
      return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether it is a kube-apiserver. */
  boolean isReal() {
    return real.isPresent();
  }

  /** Leaves a test out where the server is the embedded one, which cannot do something. */
  void need(String what) {
    assumeTrue(isReal(), () -> "the embedded API server has no " + what);
  }

  /** A client that may do everything. */
  KubernetesClient client() {
    return client;
  }

  private Config config() {
    return Config.fromKubeconfig(kubeconfig().toFile());
  }

  /** The file that tells programs how to reach it. */
  Path kubeconfig() {
    return file("kubeconfig");
  }

  /** A file of this name, which goes with the server. */
  Path file(String name) {
    return folder.resolve(name);
  }

  /** What kube-api-test's kubectl says. */
  String kubectl(String... words) throws IOException, InterruptedException {
    BinaryManager binaries = new BinaryManager(configuration(List.of()));
    binaries.initAndDownloadIfRequired();
    List<String> command =
        Stream.concat(
                Stream.of(
                    binaries.binaries().getKubectl().toString(),
                    "--kubeconfig=" + kubeconfig(),
                    "--cache-dir=" + folder),
                Stream.of(words))
            .toList();
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes());
    if (process.waitFor() != 0) {
      throw new IOException(String.join(" ", command) + ": " + output);
    }
    return output;
  }

  /**
   * What the server answers.
   *
   * @param code 200 for any success
   * @param text the object, or why it is refused
   */
  record Answer(int code, String text) {}

  /** Sends an object as it is, right or wrong. */
  Answer send(String method, String path, JsonNode object) {
    try {
      return new Answer(200, client.raw(path, method, object));
    } catch (KubernetesClientException e) {
      return new Answer(e.getCode(), e.getMessage());
    }
  }

  /**
   * The whole answer to any request.
   *
   * @param code the HTTP status
   */
  record Reply(int code, String text) {
    JsonNode body() {
      try {
        return new ObjectMapper().readTree(text);
      } catch (IOException e) {
        throw new UncheckedIOException(text, e);
      }
    }
  }

  Reply request(String method, String path) {
    // Without a body Fabric8 sends no DELETE.
    return request(
        method, path, method.equals("GET") ? null : new ObjectMapper().createObjectNode());
  }

  Reply request(String method, String path, JsonNode body) {
    return request(method, path, "application/json", body);
  }

  /** Sends anything and waits for the whole answer; a watch is to be sent with an end. */
  Reply request(String method, String path, String contentType, JsonNode body) {
    HttpClient http = client.getHttpClient();
    HttpRequest request =
        http.newHttpRequestBuilder()
            .uri(client.getConfiguration().getMasterUrl().replaceAll("/$", "") + path)
            .method(method, contentType, body == null ? null : body.toString())
            .build();
    HttpResponse<String> response = http.sendAsync(request, String.class).join();
    return new Reply(response.code(), response.body());
  }

  /** Deletes an object that is there. */
  void delete(String path) {
    // Without a body Fabric8 sends no DELETE.
    client.raw(path, "DELETE", Map.of());
  }

  JsonNode get(String path) {
    try {
      return new ObjectMapper().readTree(client.raw(path));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits for something that must become true. */
  static void await(String what, java.util.concurrent.Callable<Boolean> condition) {
    Awaitility.await(what).pollInterval(Duration.ofMillis(100)).ignoreExceptions().until(condition);
  }

  @Override
  public void close() {
    try {
      client.close();
      real.ifPresent(KubeAPIServer::stop);
    } finally {
      embedded.close();
      remove(folder);
    }
  }

  private static void remove(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("remove " + folder, e);
    }
  }
}
