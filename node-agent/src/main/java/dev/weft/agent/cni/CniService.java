// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Serves CNI calls: checks each, has its verb's handler do it, and turns failures into answers. */
public final class CniService {
  private final Map<Verb, VerbHandler> handlers = new EnumMap<>(Verb.class);
  private final NetworkConfigReader configs = new NetworkConfigReader();
  private final Readiness readiness;
  private final CniMetrics metrics;
  private final Logger log;

  /**
   * A service.
   *
   * @param events where the Event of a pod that got no address goes
   * @param metrics where each call is counted
   */
  public CniService(CniNode node, PodEvents events, CniMetrics metrics) {
    this(node, events, metrics, LoggerFactory.getLogger(CniService.class));
  }

  CniService(CniNode node, PodEvents events, CniMetrics metrics, Logger log) {
    Removal removal = new Removal(node);
    handlers.put(Verb.ADD, new AddHandler(node, removal, events));
    handlers.put(Verb.DEL, new DelHandler(node, removal));
    handlers.put(Verb.CHECK, new CheckHandler(node));
    handlers.put(Verb.GC, new GcHandler(node, removal));
    handlers.put(Verb.STATUS, (call, exchange) -> status(node, exchange));
    handlers.put(Verb.VERSION, (call, exchange) -> version(exchange));
    this.readiness = node.readiness();
    this.metrics = metrics;
    this.log = log;
  }

  /** Serves one call to its end; a failure of the call is an answer, never an exception. */
  void serve(Exchange exchange) {
    serve(exchange, System.nanoTime());
  }

  /** Whether a call is an ADD that is worth a wait for the node's readiness. */
  boolean shouldWait(Exchange exchange) {
    return readiness.starting()
        && Verb.ADD.name().equals(exchange.request().environment().get(Variables.COMMAND))
        && readiness.notReady().isPresent();
  }

  /** Serves a call that {@link #shouldWait}, once the node is ready or does not start any more. */
  void serveWhenReady(Exchange exchange) {
    long begin = System.nanoTime();
    try {
      readiness.awaitReady();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the agent stops: the call gets an error
    }
    serve(exchange, begin);
  }

  private void serve(Exchange exchange, long begin) {
    String result = CniMetrics.OK;
    String done = "";
    try {
      CniCall call = CniCall.of(exchange.request(), configs);
      done = handlers.get(call.verb()).serve(call, exchange);
    } catch (CniException e) {
      result = String.valueOf(e.code().number());
      log.warn("{}: {}: {}", Subject.of(exchange), e.getMessage(), e.details());
      answer(exchange, e);
    } catch (IOException e) {
      result = CniMetrics.CLIENT_GONE;
      log.warn(
          "{}: the client closed its connection before the answer: {}",
          Subject.of(exchange),
          e.getMessage());
    } catch (RuntimeException | Error e) {
      result = String.valueOf(ErrorCode.INTERNAL.number());
      log.error("{}: a fault of the agent", Subject.of(exchange), e);
      answer(exchange, new CniException(ErrorCode.INTERNAL, "a fault of the agent", e.toString()));
    }
    long nanos = System.nanoTime() - begin;
    metrics.served(Subject.verb(exchange), result, nanos);
    if (!done.isEmpty()) {
      log.info("{}: {} in {} us", Subject.of(exchange), done, nanos / 1000);
    }
  }

  private static String status(CniNode node, Exchange exchange) throws CniException, IOException {
    Optional<String> notReady = node.readiness().notReady();
    if (notReady.isPresent()) {
      throw new CniException(ErrorCode.NOT_AVAILABLE, "no ADD can be served", notReady.get());
    }
    exchange.answer(Answer.EMPTY);
    return "";
  }

  private static String version(Exchange exchange) throws IOException {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("cniVersion", NetworkConfig.versionOf(exchange.request().stdin()).toString());
    SpecVersion.texts().forEach(root.putArray("supportedVersions")::add);
    exchange.answer(Answer.success(Json.write(root)));
    return "";
  }

  private void answer(Exchange exchange, CniException e) {
    SpecVersion version = NetworkConfig.versionOf(exchange.request().stdin());
    try {
      exchange.answer(ErrorObject.answer(version, e));
    } catch (IOException gone) {
      log.info("the client closed its connection before the error: {}", gone.getMessage());
    }
  }
}
