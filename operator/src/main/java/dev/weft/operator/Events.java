// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.core.event.EventMemory;
import dev.weft.core.event.EventSubject;
import dev.weft.core.event.EventWrite;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what changed about an object as Events on it. One that is repeated raises the count of the
 * first, once a minute at most. An Event that cannot be written is logged. Thread-safe.
 */
final class Events {
  private static final Logger LOG = LoggerFactory.getLogger(Events.class);
  private static final String DEFAULT_NAMESPACE = "default"; // of Events on cluster-scoped objects
  private static final int MAX_MESSAGE = 1024;
  private static final int NOT_FOUND = 404;
  private static final int FORBIDDEN = 403;

  private final KubernetesClient client;
  private final Clock clock;
  private final LongSupplier nanoTime;
  private final EventMemory memory;

  Events(KubernetesClient client, Clock clock) {
    this(client, clock, System::nanoTime);
  }

  Events(KubernetesClient client, Clock clock, LongSupplier nanoTime) {
    this.client = client;
    this.clock = clock;
    this.nanoTime = nanoTime;
    this.memory = new EventMemory(clock.millis() << 20);
  }

  /** Something is as it should be. */
  void normal(HasMetadata about, String reason, String message) {
    write(about, "Normal", reason, message);
  }

  /** Something needs a user's eye. */
  void warning(HasMetadata about, String reason, String message) {
    write(about, "Warning", reason, message);
  }

  private void write(HasMetadata about, String type, String reason, String message) {
    LOG.info("{} {}: {}: {}", about.getKind(), about.getMetadata().getName(), reason, message);
    EventSubject subject =
        new EventSubject(
            about.getKind(),
            Objects.toString(about.getMetadata().getNamespace(), ""),
            about.getMetadata().getName(),
            Objects.toString(about.getMetadata().getUid(), ""),
            reason,
            message);
    happened(subject).ifPresent(event -> write(about, type, subject, event));
  }

  private Optional<EventWrite> happened(EventSubject subject) {
    synchronized (memory) {
      return memory.happened(subject, nanoTime.getAsLong());
    }
  }

  private void write(HasMetadata about, String type, EventSubject subject, EventWrite event) {
    try {
      if (!event.repeated()) {
        create(about, type, subject, event);
      } else if (!raise(namespace(subject), event)) {
        EventWrite again;
        synchronized (memory) {
          again = memory.again(subject, event);
        }
        create(about, type, subject, again);
      }
    } catch (KubernetesClientException e) {
      LOG.warn("write Event {} in {}: {}", event.name(), namespace(subject), e.getMessage());
    }
  }

  /** Raises the count; false where the server has the Event no more, or lets nobody change it. */
  private boolean raise(String namespace, EventWrite event) {
    try {
      client
          .v1()
          .events()
          .inNamespace(namespace)
          .withName(event.name())
          .patch(
              PatchContext.of(PatchType.JSON_MERGE),
              "{\"count\":%d,\"lastTimestamp\":\"%s\"}".formatted(event.count(), now()));
      return true;
    } catch (KubernetesClientException e) {
      if (e.getCode() == NOT_FOUND || e.getCode() == FORBIDDEN) {
        return false;
      }
      throw e;
    }
  }

  private void create(HasMetadata about, String type, EventSubject subject, EventWrite event) {
    String now = now();
    String message = subject.message();
    client
        .resource(
            new EventBuilder()
                .withNewMetadata()
                .withName(event.name())
                .withNamespace(namespace(subject))
                .endMetadata()
                .withNewInvolvedObject()
                .withApiVersion(about.getApiVersion())
                .withKind(subject.kind())
                .withNamespace(about.getMetadata().getNamespace())
                .withName(subject.name())
                .withUid(about.getMetadata().getUid())
                .endInvolvedObject()
                .withType(type)
                .withReason(subject.reason())
                .withMessage(
                    message.length() > MAX_MESSAGE ? message.substring(0, MAX_MESSAGE) : message)
                .withFirstTimestamp(now)
                .withLastTimestamp(now)
                .withCount(event.count())
                .withNewSource()
                .withComponent(ClusterWriter.FIELD_MANAGER)
                .endSource()
                .build())
        .create();
  }

  private static String namespace(EventSubject subject) {
    return subject.namespace().isEmpty() ? DEFAULT_NAMESPACE : subject.namespace();
  }

  private String now() {
    return Instant.now(clock).truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
