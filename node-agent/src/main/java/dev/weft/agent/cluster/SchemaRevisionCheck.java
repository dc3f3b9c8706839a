// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import dev.weft.api.SchemaRevision;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the schemas of the API server's CRDs are as new as this agent: fields that an older
 * schema does not have are dropped from every object. Requests each CRD until its schema is.
 */
public final class SchemaRevisionCheck implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(SchemaRevisionCheck.class);

  private final KubernetesClient client;
  private final Runnable onChange;
  private final Set<String> waiting = new LinkedHashSet<>(SchemaRevision.CRDS);
  private volatile Optional<String> trouble = Optional.empty();

  /**
   * A check that has requested nothing yet.
   *
   * @param onChange called when {@link #trouble} has changed
   */
  public SchemaRevisionCheck(KubernetesClient client, Runnable onChange) {
    this.client = client;
    this.onChange = onChange;
  }

  /** What is wrong, and what to do; empty where nothing is, or nothing is known. */
  public Optional<String> trouble() {
    return trouble;
  }

  /** Requests once each CRD whose schema was not new enough. */
  @Override
  public void run() {
    Optional<String> now = trouble;
    try {
      waiting.removeIf(this::isCurrent);
      now = waiting.stream().findFirst().flatMap(this::older);
    } catch (KubernetesClientException e) {
      LOG.debug("CustomResourceDefinitions cannot be read: {}", ApiConnection.rootMessage(e));
    }
    if (!now.equals(trouble)) {
      trouble = now;
      now.ifPresentOrElse(
          LOG::error, () -> LOG.info("the CustomResourceDefinitions are of this version now"));
      onChange.run();
    }
  }

  private boolean isCurrent(String crd) {
    return revision(crd).filter(revision -> revision >= SchemaRevision.CURRENT).isPresent();
  }

  private Optional<String> older(String crd) {
    return revision(crd).map(revision -> SchemaRevision.older(crd, revision, "agent"));
  }

  private Optional<Integer> revision(String crd) {
    GenericKubernetesResource installed =
        client.genericKubernetesResources(SchemaRevision.DEFINITIONS).withName(crd).get();
    return Optional.ofNullable(installed)
        .map(GenericKubernetesResource::getMetadata)
        .map(metadata -> SchemaRevision.of(metadata.getAnnotations()));
  }
}
