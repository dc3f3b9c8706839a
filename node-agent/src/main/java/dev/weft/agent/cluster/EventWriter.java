// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import dev.weft.agent.cni.PodEvents;
import dev.weft.agent.thread.AgentThread;
import dev.weft.core.node.PodName;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes Events in the background. Its queue holds {@value #QUEUE}; what comes on top is counted
 * and dropped. Of equal Events one a minute is written.
 */
public final class EventWriter implements PodEvents, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EventWriter.class);
  private static final int QUEUE = 256;
  private static final int REMEMBERED = 512;
  private static final Duration PAUSE = Duration.ofMinutes(1);

  private record Entry(ObjectReference object, String reason, String message) {}

  private final KubernetesClient client;
  private final String nodeName;
  private final Clock clock;
  private final BlockingQueue<Entry> queue = new ArrayBlockingQueue<>(QUEUE);
  private final AtomicLong dropped = new AtomicLong();
  private final Thread thread;
  private final Map<String, Long> writtenNanos =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
          return size() > REMEMBERED;
        }
      };

  /** Begins to write. */
  public EventWriter(KubernetesClient client, String nodeName, Clock clock) {
    this.client = client;
    this.nodeName = nodeName;
    this.clock = clock;
    this.thread = AgentThread.EVENTS.start(this::work);
  }

  @Override
  public void addFailed(PodName pod, String reason, String message) {
    ObjectReference reference =
        new ObjectReferenceBuilder()
            .withApiVersion("v1")
            .withKind("Pod")
            .withNamespace(pod.namespace())
            .withName(pod.name())
            .build();
    add(new Entry(reference, reason, message));
  }

  /** A running pod's block is this node's no more. Does not block. */
  public void blockLost(PodName pod, String why) {
    addFailed(
        pod, "BlockLost", why + "; the pod keeps its address, no other pod of this node gets one");
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
      if (isNew(entry)) {
        write(entry);
      }
    }
  }

  private boolean isNew(Entry entry) {
    ObjectReference object = entry.object();
    String key =
        String.join(
            "/",
            object.getKind(),
            String.valueOf(object.getNamespace()),
            object.getName(),
            entry.reason());
    long now = System.nanoTime();
    Long before = writtenNanos.get(key);
    if (before != null && now - before < PAUSE.toNanos()) {
      return false;
    }
    writtenNanos.put(key, now);
    return true;
  }

  private void write(Entry entry) {
    String namespace =
        entry.object().getNamespace() == null ? "default" : entry.object().getNamespace();
    String now = clock.instant().toString();
    try {
      client
          .v1()
          .events()
          .inNamespace(namespace)
          .resource(
              new EventBuilder()
                  .withNewMetadata()
                  .withNamespace(namespace)
                  .withName(entry.object().getName() + "." + Long.toHexString(System.nanoTime()))
                  .endMetadata()
                  .withInvolvedObject(entry.object())
                  .withType("Warning")
                  .withReason(entry.reason())
                  .withMessage(entry.message())
                  .withFirstTimestamp(now)
                  .withLastTimestamp(now)
                  .withCount(1)
                  .withNewSource("weft-agent", nodeName)
                  .build())
          .create();
    } catch (KubernetesClientException e) {
      LOG.warn(
          "write Event {} of {} {}: {}",
          entry.reason(),
          entry.object().getKind(),
          entry.object().getName(),
          ApiConnection.rootWords(e));
    }
  }
}
