// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.crdv2.generator.CRDPostProcessor;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceColumnDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersion;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.ValidationRule;
import io.fabric8.kubernetes.api.model.apiextensions.v1.ValidationRuleBuilder;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Generates the CRDs from the resource classes. */
final class CrdYaml {
  private static final Map<String, String> CONDITION =
      Map.of(
          "type", "What the condition is about, in CamelCase.",
          "status", "Whether it holds: True, False or Unknown.",
          "reason", "Why, in one CamelCase word for programs.",
          "message", "Why, as a message for people.",
          "lastTransitionTime", "When status last changed.",
          "observedGeneration", "The metadata.generation that this condition is about.");
  private static final Map<String, String> REQUIREMENT =
      Map.of(
          "key", "The label.",
          "operator", "How label and values relate: In, NotIn, Exists or DoesNotExist.",
          "values", "The values; none for Exists and DoesNotExist.");

  private static final String LABEL =
      "^([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$";
  private static final String LABEL_VALUE = "^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$";

  private CrdYaml() {}

  /** The YAML of each CRD by file name. */
  static Map<String, String> generate() {
    Map<String, String> files = new TreeMap<>();
    Output output = new Output();
    new CRDGenerator()
        .customResourceClasses(List.of(IPPool.class, IPAllocation.class))
        .withMinQuotes(true)
        .withParallelGenerationEnabled(false)
        .withPostProcessor(new Complete())
        .withOutput(output)
        .generate();
    output.streams.forEach(
        (name, stream) ->
            files.put(
                name.replace("-v1", "") + ".yaml",
                canonical(stream.toString(StandardCharsets.UTF_8))));
    return files;
  }

  /**
   * As the API server gives it back: else a second field manager that applies the same file
   * conflicts with the first.
   */
  private static String canonical(String yaml) {
    return yaml.replaceAll("(?m)^( *m(in|ax)imum: \\d+)\\.0$", "$1")
        .replaceAll("(?m)^ *priority: 0\n", "");
  }

  /** Keeps the YAML in memory. */
  private static final class Output implements CRDGenerator.CRDOutput<ByteArrayOutputStream> {
    private final Map<String, ByteArrayOutputStream> streams = new TreeMap<>();

    @Override
    public ByteArrayOutputStream outputFor(String crdName) {
      return streams.computeIfAbsent(crdName, name -> new ByteArrayOutputStream());
    }

    @Override
    public void close() {
      // in memory: nothing to close
    }
  }

  /** Adds what annotations cannot say. */
  private static final class Complete implements CRDPostProcessor {
    @Override
    public HasMetadata process(HasMetadata crd, String crdSpecVersion) {
      CustomResourceDefinition definition = (CustomResourceDefinition) crd;
      definition
          .getMetadata()
          .setAnnotations(
              Map.of(SchemaRevision.ANNOTATION, String.valueOf(SchemaRevision.CURRENT)));
      for (CustomResourceDefinitionVersion version : definition.getSpec().getVersions()) {
        version.getAdditionalPrinterColumns().sort(asDeclared(definition));
        JSONSchemaProps root = version.getSchema().getOpenAPIV3Schema();
        dropRepeatedRules(root);
        root.setRequired(List.of("spec"));
        describeRoot(definition.getSpec().getNames().getKind(), root);
        JSONSchemaProps spec = root.getProperties().get("spec");
        JSONSchemaProps selector = spec.getProperties().get("nodeSelector");
        if (selector != null) {
          completeSelector(selector);
        }
        completeConditions(root.getProperties().get("status").getProperties().get("conditions"));
      }
      return definition;
    }

