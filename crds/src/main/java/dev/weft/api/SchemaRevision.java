// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.util.List;
import java.util.Map;

/**
 * How new a CRD is: a number in an annotation of it, one higher with each released change of a
 * schema. A program that finds a CRD older than itself knows so.
 */
public final class SchemaRevision {
  /** The annotation on a CustomResourceDefinition. */
  public static final String ANNOTATION = "weft.dev/schema-revision";

  /** That of this build. */
  public static final int CURRENT = 5;

  /** Names of the CustomResourceDefinitions. */
  public static final List<String> CRDS = List.of("ippools.weft.dev", "ipallocations.weft.dev");

  /** How a client addresses CustomResourceDefinitions. */
  public static final ResourceDefinitionContext DEFINITIONS =
      new ResourceDefinitionContext.Builder()
          .withGroup("apiextensions.k8s.io")
          .withVersion("v1")
          .withKind("CustomResourceDefinition")
          .withPlural("customresourcedefinitions")
          .withNamespaced(false)
          .build();

  private SchemaRevision() {}

  /** That of a CRD with these annotations, null for none; 0 where they have no revision. */
  public static int of(Map<String, String> annotations) {
    String text = annotations == null ? null : annotations.get(ANNOTATION);
    return text == null || !text.matches("[0-9]{1,9}") ? 0 : Integer.parseInt(text);
  }

  /** What is wrong with a CRD that is older than this build, and the remedy. */
  public static String older(String crd, int installed, String program) {
    return "CustomResourceDefinition %s is older than this %s: schema revision %d, and %d is needed"
            .formatted(crd, program, installed, CURRENT)
        + "; the operator of this version replaces it, or by hand: kubectl apply --server-side"
        + " --force-conflicts -f crds/";
  }
}
