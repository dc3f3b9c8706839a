// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.core.options.OptionException;
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
import java.time.Clock;
import java.util.List;
import java.util.Map;
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

  private final Map<String, String> environment;
  private final PrintStream err;
  private final CountDownLatch stop = new CountDownLatch(1);
  private volatile boolean leaseLost;

  /**
   * @param environment where options are looked up that the command line does not have
   * @param err where wrong options are told
   */
  OperatorProgram(Map<String, String> environment, PrintStream err) {
    this.environment = environment;
    this.err = err;
  }

  /**
   * Runs until {@link #stop} or a signal.
   *
   * @return the exit code: 0 after a stop, 2 for wrong options, 1 where it cannot start or lost its
   *     lease
   */
  int run(String... arguments) {
    OperatorOptions options;
    try {
      options = OperatorOptions.parse(List.of(arguments), environment);
    } catch (OptionException e) {
      e.problems().forEach(problem -> err.println("weft-operator: " + problem));
      return USAGE;
    }
    if (options.check()) {
      try (KubernetesClient client = client(options)) {
        return new ClusterCheck(client, options.podIps(), options.platforms()).run(System.out)
            ? 0
            : FAILURE;
      }
    }
    LOG.info("options: {}", options);
    try {
      serve(options);
      return leaseLost ? FAILURE : 0;
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

  private void serve(OperatorOptions options) throws IOException, InterruptedException {
    Watchdog watchdog = null;
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    try (KubernetesClient client = client(options);
        WeftOperator operator =
            new WeftOperator(client, options, registry, Clock.systemUTC(), this::loseLease);
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
        tellOfPorts(options, operator, http, events);
      }
      Runtime.getRuntime().removeShutdownHook(hook);
    } finally {
      if (watchdog != null) {
        watchdog.close();
      }
    }
  }

  /** On the Node, once the API server answers. */
  private static void tellOfPorts(
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
    http.tell((reason, message) -> events.warning(node, reason, message));
  }

  private static void end(WeftOperator operator) {
    LOG.info("told to stop");
    operator.close();
  }

  private KubernetesClient client(OperatorOptions options) {
    Config config =
        options
            .kubeconfig()
            .map(file -> Config.fromKubeconfig(new File(file)))
            .orElseGet(() -> Config.autoConfigure(null));
    config.setConnectionTimeout(CONNECT_TIMEOUT_MILLIS);
    config.setRequestTimeout(REQUEST_TIMEOUT_MILLIS);
    config.setRequestRetryBackoffLimit(RETRIES);
    LOG.info("API server {}", config.getMasterUrl());
    return new KubernetesClientBuilder().withConfig(config).build();
  }
}
