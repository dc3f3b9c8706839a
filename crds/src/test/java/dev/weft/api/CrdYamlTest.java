// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceColumnDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersion;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.ValidationRule;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The committed YAML; {@code -Dweft.write=true} writes it anew. */
class CrdYamlTest {
  private static final Path FOLDER = Path.of("").toAbsolutePath();

  @Test
  void committedYamlIsWhatTheClassesSay() throws IOException {
    Map<String, String> generated = CrdYaml.generate();
    if (Boolean.getBoolean("weft.write")) {
      for (Map.Entry<String, String> file : generated.entrySet()) {
        Files.writeString(FOLDER.resolve(file.getKey()), file.getValue());
      }
    }
    assertThat(committed())
        .as("crds/*.yaml; run `make crds` after a change of the resource classes")
        .isEqualTo(generated);
  }

  @Test
  void committedYamlIsAsTheApiServerGivesItBack() throws IOException {
    for (String yaml : committed().values()) {
      assertThat(yaml).doesNotContainPattern(": [0-9]+\\.0\n").doesNotContain("priority: 0");
    }
  }

  @Test
  void definitionsAreClusterScopedWithShortNamesCategoryAndStatus() {
    for (CustomResourceDefinition crd : definitions()) {
      assertThat(crd.getSpec().getScope()).isEqualTo("Cluster");
      assertThat(crd.getSpec().getNames().getCategories()).containsExactly("weft");
      assertThat(version(crd).getSubresources().getStatus()).isNotNull();
    }
    assertThat(definition("ippools").getSpec().getNames().getShortNames())
        .containsExactly("ippool");
    assertThat(definition("ipallocations").getSpec().getNames().getShortNames())
        .containsExactly("ipalloc");
  }

  @Test
  void columnsComeInTheOrderOfTheDesign() {
    assertThat(columns("ippools", 0))
        .containsExactly("CIDR", "BLOCK", "ALLOCATED", "FREE", "READY", "AGE");
    assertThat(columns("ippools", 1))
        .containsExactly("ACCEPTED", "STATE", "ROUTING", "IN-FORCE", "REASON", "MESSAGE");
    assertThat(columns("ipallocations", 0))
        .containsExactly("NODE", "CIDR", "POOL", "USED", "FREE", "PHASE", "AGE");
    assertThat(columns("ipallocations", 1))
        .containsExactly("STATE", "ROUTING", "ENDPOINT", "PROGRAMMED", "DEGRADED");
  }

  @Test
  void everyFieldHasADescription() {
    List<String> missing = new ArrayList<>();
    definitions()
        .forEach(
            crd ->
                walk(
                    crd.getMetadata().getName(),
                    root(crd),
                    (path, schema, named) -> {
                      if (named && schema.getDescription() == null) {
                        missing.add(path);
                      }
                    }));
    assertThat(missing).isEmpty();
  }

  @Test
  void whatARuleReadsHasABound() {
    List<String> unbounded = new ArrayList<>();
    for (CustomResourceDefinition crd : definitions()) {
      JSONSchemaProps spec = root(crd).getProperties().get("spec");
      walk(
          "spec",
          spec,
          (path, schema, named) -> {
            boolean selector = path.startsWith("spec.nodeSelector");
            boolean text =
                "string".equals(schema.getType())
                    && schema.getMaxLength() == null
                    && schema.getEnum() == null;
            boolean list = "array".equals(schema.getType()) && schema.getMaxItems() == null;
            if (!selector && (text || list)) {
              unbounded.add(path);
            }
          });
    }
    assertThat(unbounded).isEmpty();
  }

  @Test
  void everyRuleSaysWhatToDoAndIsThereOnce() {
    for (CustomResourceDefinition crd : definitions()) {
      visitAll(
          crd.getMetadata().getName(),
          root(crd),
          (path, schema, named) -> {
            List<ValidationRule> rules = schema.getXKubernetesValidations();
            if (rules != null) {
              assertThat(rules).as(path).doesNotHaveDuplicates();
              assertThat(rules)
                  .as(path)
                  .allSatisfy(rule -> assertThat(rule.getMessage()).isNotBlank());
            }
          });
    }
  }

