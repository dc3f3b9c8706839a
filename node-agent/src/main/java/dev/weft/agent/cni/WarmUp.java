// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.agent.dataplane.PodNamespace;
import dev.weft.core.net.Cidr;
import dev.weft.core.node.OwnBlock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.helpers.NOPLogger;

/**
 * Runs the path of a call, up to the kernel, before the first one comes: a JVM that has never done
 * it takes 25 ms for its first ADD.
 */
public final class WarmUp {
  private static final String CONFIG =
      "{\"cniVersion\":\"%s\",\"name\":\"weft\",\"type\":\"weft\",\"capabilities\":{\"ips\":true},"
          + "\"runtimeConfig\":{},\"dns\":{}%s}";
  private static final int MTU_BYTES = 1500;

  private final CniService service;

  private WarmUp() {
    Attachments attachments = new Attachments();
    attachments.setBlocks(
        List.of(
            OwnBlock.of(Cidr.parse("192.0.2.0/24"), List.of()),
            OwnBlock.of(Cidr.parse("2001:db8::/120"), List.of())));
    CniNode node = new CniNode(attachments, new IdleDataplane(), Optional::empty, () -> MTU_BYTES);
    CniMetrics metrics = new CniMetrics(attachments);
    metrics.bindTo(new SimpleMeterRegistry());
    service = new CniService(node, (pod, reason, message) -> {}, metrics, NOPLogger.NOP_LOGGER);
  }

  /**
   * Runs it over and over.
   *
   * @param time for how long
   * @return how many calls were served
   */
  public static int run(Duration time) {
    WarmUp warmUp = new WarmUp();
    long deadline = System.nanoTime() + time.toNanos();
    int calls = 0;
    do {
      for (SpecVersion version : SpecVersion.values()) {
        calls += warmUp.lifeOfAPod(version, "c" + calls);
      }
    } while (System.nanoTime() < deadline);
    return calls;
  }

  private int lifeOfAPod(SpecVersion version, String containerId) {
    String config = CONFIG.formatted(version, "");
    String result = call("ADD", containerId, config);
    if (version.atLeast(Verb.CHECK.since())) {
      call("CHECK", containerId, CONFIG.formatted(version, ",\"prevResult\":" + result));
    }
    call("DEL", containerId, config);
    return 3;
  }

  private String call(String command, String containerId, String config) {
    Rehearsal rehearsal =
        new Rehearsal(
            new CniRequest(
                Map.of(
                    Variables.COMMAND, command,
                    Variables.CONTAINER_ID, containerId,
                    Variables.NETNS, "/run/netns/none",
                    Variables.IF_NAME, "eth0",
                    Variables.ARGS, "IgnoreUnknown=1;K8S_POD_NAMESPACE=none;K8S_POD_NAME=none"),
                config.getBytes(StandardCharsets.UTF_8)));
    service.serve(rehearsal);
    return new String(rehearsal.answer.body(), StandardCharsets.UTF_8);
  }

  /** A call that comes from nowhere. */
  private static final class Rehearsal implements Exchange {
    private final CniRequest request;
    private Answer answer = Answer.EMPTY;

    Rehearsal(CniRequest request) {
      this.request = request;
    }

    @Override
    public CniRequest request() {
      return request;
    }

    @Override
    public Optional<PodNamespace> pod() {
      return Optional.of(new PodNamespace(-1, -1));
    }

    @Override
    public int enableIpv6(String ifName) {
      return 0;
    }

    @Override
    public void answer(Answer given) {
      answer = given;
    }
  }
}
