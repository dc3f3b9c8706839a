// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.core.net.Cidr;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Service CIDRs, which no pool may overlap: those of the option, and those of the ServiceCIDRs
 * where the API server has such (Kubernetes 1.33).
 */
final class ServiceCidrs implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ServiceCidrs.class);
  private static final int NOT_FOUND = 404;
  private static final ResourceDefinitionContext SERVICE_CIDRS =
      new ResourceDefinitionContext.Builder()
          .withGroup("networking.k8s.io")
          .withVersion("v1")
          .withKind("ServiceCIDR")
          .withPlural("servicecidrs")
          .withNamespaced(false)
          .build();

  private final List<Cidr> configured;
  private volatile SharedIndexInformer<GenericKubernetesResource> informer;

  ServiceCidrs(List<Cidr> configured) {
    this.configured = List.copyOf(configured);
  }

  /**
   * Begins to follow the ServiceCIDRs, where there are such; once.
   *
   * @param onChange called when the ranges may have changed
   * @throws KubernetesClientException if the API server does not answer whether there are such: a
   *     pool could overlap Services then, so nothing may be allocated
   */
  void follow(KubernetesClient client, Runnable onChange) {
    if (informer != null) {
      return;
    }
    try {
      client
          .genericKubernetesResources(SERVICE_CIDRS)
          .list(new ListOptionsBuilder().withLimit(1L).build());
    } catch (KubernetesClientException e) {
      if (e.getCode() != NOT_FOUND) {
        throw e;
      }
      LOG.info(
          "the API server has no ServiceCIDRs: only those of --service-cidrs are known, {}",
          configured);
      return;
    }
    informer =
        client
            .genericKubernetesResources(SERVICE_CIDRS)
            .inform(
                new ResourceEventHandler<>() {
                  @Override
                  public void onAdd(GenericKubernetesResource added) {
                    onChange.run();
                  }

                  @Override
                  public void onUpdate(
                      GenericKubernetesResource before, GenericKubernetesResource after) {
                    onChange.run();
                  }

                  @Override
                  public void onDelete(GenericKubernetesResource deleted, boolean unknown) {
                    onChange.run();
                  }
                });
  }

  /** All that are known now. */
  List<Cidr> all() {
    SharedIndexInformer<GenericKubernetesResource> following = informer;
    return following == null
        ? configured
        : Stream.concat(
                configured.stream(),
                following.getStore().list().stream().flatMap(ServiceCidrs::ranges))
            .distinct()
            .toList();
  }

  @Override
  public void close() {
    SharedIndexInformer<GenericKubernetesResource> following = informer;
    if (following != null) {
      following.close();
    }
  }

  private static Stream<Cidr> ranges(GenericKubernetesResource serviceCidr) {
    return serviceCidr.get("spec", "cidrs") instanceof List<?> texts
        ? texts.stream().map(String::valueOf).map(Cidr::parse)
        : Stream.empty();
  }
}