  @Test
  void conditionsAreAMapByType() {
    for (CustomResourceDefinition crd : definitions()) {
      JSONSchemaProps conditions =
          root(crd).getProperties().get("status").getProperties().get("conditions");
      assertThat(conditions.getXKubernetesListType()).isEqualTo("map");
      assertThat(conditions.getXKubernetesListMapKeys()).containsExactly("type");
    }
  }

  @Test
  void whatMustNotChangeHasATransitionRule() {
    JSONSchemaProps pool = root(definition("ippools")).getProperties().get("spec");
    JSONSchemaProps allocation = root(definition("ipallocations")).getProperties().get("spec");
    assertThat(rules(pool)).anyMatch(rule -> rule.contains("oldSelf.nodePrefixLength"));
    assertThat(rules(root(definition("ippools"))))
        .singleElement()
        .asString()
        .contains("containsCIDR(self.status.cidr)", "containsCIDR(oldSelf.spec.cidr)");
    assertThat(rules(allocation))
        .hasSize(3)
        .anyMatch(rule -> rule.contains("self.cidr == oldSelf.cidr"));
    assertThat(rules(root(definition("ipallocations"))))
        .singleElement()
        .asString()
        .contains("self.metadata.name", "self.spec.cidr");
  }

  @Test
  void aRoundTripKeepsWhatIsSet() {
    IPPool pool = new IPPool();
    pool.setSpec(
        new IPPoolSpec(
            "10.244.0.0/16",
            24,
            List.of("10.244.0.0/24"),
            null,
            null,
            IPPoolSpec.State.Draining,
            null,
            null,
            null));
    IPPool read = Serialization.unmarshal(Serialization.asYaml(pool), IPPool.class);
    assertThat(read.getSpec()).isEqualTo(pool.getSpec());
    assertThat(read.getStatus()).isNull();
  }

  private static List<String> rules(JSONSchemaProps schema) {
    return schema.getXKubernetesValidations().stream().map(ValidationRule::getRule).toList();
  }

  private static List<String> columns(String plural, int priority) {
    return version(definition(plural)).getAdditionalPrinterColumns().stream()
        .filter(column -> Objects.requireNonNullElse(column.getPriority(), 0) == priority)
        .map(CustomResourceColumnDefinition::getName)
        .toList();
  }

  private static CustomResourceDefinitionVersion version(CustomResourceDefinition crd) {
    return crd.getSpec().getVersions().get(0);
  }

  private static JSONSchemaProps root(CustomResourceDefinition crd) {
    return version(crd).getSchema().getOpenAPIV3Schema();
  }

  private static CustomResourceDefinition definition(String plural) {
    return Serialization.unmarshal(
        CrdYaml.generate().get(plural + ".weft.dev.yaml"), CustomResourceDefinition.class);
  }

  private static List<CustomResourceDefinition> definitions() {
    return List.of(definition("ippools"), definition("ipallocations"));
  }

  private interface Visitor {
    void visit(String path, JSONSchemaProps schema, boolean named);
  }

  private static void visitAll(String path, JSONSchemaProps schema, Visitor visitor) {
    visitor.visit(path, schema, false);
    walk(path, schema, visitor);
  }

  private static void walk(String path, JSONSchemaProps schema, Visitor visitor) {
    if (schema.getProperties() != null) {
      schema
          .getProperties()
          .forEach(
              (name, child) -> {
                visitor.visit(path + "." + name, child, true);
                walk(path + "." + name, child, visitor);
              });
    }
    if (schema.getItems() != null) {
      visitor.visit(path + "[]", schema.getItems().getSchema(), false);
      walk(path + "[]", schema.getItems().getSchema(), visitor);
    }
  }

  private static Map<String, String> committed() throws IOException {
    Map<String, String> files = new TreeMap<>();
    try (Stream<Path> list = Files.list(FOLDER)) {
      for (Path path : list.filter(path -> path.toString().endsWith(".yaml")).toList()) {
        files.put(path.getFileName().toString(), Files.readString(path));
      }
    }
    return files;
  }
}
