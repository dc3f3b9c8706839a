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
 * Whether the API server's CRDs are as new as this agent: what an older one does not know, it drops
 * from every object. Looks until they are.
 */
public final class SchemaCheck implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(SchemaCheck.class);

  private final KubernetesClient client;
  private final Runnable onChange;
  private final Set<String> waiting = new LinkedHashSet<>(SchemaRevision.CRDS);
  private volatile Optional<String> trouble = Optional.empty();

  /**
   * Asks nothing yet.
   *
   * @param onChange called when {@link #trouble} is another
   */
  public SchemaCheck(KubernetesClient client, Runnable onChange) {
    this.client = client;
    this.onChange = onChange;
  }

  /** What is wrong, and the remedy; empty where nothing is, or nothing is known. */
  public Optional<String> trouble() {
    return trouble;
  }

  /** Looks once at those that were not new enough. */
  @Override
  public void run() {
    Optional<String> now = trouble;
    try {
      waiting.removeIf(this::isCurrent);
      now = waiting.stream().findFirst().flatMap(this::older);
    } catch (KubernetesClientException e) {
      LOG.debug("CustomResourceDefinitions cannot be read: {}", ApiConnection.rootWords(e));
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
        .map(found -> SchemaRevision.of(found.getMetadata().getAnnotations()));
  }
}
