// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.api.LiveApi.Answer;
import dev.weft.core.net.SpecialRanges;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/** What an API server makes of the CRDs: it refuses, fills in and prints. */
@Tag("system")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class CrdRulesContract {
  private static final Map<String, Supplier<ObjectNode>> WHOLE =
      Map.of("ippools", Samples::wholePool, "ipallocations", Samples::wholeAllocation);

  private static final String DEFINITION =
      "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/ippools.weft.dev";
  private static final String CIDR_RULES =
      "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/cidr"
          + "/x-kubernetes-validations";

  private final LiveApi api;

  CrdRulesContract(LiveApi api) {
    this.api = api;
  }

  @BeforeAll
  void start() {
    WHOLE.forEach(
        (plural, whole) -> {
          assertTaken(api.send("POST", path(plural), whole.get()));
          assertTaken(putStatus(plural, whole.get(), ""));
        });
  }

  @AfterAll
  void stop() {
    api.close();
  }

  @TestFactory
  Stream<DynamicTest> everyRuleOfTheSchemasRefusesWhatBreaksIt() {
    List<DynamicTest> tests = new ArrayList<>();
    LiveApi.schemas()
        .forEach(
            (plural, schema) ->
                SchemaRule.of(schema, WHOLE.get(plural).get())
                    .forEach(
                        rule ->
                            tests.add(
                                dynamicTest(plural + " " + rule, () -> refuse(plural, rule)))));
    assertThat(tests).hasSizeGreaterThan(100);
    return tests.stream();
  }

  private void refuse(String plural, SchemaRule rule) {
    ObjectNode object = WHOLE.get(plural).get();
    rule.violate(object);
    Answer answer =
        rule.field().startsWith("status")
            ? putStatus(plural, object, "?dryRun=All")
            : api.send("POST", path(plural) + "?dryRun=All", renamed(object));
    assertRefused(answer, rule.field());
    assertRefused(answer, rule.refusal());
  }

  /** One of the whole sample's name is there already; a broken one may be called anything. */
  private static ObjectNode renamed(ObjectNode object) {
    object.withObject("/metadata").put("name", "broken");
    return object;
  }

  @TestFactory
  Stream<DynamicTest> everyRuleInCelRefusesWhatBreaksItInItsOwnWords() {
    return CelRule.TABLE.stream()
        .flatMap(
            rule ->
                rule.refused().stream()
                    .map(
                        change ->
                            dynamicTest(
                                rule.path() + " " + change,
                                () -> {
                                  Answer answer = apply(rule.plural(), change);
                                  assertRefused(answer, rule.message());
                                })));
  }

  @TestFactory
  Stream<DynamicTest> whatIsRightIsTaken() {
    return CelRule.ACCEPTED.stream()
        .map(
            change ->
                dynamicTest(
                    change.toString(),
                    () -> {
                      String kind = change.after().get("kind").asText();
                      String plural = kind.equals("IPPool") ? "ippools" : "ipallocations";
                      assertTaken(apply(plural, change));
                    }));
  }

  @Test
  void theTableHasEveryRuleInCel() {
    assertThat(CelRule.TABLE.stream().map(CelRule::toString).collect(Collectors.toSet()))
        .isEqualTo(CelRule.ofSchemas(LiveApi.schemas()));
  }

  /** As where the pool was made before the rule was: its status and finalizer can be written. */
  @Test
  void whatWasThereBeforeARuleStaysAndCanBeWritten() {
    ObjectNode pool = Samples.pool("old", "cidr: 240.0.0.0/16");
    JsonNode definition = api.get(DEFINITION);
    ObjectNode lax = definition.deepCopy();
    ((ArrayNode) lax.at(CIDR_RULES)).removeAll();
    assertTaken(api.send("PUT", DEFINITION, lax));
    LiveApi.await("the lax schema", () -> api.send("POST", path("ippools"), pool).code() == 200);
    ObjectNode strict = definition.deepCopy();
    JsonNode version = api.get(DEFINITION).at("/metadata/resourceVersion");
    strict.withObject("/metadata").set("resourceVersion", version);
    assertTaken(api.send("PUT", DEFINITION, strict));
    ObjectNode other = Samples.pool("new", "cidr: 241.0.0.0/16");
    LiveApi.await(
        "the strict schema",
        () -> api.send("POST", path("ippools") + "?dryRun=All", other).code() == 422);
    pool.set("status", Samples.wholePool().get("status"));
    pool.withObject("/status").put("cidr", "240.0.0.0/16");
    assertTaken(putStatus("ippools", pool, ""));
    ObjectNode held = (ObjectNode) api.get(path("ippools") + "/old");
    held.withObject("/metadata").putArray("finalizers").add("weft.dev/blocks");
    held.withObject("/spec").put("disabled", true);
    assertTaken(api.send("PUT", path("ippools") + "/old", held));
    held = (ObjectNode) api.get(path("ippools") + "/old");
    held.withObject("/metadata").remove("finalizers");
    assertTaken(api.send("PUT", path("ippools") + "/old", held));
    api.delete(path("ippools") + "/old");
  }

  @Test
  void theOperatorAndTheSchemaRefuseTheSameRanges() {
    List<String> rules = new ArrayList<>();
    LiveApi.schemas()
        .forEach(
            (plural, schema) ->
                schema
                    .at("/properties/spec/properties/cidr/x-kubernetes-validations")
                    .forEach(rule -> rules.add(rule.path("rule").asText())));
    String ranges =
        SpecialRanges.ALL.stream()
            .map(range -> "'" + range + "'")
            .collect(Collectors.joining(", ", "[", "]"));
    assertThat(rules).filteredOn(rule -> rule.contains(ranges + ".all(")).hasSize(2);
  }

  @Test
  void whatAPoolLeavesOutIsFilledIn() {
    String name = path("ippools") + "/plain";
    assertTaken(api.send("POST", path("ippools"), Samples.pool("plain", "cidr: 10.1.0.0/16")));
    assertThat(api.get(name).path("spec").toString())
        .isEqualTo(
            "{\"cidr\":\"10.1.0.0/16\",\"masquerade\":true,\"maxBlocksPerNode\":16,"
                + "\"routing\":\"Auto\",\"state\":\"Active\"}");
    api.delete(name);
  }

  @Test
  void whatNobodyKnowsIsTakenOut() {
    ObjectNode pool = Samples.pool("typo", "cidr: 10.1.0.0/16, mascerade: false");
    assertTaken(api.send("POST", path("ippools"), pool));
    assertThat(api.get(path("ippools") + "/typo").at("/spec/mascerade").isMissingNode()).isTrue();
    api.delete(path("ippools") + "/typo");
  }

  /** What the operator's writer, and the server of its tests, count on. */
  @Test
  void anApplyToAnObjectThatIsGoneIsRefusedForItsUid() {
    for (HasMetadata object :
        List.of(
            Nodes.node("gone", "192.168.1.9"),
            Serialization.unmarshal(
                Samples.allocation("10-9-0-0-24", "cidr: 10.9.0.0/24, node: n, nodeUID: u, pool: p")
                    .toString(),
                IPAllocation.class))) {
      HasMetadata first = api.client().resource(object).create();
      api.client().resource(first).delete();
      assertThatThrownBy(() -> annotate(first))
          .hasMessageContaining("no existing object was found")
          .extracting("code")
          .isEqualTo(409);
      api.client().resource(object).create();
      assertThatThrownBy(() -> annotate(first))
          .hasMessageContaining("metadata.uid: Invalid value")
          .extracting("code")
          .isEqualTo(422);
      api.client().resource(object).delete();
    }
  }

  private void annotate(HasMetadata object) {
    GenericKubernetesResource patch = new GenericKubernetesResource();
    patch.setApiVersion(object.getApiVersion());
    patch.setKind(object.getKind());
    patch.setMetadata(
        new ObjectMetaBuilder()
            .withName(object.getMetadata().getName())
            .withUid(object.getMetadata().getUid())
            .addToAnnotations("weft.dev/boot-id", "b")
            .build());
    api.client()
        .resource(patch)
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                .withFieldManager("weft-operator")
                .withForce(true)
                .build());
  }

  @Test
  void kubectlPrintsTheColumns() throws Exception {
    api.need("kubectl of its version");
    assertThat(row("ippools", "whole"))
        .containsExactly(
            "NAME whole",
            "CIDR 10.244.0.0/16",
            "BLOCK 24",
            "ALLOCATED 2",
            "FREE 253",
            "READY True",
            "AGE");
    assertThat(row("ippools", "whole", "-o", "wide"))
        .endsWith(
            "AGE",
            "ACCEPTED",
            "STATE Active",
            "ROUTING Auto",
            "IN-FORCE 10.244.0.0/16",
            "REASON Allocating",
            "MESSAGE fine");
    assertThat(row("ipalloc", "10-244-1-0-24"))
        .containsExactly(
            "NAME 10-244-1-0-24",
            "NODE node1",
            "CIDR 10.244.1.0/24",
            "POOL whole",
            "USED 3",
            "FREE 250",
            "PHASE Ready",
            "AGE");
    assertThat(row("ipalloc", "10-244-1-0-24", "-o", "wide"))
        .endsWith(
            "AGE",
            "STATE Active",
            "ROUTING Auto",
            "ENDPOINT [\"192.168.1.11\",\"fd00:1::11\"]",
            "PROGRAMMED True",
            "DEGRADED");
    assertThat(api.kubectl("get", "weft", "--no-headers", "-o", "name").lines())
        .contains("ippool.weft.dev/whole", "ipallocation.weft.dev/10-244-1-0-24");
  }

  /** The columns of an object, each with its value if it has one; the age without. */
  private List<String> row(String kind, String name, String... more) throws Exception {
    List<String> words = new ArrayList<>(List.of("get", kind, name));
    words.addAll(List.of(more));
    List<String> lines = api.kubectl(words.toArray(String[]::new)).lines().toList();
    Matcher titles = Pattern.compile("\\S+ *").matcher(lines.get(0));
    List<String> columns = new ArrayList<>();
    while (titles.find()) {
      String title = titles.group().strip();
      String value =
          titles.hitEnd()
              ? lines.get(1).substring(titles.start())
              : lines.get(1).substring(titles.start(), titles.end());
      columns.add(title.equals("AGE") ? "AGE" : (title + " " + value.strip()).strip());
    }
    return columns;
  }

  private static void assertTaken(Answer answer) {
    assertThat(answer.code()).as(answer.text()).isEqualTo(200);
  }

  private static void assertRefused(Answer answer, String why) {
    assertThat(answer.code()).as(answer.text()).isEqualTo(422);
    assertThat(answer.text()).contains(why);
  }

  private Answer apply(String plural, CelRule.Change change) {
    String path = path(plural);
    if (change.before() == null) {
      return api.send("POST", path + "?dryRun=All", change.after());
    }
    String object = path + "/" + change.before().at("/metadata/name").asText();
    assertTaken(api.send("POST", path, change.before()));
    try {
      if (change.before().has("status")) {
        assertTaken(putStatus(plural, change.before(), ""));
      }
      ObjectNode after = change.after().deepCopy();
      JsonNode version = api.get(object).at("/metadata/resourceVersion");
      after.withObject("/metadata").set("resourceVersion", version);
      return api.send("PUT", object + "?dryRun=All", after);
    } finally {
      api.delete(object);
    }
  }

  private Answer putStatus(String plural, ObjectNode object, String query) {
    String path = path(plural) + "/" + object.at("/metadata/name").asText();
    ObjectNode whole = (ObjectNode) api.get(path);
    whole.set("status", object.get("status"));
    return api.send("PUT", path + "/status" + query, whole);
  }

  private static String path(String plural) {
    return "/apis/weft.dev/v1alpha1/" + plural;
  }
}
