// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.api.SchemaRevision;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings CRDs that are older than this operator up to date: Helm installs them, and never updates
 * them. Newer ones, and ones that are not there, are left alone; objects stay as they are.
 */
final class CrdUpgrade {
  private static final Logger LOG = LoggerFactory.getLogger(CrdUpgrade.class);
  private static final int FORBIDDEN = 403;
  private static final PatchContext APPLY =
      new PatchContext.Builder()
          .withPatchType(PatchType.SERVER_SIDE_APPLY)
          .withFieldManager(ClusterWriter.FIELD_MANAGER)
          .withForce(true)
          .build();

  private final KubernetesClient client;

  CrdUpgrade(KubernetesClient client) {
    this.client = client;
  }

  /**
   * Replaces what is older.
   *
   * @throws IllegalStateException if it may not, with what is to be done by hand
   * @throws KubernetesClientException if the API server does not answer
   */
  void run() {
    SchemaRevision.CRDS.forEach(this::replaceOlder);
  }

  private void replaceOlder(String name) {
    Resource<GenericKubernetesResource> resource =
        client.genericKubernetesResources(SchemaRevision.DEFINITIONS).withName(name);
    GenericKubernetesResource installed = resource.get();
    if (installed == null) {
      return;
    }
    int revision = SchemaRevision.of(installed.getMetadata().getAnnotations());
    if (revision > SchemaRevision.CURRENT) {
      LOG.info(
          "CustomResourceDefinition {} is newer than this operator, and stays: schema revision {}",
          name,
          revision);
    }
    if (revision >= SchemaRevision.CURRENT) {
      return;
    }
    try {
      resource.patch(APPLY, ours(name));
    } catch (KubernetesClientException e) {
      if (e.getCode() == FORBIDDEN) {
        throw new IllegalStateException(
            SchemaRevision.older(name, revision, "operator") + " (" + e.getMessage() + ")", e);
      }
      throw e;
    }
    LOG.info(
        "CustomResourceDefinition {}: replaced schema revision {} by {}",
        name,
        revision,
        SchemaRevision.CURRENT);
  }

  private GenericKubernetesResource ours(String name) {
    try (InputStream yaml = SchemaRevision.class.getResourceAsStream(name + ".yaml")) {
      return client.getKubernetesSerialization().unmarshal(yaml, GenericKubernetesResource.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
