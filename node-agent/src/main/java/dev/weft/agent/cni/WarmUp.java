// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.agent.dataplane.PodNamespace;
import dev.weft.core.net.Cidr;
import dev.weft.core.node.OwnBlock;
import dev.weft.netlink.unix.UnixPair;
import dev.weft.netlink.unix.UnixSocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.LoggerFactory;
import org.slf4j.helpers.NOPLogger;

/**
 * Runs the path of a call, up to the kernel, before the first one comes: a JVM that has never done
 * it takes 25 ms for its first ADD.
 */
public final class WarmUp {
  private static final String CONFIG =
      "{\"cniVersion\":\"%s\",\"name\":\"weft\",\"type\":\"weft\",\"capabilities\":{\"ips\":true,\"portMappings\":true},"
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
    service =
        new CniService(
            node,
            (pod, uid, reason, message) -> {},
            new CniMetrics(attachments),
            NOPLogger.NOP_LOGGER);
  }

  /**
   * Runs it over and over.
   *
   * @param time for how long
   * @return how many calls were answered
   */
  public static int run(Duration time) {
    WarmUp warmUp = new WarmUp();
    long deadline = System.nanoTime() + time.toNanos();
    int calls = 0;
    try {
      do {
        for (SpecVersion version : SpecVersion.values()) {
          calls += warmUp.lifeOfAPod(version, "c" + calls);
        }
      } while (System.nanoTime() < deadline);
    } catch (UnixSocketException e) {
      LoggerFactory.getLogger(WarmUp.class).warn("the first ADD will be slow: {}", e.getMessage());
    }
    return calls;
  }

  private int lifeOfAPod(SpecVersion version, String containerId) throws UnixSocketException {
    String config = CONFIG.formatted(version, "");
    String result = call(request("ADD", containerId, config));
    String withResult = CONFIG.formatted(version, ",\"prevResult\":" + result);
    call(request("CHECK", containerId, withResult));
    return 2 + throughSocket(request("DEL", containerId, config));
  }

  private static CniRequest request(String command, String containerId, String config) {
    return new CniRequest(
        Map.of(
            Variables.COMMAND, command,
            Variables.CONTAINER_ID, containerId,
            Variables.NETNS, "/run/netns/none",
            Variables.IF_NAME, "eth0",
            Variables.ARGS, "IgnoreUnknown=1;K8S_POD_NAMESPACE=none;K8S_POD_NAME=none"),
        config.getBytes(StandardCharsets.UTF_8));
  }

  private String call(CniRequest request) {
    WarmUpExchange exchange = new WarmUpExchange(request);
    service.serve(exchange);
    return new String(exchange.answer.body(), StandardCharsets.UTF_8);
  }

  /** Makes a call that needs no descriptors, and returns how many answers came: one. */
  private int throughSocket(CniRequest request) throws UnixSocketException {
    try (UnixPair pair = UnixPair.open()) {
      pair.client().send(RequestFrame.bytes(request));
      new ConnectionHandler(service, pair.server().peer().uid()).serve(pair.server());
      byte[] head = new byte[RequestFrame.HEAD_BYTES];
      return pair.client().receiveFully(head, 0, head.length) ? 1 : 0;
    }
  }

  /** A call that no plugin made. */
  private static final class WarmUpExchange implements Exchange {
    private final CniRequest request;
    private Answer answer = Answer.EMPTY;

    WarmUpExchange(CniRequest request) {
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
