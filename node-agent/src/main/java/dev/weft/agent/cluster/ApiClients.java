// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.api.IPAllocation;
import dev.weft.api.IPPool;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.WatchEvent;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Makes clients of the API server. */
public final class ApiClients {
  private static final int CONNECT_TIMEOUT_MS = 3_000;
  private static final int REQUEST_TIMEOUT_MS = 10_000;

  /** The informers' first pause after a failure; it doubles five times, to 16 s. */
  private static final int RECONNECT_MS = 500;

  private ApiClients() {}

  /**
   * A client; connects when it is first used. Of namespaces it requests the metadata alone.
   *
   * <p>Each watch is a WebSocket with a connection of its own. As plain requests they would share
   * one HTTP/2 connection ({@link Config#setOnlyHttpWatches}), but a loss of that is noticed late:
   * nothing pings it, and the client does not report whether such a watch is open.
   *
   * @param kubeconfig how it is reached; empty: by the environment or the pod's service account
   * @throws IllegalArgumentException if the kubeconfig cannot be read, with a message of one line
   *     that names the file
   */
  public static KubernetesClient create(Optional<Path> kubeconfig) {
    return client(config(kubeconfig));
  }

  private static Config config(Optional<Path> kubeconfig) {
    Config config = kubeconfig.map(ApiClients::read).orElseGet(() -> Config.autoConfigure(null));
    config.setConnectionTimeout(CONNECT_TIMEOUT_MS);
    config.setRequestTimeout(REQUEST_TIMEOUT_MS);
    config.setRequestRetryBackoffLimit(1);
    config.setWatchReconnectInterval(RECONNECT_MS);
    return config;
  }

  private static Config read(Path kubeconfig) {
    try {
      Files.newInputStream(kubeconfig).close();
      return Config.fromKubeconfig(kubeconfig.toFile());
    } catch (NoSuchFileException e) {
      throw new IllegalArgumentException("kubeconfig " + kubeconfig + ": no such file", e);
    } catch (AccessDeniedException e) {
      throw new IllegalArgumentException("kubeconfig " + kubeconfig + ": permission denied", e);
    } catch (IOException | RuntimeException e) {
      throw new IllegalArgumentException(
          "kubeconfig " + kubeconfig + ": " + ApiConnection.rootMessage(e), e);
    }
  }

  static KubernetesClient client(Config config) {
    return new KubernetesClientBuilder()
        .withConfig(config)
        .withKubernetesSerialization(serialization())
        .withHttpClientBuilderConsumer(
            builder -> {
              builder.addOrReplaceInterceptor("metadata", new MetadataOnly("/api/v1/namespaces"));
              for (String kind : List.of("networkpolicies", "pods", "namespaces")) {
                builder.addOrReplaceInterceptor(kind + " pages", new ListPages("/" + kind));
              }
            })
        .build();
  }

  /**
   * Knows only the kinds that an agent reads and writes: all of Kubernetes' are 500 classes more.
   */
  private static KubernetesSerialization serialization() {
    ObjectMapper mapper = new ObjectMapper();
    mapper.addMixIn(WatchEvent.class, WatchedObject.OfEvent.class);
    KubernetesSerialization serialization = new KubernetesSerialization(mapper, false);
    serialization.registerKubernetesResource(IPAllocation.class);
    serialization.registerKubernetesResource(IPPool.class);
    serialization.registerKubernetesResource(Status.class);
    serialization.registerKubernetesResource(Event.class);
    serialization.registerKubernetesResource(PolicyObject.class);
    serialization.registerKubernetesResource(PodObject.class);
    serialization.registerKubernetesResource(NamespaceObject.class);
    serialization.registerKubernetesResource(
        MetadataOnly.API_VERSION, MetadataOnly.KIND, NamespaceObject.class);
    return serialization;
  }
}