    private static void describeRoot(String kind, JSONSchemaProps root) {
      boolean pool = kind.equals("IPPool");
      root.setDescription(
          pool
              ? "A range of addresses that pods draw from; each node gets blocks of it."
              : "A block of addresses and the node that owns it. Its name is its CIDR, so that a"
                  + " block has one owner.");
      root.getProperties()
          .get("spec")
          .setDescription(pool ? "What is wanted." : "Who owns which block.");
      root.getProperties()
          .get("status")
          .setDescription(
              pool ? "What the operator reports." : "How the block is reached and used.");
    }

    private static void completeSelector(JSONSchemaProps selector) {
      JSONSchemaProps labels = selector.getProperties().get("matchLabels");
      labels.setDescription("Labels that the node must have, each with this value.");
      labels.getAdditionalProperties().getSchema().setPattern(LABEL_VALUE);
      labels.setXKubernetesValidations(
          List.of(
              rule(
                  "self.all(label, label.matches('%s'))".formatted(LABEL),
                  "each must be a label such as zone or topology.kubernetes.io/zone")));
      JSONSchemaProps expressions = selector.getProperties().get("matchExpressions");
      expressions.setDescription("Conditions on labels; all must hold.");
      expressions.setMaxItems(32L);
      JSONSchemaProps requirement = expressions.getItems().getSchema();
      describe(requirement, REQUIREMENT);
      requirement.setRequired(List.of("key", "operator"));
      requirement.setXKubernetesValidations(
          List.of(
              rule(
                  "(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)",
                  "In and NotIn need values; Exists and DoesNotExist have none")));
      requirement.getProperties().get("key").setPattern(LABEL);
      requirement
          .getProperties()
          .get("operator")
          .setEnum(
              Stream.of("In", "NotIn", "Exists", "DoesNotExist")
                  .<JsonNode>map(TextNode::valueOf)
                  .toList());
      requirement.getProperties().get("values").setMaxItems(64L);
      requirement.getProperties().get("values").getItems().getSchema().setPattern(LABEL_VALUE);
    }

    private static ValidationRule rule(String cel, String message) {
      return new ValidationRuleBuilder().withRule(cel).withMessage(message).build();
    }

    private static void completeConditions(JSONSchemaProps conditions) {
      conditions.setXKubernetesListType("map");
      conditions.setXKubernetesListMapKeys(List.of("type"));
      JSONSchemaProps condition = conditions.getItems().getSchema();
      describe(condition, CONDITION);
      condition.setRequired(List.of("type", "status", "reason", "message", "lastTransitionTime"));
      condition.getProperties().get("status").setPattern("^(True|False|Unknown)$");
      condition.getProperties().get("lastTransitionTime").setFormat("date-time");
      condition.getProperties().get("type").setMaxLength(316L);
      condition.getProperties().get("reason").setMaxLength(1024L);
      condition.getProperties().get("message").setMaxLength(32768L);
    }

    private static void describe(JSONSchemaProps object, Map<String, String> descriptions) {
      descriptions.forEach((name, text) -> object.getProperties().get(name).setDescription(text));
    }

    /** The order of the annotations; the generator's is that of the JSON paths. */
    private static Comparator<CustomResourceColumnDefinition> asDeclared(
        CustomResourceDefinition definition) {
      boolean pool = definition.getSpec().getNames().getKind().equals("IPPool");
      Class<?> resource = pool ? IPPool.class : IPAllocation.class;
      List<String> names =
          Arrays.stream(resource.getAnnotationsByType(AdditionalPrinterColumn.class))
              .map(AdditionalPrinterColumn::name)
              .toList();
      return Comparator.comparingInt(column -> names.indexOf(column.getName()));
    }

    /**
     * A record component's annotation is on its field and its accessor; the generator reads both.
     */
    private static void dropRepeatedRules(JSONSchemaProps schema) {
      if (schema.getXKubernetesValidations() != null) {
        schema.setXKubernetesValidations(
            schema.getXKubernetesValidations().stream().distinct().toList());
      }
      if (schema.getProperties() != null) {
        schema.getProperties().values().forEach(Complete::dropRepeatedRules);
      }
    }
  }
}
