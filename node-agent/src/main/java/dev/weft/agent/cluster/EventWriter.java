// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import dev.weft.agent.cni.PodEvents;
import dev.weft.agent.thread.AgentThread;
import dev.weft.core.event.EventMemory;
import dev.weft.core.event.EventSubject;
import dev.weft.core.event.EventWrite;
import dev.weft.core.node.PodName;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes Events in the background. Its queue holds {@value #QUEUE}; what comes on top is counted
 * and dropped. One that is repeated raises the count of the first, once a minute at most. An Event
 * on a pod carries the UID that the runtime reported ({@code kubectl describe pod} shows no other);
 * the agent may not read pods, and leaves the UID out where it was not reported.
 */
public final class EventWriter implements PodEvents, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EventWriter.class);
  private static final int QUEUE = 256;
  private static final int MAX_MESSAGE = 1024;
  private static final int NOT_FOUND = 404;
  private static final int FORBIDDEN = 403;

  private record Entry(ObjectReference object, String reason, String message) {}

  private final KubernetesClient client;
  private final String nodeName;
  private final Clock clock;
  private final BlockingQueue<Entry> queue = new ArrayBlockingQueue<>(QUEUE);
  private final AtomicLong dropped = new AtomicLong();
  private final Thread thread;
  private final LongSupplier nanoTime;
  private final EventMemory memory;

  /** Begins to write. */
  public EventWriter(KubernetesClient client, String nodeName, Clock clock) {
    this(client, nodeName, clock, System::nanoTime);
  }

  /**
   * Begins to write.
   *
   * @param nanoTime a time that only grows, by which Events are held back
   */
  public EventWriter(KubernetesClient client, String nodeName, Clock clock, LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.memory = new EventMemory(clock.millis() << 20);
    this.client = client;
    this.nodeName = nodeName;
    this.clock = clock;
    this.thread = AgentThread.EVENTS.start(this::work);
  }

  @Override
  public void addFailed(PodName pod, String uid, String reason, String message) {
    ObjectReference reference =
        new ObjectReferenceBuilder()
            .withApiVersion("v1")
            .withKind("Pod")
            .withNamespace(pod.namespace())
            .withName(pod.name())
            .withUid(uid.isEmpty() ? null : uid)
            .build();
    add(new Entry(reference, reason, message));
  }

  /** A running pod's block is not this node's any more. Does not block. */
  public void blockLost(PodName pod, String why) {
    addFailed(
        pod,
        "",
        "BlockLost",
        why + "; the pod keeps its address, no other pod of this node gets one");
  }

  /** A warning about this node. Does not block. */
  public void node(String reason, String message) {
    ObjectReference node =
        new ObjectReferenceBuilder()
            .withApiVersion("v1")
            .withKind("Node")
            .withName(nodeName)
            .withUid(nodeName)
            .build();
    add(new Entry(node, reason, message));
  }

  /** How many were dropped because the queue was full. */
  public long dropped() {
    return dropped.get();
  }

  @Override
  public void close() {
    thread.interrupt();
  }

  private void add(Entry entry) {
    if (!queue.offer(entry)) {
      dropped.incrementAndGet();
    }
  }

  private void work() throws InterruptedException {
    while (true) {
      Entry entry = queue.take();
      EventSubject subject = subject(entry);
      memory
          .happened(subject, nanoTime.getAsLong())
          .ifPresent(write -> write(entry, subject, write));
    }
  }

  private static EventSubject subject(Entry entry) {
    ObjectReference object = entry.object();
    return new EventSubject(
        object.getKind(),
        Objects.toString(object.getNamespace(), ""),
        object.getName(),
        Objects.toString(object.getUid(), ""),
        entry.reason(),
        entry.message());
  }

  private void write(Entry entry, EventSubject subject, EventWrite write) {
    try {
      if (!write.repeated()) {
        create(entry, write);
      } else if (!raise(entry, write)) {
        create(entry, memory.again(subject, write));
      }
    } catch (KubernetesClientException e) {
      LOG.warn(
          "write Event {} of {} {}: {}",
          entry.reason(),
          entry.object().getKind(),
          entry.object().getName(),
          ApiConnection.rootMessage(e));
    }
  }

  /** Raises the count; false where the server has the Event no more, or lets nobody change it. */
  private boolean raise(Entry entry, EventWrite write) {
    try {
      client
          .v1()
          .events()
          .inNamespace(namespace(entry))
          .withName(write.name())
          .patch(
              PatchContext.of(PatchType.JSON_MERGE),
              "{\"count\":%d,\"lastTimestamp\":\"%s\"}".formatted(write.count(), now()));
      return true;
    } catch (KubernetesClientException e) {
      if (e.getCode() == NOT_FOUND || e.getCode() == FORBIDDEN) {
        return false;
      }
      throw e;
    }
  }

  private void create(Entry entry, EventWrite write) {
    String now = now();
    String message = entry.message();
    client
        .v1()
        .events()
        .inNamespace(namespace(entry))
        .resource(
            new EventBuilder()
                .withNewMetadata()
                .withNamespace(namespace(entry))
                .withName(write.name())
                .endMetadata()
                .withInvolvedObject(entry.object())
                .withType("Warning")
                .withReason(entry.reason())
                .withMessage(
                    message.length() > MAX_MESSAGE ? message.substring(0, MAX_MESSAGE) : message)
                .withFirstTimestamp(now)
                .withLastTimestamp(now)
                .withCount(write.count())
                .withNewSource("weft-agent", nodeName)
                .build())
        .create();
  }

  /** A time as Kubernetes writes it: in seconds. */
  private String now() {
    return clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private static String namespace(Entry entry) {
    return Objects.toString(entry.object().getNamespace(), "default");
  }
}
