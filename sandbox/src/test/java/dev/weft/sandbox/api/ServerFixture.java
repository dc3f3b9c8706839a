// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** An API server on a free port of this machine, with our CRDs, and a client of it. */
final class ServerFixture implements AutoCloseable {
  /** The generated CRDs of this checkout. */
  private static final Path CRDS = Path.of("..", "crds");

  final ApiServer server;
  final KubernetesClient client;

  ServerFixture() {
    server = new ApiServer(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    server.start();
    Config config =
        new ConfigBuilder(Config.empty())
            .withMasterUrl(server.url())
            .withRequestRetryBackoffLimit(1)
            .withNamespace("default")
            .build();
    client = new KubernetesClientBuilder().withConfig(config).build();
    crds().forEach(crd -> client.resource(read(crd)).create());
  }

  static List<Path> crds() {
    try (Stream<Path> files = Files.list(CRDS)) {
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

  @Override
  public void close() {
    client.close();
    server.close();
  }
}
