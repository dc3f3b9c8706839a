// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.core.options.OptionException;
import dev.weft.core.options.OptionTable;
import dev.weft.probes.Watchdog;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The operator from its options to its end. */
final class OperatorProgram {
  private static final Logger LOG = LoggerFactory.getLogger(OperatorProgram.class);
  private static final int FAILURE = 1;
  private static final int USAGE = 2;
  private static final int CONNECT_TIMEOUT_MILLIS = 5_000;
  private static final int REQUEST_TIMEOUT_MILLIS = 10_000;
  private static final int RETRIES = 2;
  private static final int PORT_CHECK_SECONDS = 5;

  private static final int CLIENT_RETRY_SECONDS = 5;
  private static final String PURPOSE =
      "Allocates a block of each IPPool to every node of a Kubernetes cluster.";

  private final Map<String, String> environment;
  private final PrintStream out;
  private final PrintStream err;
  private final CountDownLatch stop = new CountDownLatch(1);
  private volatile boolean leaseLost;

  /**
   * @param environment where options are looked up that the command line does not have
   * @param out where the help and the result of a check go
   * @param err where wrong options are reported
   */
  OperatorProgram(Map<String, String> environment, PrintStream out, PrintStream err) {
    this.environment = environment;
    this.out = out;
    this.err = err;
  }

  /**
   * Runs until {@link #stop} or a signal.
   *
   * @return the exit code: 0 after a stop or the help, 2 for wrong options or a kubeconfig that
   *     cannot be used, 1 where it cannot start or lost its lease
   */
  int run(String... arguments) {
    if (OptionTable.isHelp(List.of(arguments))) {
      out.print(OperatorOptions.table().help("weft-operator", PURPOSE));
      return 0;
    }
    OperatorOptions options;
    try {
      options = OperatorOptions.parse(List.of(arguments), environment);
    } catch (OptionException e) {
      e.problems().forEach(problem -> err.println("weft-operator: " + problem));
      err.println("weft-operator: --help explains each option");
      return USAGE;
    }
    try {
      if (options.check()) {
        try (KubernetesClient client = client(options)) {
          return new ClusterCheck(client, options.podIps(), options.platforms()).run(out)
              ? 0
              : FAILURE;
        }
      }
      LOG.info("options: {}", options);
      serve(options);
      return leaseLost ? FAILURE : 0;
    } catch (UnusableKubeconfig e) {
      err.println("weft-operator: " + e.getMessage());
      return USAGE;
    } catch (IOException e) {
      LOG.error("{}", e.getMessage());
      return FAILURE;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return FAILURE;
    }
  }

  /** Makes {@link #run} return soon. */
  void stop() {
    stop.countDown();
  }

  private void loseLease() {
    leaseLost = true;
    stop();
  }

  private void serve(OperatorOptions options)
      throws IOException, InterruptedException, UnusableKubeconfig {
    Watchdog watchdog = null;
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    try (KubernetesClient client = client(options);
        WeftOperator operator = new WeftOperator(client, options, registry, this::loseLease);
        OperatorHttp http = OperatorHttp.start(options, operator, operator::readiness, registry)) {
      new JvmMemoryMetrics().bindTo(registry);
      LOG.info(
          "/healthz and /readyz on 127.0.0.1:{}, /metrics on {} port {}",
          http.probePort(),
          options.metricsAddress().getHostAddress(),
          http.metricsPort());
      Thread hook = new Thread(() -> end(operator), "stop");
      Runtime.getRuntime().addShutdownHook(hook);
      watchdog = Watchdog.start(operator);
      operator.start();
      Events events = new Events(client, Clock.systemUTC());
      while (!stop.await(PORT_CHECK_SECONDS, TimeUnit.SECONDS)) {
        reportPorts(options, operator, http, events);
      }
      Runtime.getRuntime().removeShutdownHook(hook);
    } finally {
      if (watchdog != null) {
        watchdog.close();
      }
    }
  }

  /** On the Node, once the API server answers. */
  private static void reportPorts(
      OperatorOptions options, WeftOperator operator, OperatorHttp http, Events events) {
    if (options.nodeName().isEmpty() || operator.readiness().status() != 200) {
      return;
    }
    Node node =
        new NodeBuilder()
            .withNewMetadata()
            .withName(options.nodeName().get())
            .withUid(
                options.nodeName().get()) // as the kubelet does, and "kubectl describe" expects
            .endMetadata()
            .build();
    http.report((reason, message) -> events.warning(node, reason, message));
  }

  private static void end(WeftOperator operator) {
    LOG.info("stopping");
    operator.close();
  }

  /**
   * A client; in a cluster, whose files may come late, it is tried again until it can be had.
   *
   * @throws UnusableKubeconfig if the kubeconfig cannot be used
   */
  private KubernetesClient client(OperatorOptions options)
      throws UnusableKubeconfig, InterruptedException {
    if (kubeconfig(options).isPresent() || !environment.containsKey("KUBERNETES_SERVICE_HOST")) {
      return newClient(options);
    }
    while (true) {
      try {
        return newClient(options);
      } catch (UnusableKubeconfig e) {
        LOG.warn("{}; another try in {} s", e.getMessage(), CLIENT_RETRY_SECONDS);
        if (stop.await(CLIENT_RETRY_SECONDS, TimeUnit.SECONDS)) {
          throw new InterruptedException("stopped before there was a client");
        }
      }
    }
  }

  /** The one file that is to be used: a list of several is merged by the client. */
  private Optional<String> kubeconfig(OperatorOptions options) {
    return options
        .kubeconfig()
        .or(
            () ->
                Optional.ofNullable(environment.get("KUBECONFIG"))
                    .filter(file -> !file.isBlank() && !file.contains(File.pathSeparator)));
  }

  private KubernetesClient newClient(OperatorOptions options) throws UnusableKubeconfig {
    Optional<String> kubeconfig = kubeconfig(options);
    String file = kubeconfig.map(name -> "kubeconfig " + name).orElse("kubeconfig");
    String server = "";
    try {
      Config config =
          kubeconfig.isPresent()
              ? Config.fromKubeconfig(Files.readString(Path.of(kubeconfig.get())))
              : Config.autoConfigure(null);
      server = ", server " + config.getMasterUrl();
      config.setConnectionTimeout(CONNECT_TIMEOUT_MILLIS);
      config.setRequestTimeout(REQUEST_TIMEOUT_MILLIS);
      config.setRequestRetryBackoffLimit(RETRIES);
      KubernetesClient client = new KubernetesClientBuilder().withConfig(config).build();
      LOG.info("API server {}", config.getMasterUrl());
      return client;
    } catch (IOException | RuntimeException e) {
      throw new UnusableKubeconfig(file + server + ": " + FailureReason.of(e), e);
    }
  }
}
