// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.weft.api.LiveApi.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What Weft's programs and tests count on in an API server. The embedded one is held to this, and a
 * kube-apiserver says whether it is right.
 */
@Tag("system")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ApiServerContract {
  private static final String POOLS = "/apis/weft.dev/v1alpha1/ippools";
  private static final String BLOCKS = "/apis/weft.dev/v1alpha1/ipallocations";
  private static final String NODES = "/api/v1/nodes";
  private static final int GONE = 410;
  private static final String MERGE = "application/merge-patch+json";
  private static final String APPLY = "application/apply-patch+yaml";
  private static final String MODIFIED =
      "the object has been modified; please apply your changes to the latest version and try again";

  private final LiveApi api;

  ApiServerContract(LiveApi api) {
    this.api = api;
  }

  @AfterAll
  void stop() {
    api.close();
  }

  // Creating, reading, deleting.

  @Test
  void anObjectGetsItsIdentityItsDefaultsAndAnOwnerOfItsFields() {
    JsonNode made = create("identity", "cidr: 10.244.0.0/16", "maker");

    JsonNode metadata = made.path("metadata");
    assertThat(metadata.path("uid").asText()).isNotEmpty();
    assertThat(metadata.path("resourceVersion").asText()).isNotEmpty();
    assertThat(metadata.path("creationTimestamp").asText()).endsWith("Z");
    assertThat(metadata.path("generation").asInt()).isEqualTo(1);
    assertThat(made.at("/spec/masquerade").asBoolean()).isTrue();
    assertThat(get(POOLS, "identity")).isEqualTo(made);
    assertThat(managers(made)).containsExactly("maker Update");
    assertThat(metadata.at("/managedFields/0/fieldsV1/f:spec").has("f:masquerade")).isTrue();
  }

  @Test
  void aSecondObjectOfTheNameIsRefused() {
    create("twice", "cidr: 10.244.0.0/16", "maker");

    refused(
        api.request("POST", POOLS, pool("twice", "cidr: 10.244.0.0/16")),
        409,
        "AlreadyExists",
        "ippools.weft.dev \"twice\" already exists");
  }

  @Test
  void whatIsNotThereIsNotFound() {
    String message = "ippools.weft.dev \"none\" not found";
    refused(api.request("GET", POOLS + "/none"), 404, "NotFound", message);
    refused(api.request("DELETE", POOLS + "/none"), 404, "NotFound", message);
    refused(merge("none", "{spec: {disabled: true}}"), 404, "NotFound", message);
    ObjectNode pool = pool("none", "cidr: 10.244.0.0/16");
    refused(api.request("PUT", POOLS + "/none", pool), 404, "NotFound", message);
    refused(applyStatus("none", "operator", "{}", false), 404, "NotFound", message);
    assertThat(api.request("GET", "/apis/weft.dev/v1alpha1/nothing").code()).isEqualTo(404);
    assertThat(api.request("GET", "/apis/none.example/v1/nothing").code()).isEqualTo(404);
  }

  @Test
  void whatTheServerSetsIsNotTakenFromTheClient() {
    ObjectNode pool = pool("forged", "cidr: 10.244.0.0/16");
    pool.withObject("/metadata").put("uid", "mine").put("generation", 7);
    pool.withObject("/status").put("observedGeneration", 7);
    JsonNode made = taken(api.request("POST", POOLS, pool));

    assertThat(made.at("/metadata/uid").asText()).isNotEqualTo("mine");
    assertThat(made.at("/metadata/generation").asInt()).isEqualTo(1);
    assertThat(made.has("status")).isFalse();
    pool.withObject("/metadata").put("name", "versioned").put("resourceVersion", "1");
    refused(
        api.request("POST", POOLS, pool),
        500,
        "",
        "resourceVersion should not be set on objects to be created");
  }

  @Test
  void aNameIsGeneratedFromItsPrefix() {
    ObjectNode pool = pool("x", "cidr: 10.244.0.0/16");
    pool.withObject("/metadata").put("generateName", "some-").remove("name");
    JsonNode made = taken(api.request("POST", POOLS, pool));

    assertThat(made.at("/metadata/name").asText()).matches("some-[a-z0-9]{5}");
    assertThat(get(POOLS, made.at("/metadata/name").asText())).isEqualTo(made);
  }

  @Test
  void aNameThatIsNoneIsRefused() {
    Reply answer = api.request("POST", POOLS, pool("Not_One", "cidr: 10.244.0.0/16"));
    refusedWith(answer, 422, "Invalid", "metadata.name: Invalid value: \"Not_One\"");
    JsonNode other = yaml("{metadata: {name: other}}");
    create("named", "cidr: 10.244.0.0/16", "maker");
    refused(
        api.request("PATCH", POOLS + "/named", MERGE, other),
        400,
        "BadRequest",
        "the name of the object (other) does not match the name on the URL (named)");
  }

  @Test
  void aDeletionSaysWhatWent() {
    JsonNode made = create("goes", "cidr: 10.244.0.0/16", "maker");
    JsonNode answer = taken(api.request("DELETE", POOLS + "/goes"));

    assertThat(answer.path("status").asText()).as(answer.toString()).isEqualTo("Success");
    assertThat(answer.at("/details/uid")).isEqualTo(made.at("/metadata/uid"));
    assertThat(api.request("GET", POOLS + "/goes").code()).isEqualTo(404);
  }

  @Test
  void aDeletionMeansOneObjectOfOneVersion() {
    JsonNode made = create("meant", "cidr: 10.244.0.0/16", "maker");
    String version = made.at("/metadata/resourceVersion").asText();
    refused(
        delete("meant", "{preconditions: {uid: other}}"),
        409,
        "Conflict",
        "Operation cannot be fulfilled on IPPool.weft.dev \"meant\": the UID in the precondition"
            + " (other) does not match the UID in record ("
            + made.at("/metadata/uid").asText()
            + "). The object might have been deleted and then recreated");
    refused(
        delete("meant", "{preconditions: {resourceVersion: '1'}}"),
        409,
        "Conflict",
        "Operation cannot be fulfilled on IPPool.weft.dev \"meant\": the ResourceVersion in the"
            + " precondition (1) does not match the ResourceVersion in record ("
            + version
            + "). The object might have been modified");
    taken(delete("meant", "{preconditions: {resourceVersion: '" + version + "'}}"));
  }

  @Test
  void whatHasFinalizersGoesWithTheLastOfThem() {
    create("held", "cidr: 10.244.0.0/16", "maker");
    taken(merge("held", "{metadata: {finalizers: [weft.dev/a, weft.dev/b]}}"));
    JsonNode marked = taken(delete("held", "{}"));
    assertThat(marked.at("/metadata/deletionTimestamp").asText()).endsWith("Z");
    assertThat(marked.at("/metadata/generation").asInt()).isEqualTo(2);
    assertThat(taken(delete("held", "{}"))).as("a second deletion").isEqualTo(marked);

    refusedWith(
        merge("held", "{metadata: {finalizers: [weft.dev/a, weft.dev/b, weft.dev/c]}}"),
        422,
        "Invalid",
        "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being"
            + " deleted");
    taken(merge("held", "{metadata: {finalizers: [weft.dev/b]}}"));
    assertThat(get(POOLS, "held").at("/metadata/finalizers")).hasSize(1);
    taken(merge("held", "{metadata: {finalizers: null}}"));
    assertThat(api.request("GET", POOLS + "/held").code()).isEqualTo(404);
  }

  // Writes that replace and patch.

  @Test
  void aStaleWriteIsRefused() {
    JsonNode first = create("stale", "cidr: 10.244.0.0/16", "maker");
    taken(merge("stale", "{spec: {disabled: true}}"));
    String message = "Operation cannot be fulfilled on ippools.weft.dev \"stale\": " + MODIFIED;
    refused(api.request("PUT", POOLS + "/stale", first), 409, "Conflict", message);
    String version = first.at("/metadata/resourceVersion").asText();
    String patch =
        "{metadata: {resourceVersion: '%s'}, spec: {disabled: false}}".formatted(version);
    refused(merge("stale", patch), 409, "Conflict", message);
    refused(apply("stale", "a", patch, true), 409, "Conflict", message);
    assertThat(get(POOLS, "stale").at("/spec/disabled").asBoolean()).isTrue();
  }

  @Test
  void aReplacementSaysWhichVersionItReplaces() {
    create("unversioned", "cidr: 10.244.0.0/16", "maker");
    refusedWith(
        api.request("PUT", POOLS + "/unversioned", pool("unversioned", "cidr: 10.244.0.0/16")),
        422,
        "Invalid",
        "metadata.resourceVersion: Invalid value: 0: must be specified for an update");
  }

  @Test
  void aWriteMeansOneObject() {
    JsonNode made = create("uid", "cidr: 10.244.0.0/16", "maker");
    ObjectNode other = made.deepCopy();
    other.withObject("/metadata").put("uid", "other");
    refusedWith(
        api.request("PUT", POOLS + "/uid", other), 409, "Conflict", "Precondition failed: UID");
    String immutable = "metadata.uid: Invalid value: \"other\": field is immutable";
    refusedWith(merge("uid", "{metadata: {uid: other}}"), 422, "Invalid", immutable);
    refusedWith(apply("uid", "a", "{metadata: {uid: other}}", true), 422, "Invalid", immutable);
    refusedWith(
        apply("gone", "a", "{metadata: {uid: other}, spec: {cidr: 10.244.0.0/16}}", true),
        409,
        "Conflict",
        "uid mismatch: the provided object specified uid other, and no existing object was found");
  }

  @Test
  void onlyAChangeMakesAVersionAndOnlyOneOfTheSpecAGeneration() {
    JsonNode made = create("counted", "cidr: 10.244.0.0/16", "maker");
    JsonNode same = taken(merge("counted", "{spec: {masquerade: true}}"));
    assertThat(same).isEqualTo(made);

    JsonNode labelled = taken(merge("counted", "{metadata: {labels: {a: b}}}"));
    assertThat(labelled.at("/metadata/resourceVersion"))
        .isNotEqualTo(made.at("/metadata/resourceVersion"));
    assertThat(labelled.at("/metadata/generation").asInt()).isEqualTo(1);
    JsonNode changed = taken(merge("counted", "{spec: {masquerade: false}}"));
    assertThat(changed.at("/metadata/generation").asInt()).isEqualTo(2);
    JsonNode status = taken(mergeStatus("counted", "{status: {observedGeneration: 2}}"));
    assertThat(status.at("/metadata/generation").asInt()).isEqualTo(2);
  }

  @Test
  void specAndStatusAreWrittenApart() {
    create("apart", "cidr: 10.244.0.0/16", "maker");
    JsonNode status =
        taken(
            mergeStatus(
                "apart",
                "{metadata: {labels: {a: b}}, spec: {disabled: true}, status: {observedGeneration:"
                    + " 5}}"));
    assertThat(status.at("/status/observedGeneration").asInt()).isEqualTo(5);
    assertThat(status.at("/spec/disabled").asBoolean()).isFalse();
    assertThat(status.at("/metadata").has("labels")).isFalse();

    JsonNode spec =
        taken(merge("apart", "{spec: {disabled: true}, status: {observedGeneration: 6}}"));
    assertThat(spec.at("/status/observedGeneration").asInt()).isEqualTo(5);
    assertThat(spec.at("/spec/disabled").asBoolean()).isTrue();
  }

  @Test
  void aJsonPatchIsDoneWholeOrNotAtAll() {
    create("patched", "cidr: 10.244.0.0/16, disabled: false, reserved: [10.244.0.0/24]", "maker");
    String type = "application/json-patch+json";
    String path = POOLS + "/patched";
    JsonNode done =
        taken(
            api.request(
                "PATCH",
                path,
                type,
                yaml(
                    "[{op: test, path: /spec/disabled, value: false},"
                        + " {op: add, path: /spec/reserved/-, value: 10.244.1.0/24},"
                        + " {op: replace, path: /spec/disabled, value: true}]")));
    assertThat(done.at("/spec/reserved")).hasSize(2);
    assertThat(done.at("/spec/disabled").asBoolean()).isTrue();
    for (String wrong :
        List.of(
            "[{op: remove, path: /spec/reserved/0}, {op: test, path: /spec/disabled, value:"
                + " false}]",
            "[{op: remove, path: /spec/nothing}]")) {
      refusedWith(
          api.request("PATCH", path, type, yaml(wrong)),
          422,
          "Invalid",
          "the server rejected our request due to an error in our request");
    }
    assertThat(get(POOLS, "patched")).isEqualTo(done);
  }

  @Test
  void aMergePatchReplacesListsAndRemovesByNull() {
    create("merged", "cidr: 10.244.0.0/16, reserved: [10.244.0.0/24, 10.244.1.0/24]", "maker");
    JsonNode merged = taken(merge("merged", "{spec: {reserved: [10.244.2.0/24]}}"));
    assertThat(merged.at("/spec/reserved")).hasSize(1);
    assertThat(taken(merge("merged", "{spec: {reserved: null}}")).at("/spec").has("reserved"))
        .isFalse();
    Reply strategic =
        api.request(
            "PATCH", POOLS + "/merged", "application/strategic-merge-patch+json", yaml("{}"));
    assertThat(strategic.code()).isEqualTo(415);
  }

  @Test
  void aDryRunChangesNothing() {
    ObjectNode pool = pool("dry", "cidr: 10.244.0.0/16");
    taken(api.request("POST", POOLS + "?dryRun=All", pool));
    assertThat(api.request("GET", POOLS + "/dry").code()).isEqualTo(404);
    JsonNode made = create("dry", "cidr: 10.244.0.0/16", "maker");
    JsonNode tried =
        taken(
            api.request(
                "PATCH", POOLS + "/dry?dryRun=All", MERGE, yaml("{spec: {disabled: true}}")));
    assertThat(tried.at("/spec/disabled").asBoolean()).isTrue();
    taken(delete("dry", "{dryRun: [All]}"));
    assertThat(get(POOLS, "dry")).isEqualTo(made);
  }

  @Test
  void anUnknownFieldIsTakenOutOrWhereTheClientWantsItRefused() {
    ObjectNode pool = pool("strict", "cidr: 10.244.0.0/16, mascerade: false");
    refusedWith(
        api.request("POST", POOLS + "?fieldValidation=Strict", pool),
        400,
        "BadRequest",
        "strict decoding error: unknown field \"spec.mascerade\"");
    assertThat(taken(api.request("POST", POOLS, pool)).path("spec").has("mascerade")).isFalse();
  }

  // Server-side apply.

  @Test
  void anApplyCreatesAndOwnsWhatItSays() {
    JsonNode made = taken(apply("applied", "alice", "{spec: {cidr: 10.244.0.0/16}}", false));

    assertThat(managers(made)).containsExactly("alice Apply");
    assertThat(made.at("/metadata/managedFields/0/fieldsV1"))
        .isEqualTo(yaml("{'f:spec': {'f:cidr': {}}}"));
    assertThat(made.at("/spec/masquerade").asBoolean()).isTrue();
    assertThat(taken(apply("applied", "alice", "{spec: {cidr: 10.244.0.0/16}}", false)))
        .as("the same applied again")
        .isEqualTo(made);
  }

  @Test
  void anApplyNamesItsManager() {
    Reply answer =
        api.request("PATCH", POOLS + "/nobody", APPLY, pool("nobody", "cidr: 10.244.0.0/16"));
    refusedWith(
        answer, 422, "Invalid", "fieldManager: Required value: is required for apply patch");
  }

  @Test
  void whatOthersOwnIsAConflictThatNamesThemAndTheField() {
    create("owned", "cidr: 10.244.0.0/16, disabled: false", "maker");
    Reply answer = apply("owned", "alice", "{spec: {cidr: 10.240.0.0/12}}", false);
    refused(
        answer,
        409,
        "Conflict",
        "Apply failed with 1 conflict: conflict with \"maker\" using weft.dev/v1alpha1:"
            + " .spec.cidr");
    JsonNode cause = answer.body().at("/details/causes/0");
    assertThat(cause.path("reason").asText()).isEqualTo("FieldManagerConflict");
    assertThat(cause.path("field").asText()).isEqualTo(".spec.cidr");

    JsonNode forced = taken(apply("owned", "alice", "{spec: {cidr: 10.240.0.0/12}}", true));
    assertThat(managers(forced)).containsExactly("alice Apply", "maker Update");
    refused(
        apply("owned", "bob", "{spec: {cidr: 10.0.0.0/8, disabled: true}}", false),
        409,
        "Conflict",
        "Apply failed with 2 conflicts: conflicts with \"alice\":\n- .spec.cidr\n"
            + "conflicts with \"maker\" using weft.dev/v1alpha1:\n- .spec.disabled");
    JsonNode shared = taken(apply("owned", "bob", "{spec: {cidr: 10.240.0.0/12}}", false));
    assertThat(managers(shared)).contains("alice Apply", "bob Apply");
  }

  @Test
  void severalFieldsOfOneManagerAreListed() {
    taken(apply("several", "alice", "{spec: {cidr: 10.244.0.0/16, disabled: true}}", false));
    refused(
        apply("several", "bob", "{spec: {cidr: 10.240.0.0/12, disabled: false}}", false),
        409,
        "Conflict",
        "Apply failed with 2 conflicts: conflicts with \"alice\":\n- .spec.cidr\n- .spec.disabled");
  }

  @Test
  void whatAManagerAppliesNoMoreGoesUnlessAnotherOwnsIt() {
    String full =
        "{metadata: {labels: {a: '1', b: '1'}}, spec: {cidr: 10.244.0.0/16, reserved:"
            + " [10.244.0.0/24]}}";
    taken(apply("less", "alice", full, false));
    taken(apply("less", "bob", "{metadata: {labels: {b: '1'}}}", false));
    JsonNode less = taken(apply("less", "alice", "{spec: {cidr: 10.244.0.0/16}}", false));

    assertThat(less.at("/metadata/labels")).isEqualTo(yaml("{b: '1'}"));
    assertThat(less.at("/spec").has("reserved")).isFalse();
    JsonNode none = taken(apply("less", "bob", "{}", false));
    assertThat(none.at("/metadata").has("labels")).isFalse();
    assertThat(managers(none)).containsExactly("alice Apply");
  }

  @Test
  void aWriteThatIsNoApplyTakesOver() {
    taken(apply("taken", "alice", "{spec: {cidr: 10.244.0.0/16, disabled: true}}", false));
    JsonNode patched =
        taken(
            api.request(
                "PATCH",
                POOLS + "/taken?fieldManager=bob",
                MERGE,
                yaml("{spec: {disabled: false}}")));
    assertThat(managers(patched)).containsExactlyInAnyOrder("alice Apply", "bob Update");
    refused(
        apply("taken", "alice", "{spec: {cidr: 10.244.0.0/16, disabled: true}}", false),
        409,
        "Conflict",
        "Apply failed with 1 conflict: conflict with \"bob\" using weft.dev/v1alpha1:"
            + " .spec.disabled");
  }

  @Test
  void managersOfOneMapListEachHaveTheirConditions() {
    create("conditions", "cidr: 10.244.0.0/16", "maker");
    taken(applyStatus("conditions", "operator", conditions("Ready", "Exhausted"), false));
    JsonNode both = taken(applyStatus("conditions", "agent", conditions("Programmed"), false));
    assertThat(types(both)).containsExactlyInAnyOrder("Ready", "Exhausted", "Programmed");
    assertThat(managers(both)).contains("agent Apply status", "operator Apply status");

    JsonNode fewer = taken(applyStatus("conditions", "operator", conditions("Ready"), false));
    assertThat(types(fewer)).containsExactlyInAnyOrder("Ready", "Programmed");
    String other = conditions("Ready").replace("'True'", "'False'");
    refused(
        applyStatus("conditions", "agent", other, false),
        409,
        "Conflict",
        "Apply failed with 1 conflict: conflict with \"operator\" with subresource \"status\":"
            + " .status.conditions[type=\"Ready\"].status");
    JsonNode forced = taken(applyStatus("conditions", "agent", other, true));
    assertThat(types(forced)).as("what the agent applies no more").containsExactly("Ready");
  }

  @Test
  void oneManagerOfSpecAndStatusOwnsThemApart() {
    taken(apply("two", "alice", "{spec: {cidr: 10.244.0.0/16}}", false));
    taken(applyStatus("two", "alice", "{status: {observedGeneration: 1}}", false));
    JsonNode after = taken(apply("two", "alice", "{spec: {cidr: 10.244.0.0/16}}", false));
    assertThat(after.at("/status/observedGeneration").asInt()).isEqualTo(1);
    assertThat(managers(after)).containsExactlyInAnyOrder("alice Apply", "alice Apply status");
  }

  @Test
  void aNodesAnnotationsAndConditionsCanBeApplied() {
    taken(api.request("POST", NODES, node("applied-node", "blue")));
    String path = NODES + "/applied-node";
    ObjectNode annotation = node("applied-node", null);
    annotation.withObject("/metadata/annotations").put("weft.dev/blocks", "10.244.0.0/24");
    JsonNode annotated =
        taken(api.request("PATCH", path + "?fieldManager=operator&force=true", APPLY, annotation));
    assertThat(annotated.at("/metadata/labels/colour").asText()).isEqualTo("blue");
    ObjectNode condition = node("applied-node", null);
    condition.set(
        "status",
        yaml("{conditions: [{type: NetworkUnavailable, status: 'False', reason: WeftIsUp}]}"));
    JsonNode status =
        taken(
            api.request(
                "PATCH", path + "/status?fieldManager=operator&force=true", APPLY, condition));
    assertThat(types(status)).contains("NetworkUnavailable");
    assertThat(status.at("/metadata/annotations").has("weft.dev/blocks")).isTrue();
    JsonNode without =
        taken(
            api.request(
                "PATCH",
                path + "?fieldManager=operator&force=true",
                APPLY,
                node("applied-node", null)));
    assertThat(without.at("/metadata/annotations").has("weft.dev/blocks")).isFalse();
    assertThat(types(without)).contains("NetworkUnavailable");
  }

  // Schema and rules; CrdRulesContract has each of them.

  @Test
  void aRefusalSaysWhichObjectFieldAndRule() {
    Reply answer = api.request("POST", POOLS, pool("bad", "cidr: 10.244.0.0"));
    assertThat(answer.body().at("/details/kind").asText()).isEqualTo("IPPool");
    assertThat(answer.body().at("/details/causes/0/field").asText()).isEqualTo("spec.cidr");
    assertThat(answer.body().at("/details/causes/0/reason").asText())
        .isEqualTo("FieldValueInvalid");
    refused(
        answer,
        422,
        "Invalid",
        "IPPool.weft.dev \"bad\" is invalid: spec.cidr: Invalid value: \"string\": must be an IPv4"
            + " or IPv6 range such as 10.244.0.0/16 or fd00:244::/48");
    refused(
        api.request("POST", POOLS, pool("bad", "disabled: true")),
        422,
        "Invalid",
        "IPPool.weft.dev \"bad\" is invalid: [spec.cidr: Required value, <nil>: Invalid value:"
            + " null: some validation rules were not checked because the object was invalid;"
            + " correct the existing errors to complete validation]");
    refused(
        api.request("POST", POOLS, pool("bad", "cidr: '1'")),
        422,
        "Invalid",
        "IPPool.weft.dev \"bad\" is invalid: [spec.cidr: Invalid value: \"1\": spec.cidr in body"
            + " should be at least 4 chars long, spec.cidr: Invalid value: \"string\": must be an"
            + " IPv4 or IPv6 range such as 10.244.0.0/16 or fd00:244::/48]");
  }

  @Test
  void whatIsImmutableStaysByEveryVerb() {
    ObjectNode block =
        Samples.allocation("10-244-9-0-24", "cidr: 10.244.9.0/24, node: a, nodeUID: u, pool: p");
    ObjectNode made = (ObjectNode) taken(api.request("POST", BLOCKS, block));
    String path = BLOCKS + "/10-244-9-0-24";
    String message =
        "IPAllocation.weft.dev \"10-244-9-0-24\" is invalid: spec: Invalid value: \"object\":"
            + " cidr, node and pool never change; delete this allocation and make another (state and"
            + " nodeUID may change)";
    JsonNode patch = yaml("{spec: {node: b}}");
    refused(api.request("PATCH", path, MERGE, patch), 422, "Invalid", message);
    made.withObject("/spec").put("node", "b");
    refused(api.request("PUT", path, made), 422, "Invalid", message);
    block.withObject("/spec").put("node", "b");
    refused(
        api.request("PATCH", path + "?fieldManager=a&force=true", APPLY, block),
        422,
        "Invalid",
        message);
  }

  // Lists and watches.

  @Test
  void aListComesInPagesOfOneMoment() {
    int attempt = 0;
    while (!comesInPages("page" + attempt)) {
      assertThat(++attempt).as("lists whose token expired between two pages").isLessThan(5);
    }
    refusedWith(
        api.request("GET", NODES + "?continue=made-up"),
        400,
        "BadRequest",
        "continue key is not valid");
  }

  /**
   * False where the token of a page expired: the real server here compacts etcd every 2 seconds.
   */
  private boolean comesInPages(String colour) {
    for (String letter : List.of("a", "b", "c", "d", "e")) {
      taken(api.request("POST", NODES, node(colour + "-" + letter, colour)));
    }
    String query = NODES + "?labelSelector=colour%3D" + colour + "&limit=2";
    JsonNode first = taken(api.request("GET", query));
    assertThat(names(first)).containsExactly(colour + "-a", colour + "-b");
    String next = query + "&continue=" + first.at("/metadata/continue").asText();
    taken(api.request("DELETE", NODES + "/" + colour + "-c"));
    taken(api.request("POST", NODES, node(colour + "-aa", colour)));

    Reply page = api.request("GET", next);
    if (page.code() == 410) {
      return false;
    }
    JsonNode second = taken(page);
    assertThat(names(second)).containsExactly(colour + "-c", colour + "-d");
    assertThat(second.at("/metadata/resourceVersion"))
        .isEqualTo(first.at("/metadata/resourceVersion"));
    next = query + "&continue=" + second.at("/metadata/continue").asText();
    page = api.request("GET", next);
    if (page.code() == 410) {
      return false;
    }
    JsonNode last = taken(page);
    assertThat(names(last)).containsExactly(colour + "-e");
    assertThat(last.at("/metadata/continue").asText()).isEmpty();
    return true;
  }

  @Test
  void aPageOfTooLongAgoIsGone() {
    taken(api.request("POST", NODES, node("old-a", "old")));
    taken(api.request("POST", NODES, node("old-b", "old")));
    String query = NODES + "?labelSelector=colour%3Dold&limit=1";
    JsonNode first = taken(api.request("GET", query));
    String next = query + "&continue=" + first.at("/metadata/continue").asText();
    LiveApi.await(
        "the token to expire",
        () -> {
          int version = get(NODES, "old-a").at("/metadata/resourceVersion").asInt();
          JsonNode change = yaml("{metadata: {labels: {version: '" + version + "'}}}");
          taken(api.request("PATCH", NODES + "/old-a", MERGE, change));
          return api.request("GET", next).code() == 410;
        });
    refusedWith(
        api.request("GET", next),
        410,
        "Expired",
        "The provided continue parameter is too old to display a consistent list result.");
  }

  @Test
  void listsAreSelectedByLabelsAndFields() {
    taken(api.request("POST", NODES, node("select-a", "select-blue")));
    taken(api.request("POST", NODES, node("select-b", "select-green")));
    assertThat(selected("labelSelector=colour%3Dselect-blue")).containsExactly("select-a");
    assertThat(selected("labelSelector=colour%20in%20(select-blue,select-green)"))
        .containsExactly("select-a", "select-b");
    assertThat(selected("labelSelector=colour,colour%20notin%20(select-blue)"))
        .contains("select-b")
        .doesNotContain("select-a");
    assertThat(selected("labelSelector=!colour")).doesNotContain("select-a", "select-b");
    assertThat(selected("fieldSelector=metadata.name%3Dselect-b")).containsExactly("select-b");
    assertThat(api.request("GET", "/api/v1/pods?fieldSelector=spec.nodeName%3Da").code())
        .isEqualTo(200);
    refusedWith(
        api.request("GET", POOLS + "?fieldSelector=spec.cidr%3Dx"),
        400,
        "BadRequest",
        "field label not supported: spec.cidr");
  }

  @Test
  void aWatchGoesOnFromAVersion() {
    create("before", "cidr: 10.244.0.0/16", "maker");
    String version = taken(api.request("GET", POOLS)).at("/metadata/resourceVersion").asText();
    create("watched", "cidr: 10.244.0.0/16", "maker");
    taken(merge("watched", "{spec: {disabled: true}}"));
    JsonNode last = get(POOLS, "watched");
    taken(delete("watched", "{}"));

    List<JsonNode> events = watch("resourceVersion=" + version, 3);
    assertThat(events)
        .extracting(e -> e.path("type").asText() + " " + e.at("/object/metadata/name").asText())
        .startsWith("ADDED watched", "MODIFIED watched", "DELETED watched");
    assertThat(events.get(1).path("object")).isEqualTo(last);
    assertThat(events.get(2).at("/object/metadata/resourceVersion").asInt())
        .as("a deletion has a version of its own")
        .isGreaterThan(last.at("/metadata/resourceVersion").asInt());
  }

  @Test
  void aWatchWithoutVersionBeginsWithWhatThereIs() {
    create("present", "cidr: 10.244.0.0/16", "maker");
    assertThat(watch("fieldSelector=metadata.name%3Dpresent", 1))
        .extracting(e -> e.path("type") + " " + e.at("/object/metadata/name").asText())
        .containsExactly("\"ADDED\" present");
    assertThat(watch("resourceVersion=0&fieldSelector=metadata.name%3Dpresent", 1)).hasSize(1);
  }

  @Test
  void whatEntersAndLeavesASelectionIsAddedAndDeleted() {
    create("moves", "cidr: 10.244.0.0/16", "maker");
    String version = taken(api.request("GET", POOLS)).at("/metadata/resourceVersion").asText();
    taken(merge("moves", "{metadata: {labels: {chosen: 'yes'}}}"));
    taken(merge("moves", "{metadata: {labels: {chosen: 'no'}}}"));
    assertThat(watch("labelSelector=chosen%3Dyes&resourceVersion=" + version, 2))
        .extracting(e -> e.path("type").asText())
        .containsExactly("ADDED", "DELETED");
  }

  @Test
  void aWatchFromTooLongAgoIsGone() {
    JsonNode event = watch("resourceVersion=1", 1).get(0);
    assertThat(event.path("type").asText()).isEqualTo("ERROR");
    assertThat(event.at("/object/code").asInt()).isEqualTo(410);
    assertThat(event.at("/object/reason").asText()).isEqualTo("Expired");
    assertThat(event.at("/object/message").asText()).startsWith("too old resource version: 1 (");
  }

  // What else Weft writes.

  @Test
  void anEventIsCountedByAPatch() {
    ObjectNode event =
        (ObjectNode)
            yaml(
                "{apiVersion: v1, kind: Event, metadata: {name: e1, namespace: default},"
                    + " involvedObject: {kind: Node, name: n1}, reason: NoBlock, message: none is"
                    + " left, type: Warning, count: 1, source: {component: weft}}");
    String path = "/api/v1/namespaces/default/events";
    taken(api.request("POST", path, event));
    JsonNode patched = taken(api.request("PATCH", path + "/e1", MERGE, yaml("{count: 2}")));
    assertThat(patched.path("count").asInt()).isEqualTo(2);
    JsonNode found =
        taken(
            api.request("GET", path + "?fieldSelector=involvedObject.name%3Dn1,reason%3DNoBlock"));
    assertThat(names(found)).containsExactly("e1");
  }

  @Test
  void aLeaseHasOneHolder() {
    String path = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
    ObjectNode lease =
        (ObjectNode)
            yaml(
                "{apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: {name: leader,"
                    + " namespace: default}, spec: {holderIdentity: a, leaseDurationSeconds: 15}}");
    ObjectNode first = (ObjectNode) taken(api.request("POST", path, lease));
    assertThat(api.request("POST", path, lease).code()).isEqualTo(409);
    ObjectNode second = first.deepCopy();
    first.withObject("/spec").put("holderIdentity", "b");
    taken(api.request("PUT", path + "/leader", first));
    second.withObject("/spec").put("holderIdentity", "c");
    refused(
        api.request("PUT", path + "/leader", second),
        409,
        "Conflict",
        "Operation cannot be fulfilled on leases.coordination.k8s.io \"leader\": " + MODIFIED);
  }

  // How the tests speak.

  private Reply apply(String name, String manager, String yaml, boolean force) {
    return apply(POOLS + "/" + name, name, manager, yaml, force);
  }

  private Reply applyStatus(String name, String manager, String yaml, boolean force) {
    return apply(POOLS + "/" + name + "/status", name, manager, yaml, force);
  }

  private Reply apply(String path, String name, String manager, String yaml, boolean force) {
    ObjectNode object = (ObjectNode) yaml(yaml);
    object.put("apiVersion", "weft.dev/v1alpha1").put("kind", "IPPool");
    object.withObject("/metadata").put("name", name);
    String query = "?fieldManager=" + manager + (force ? "&force=true" : "");
    return api.request("PATCH", path + query, APPLY, object);
  }

  private Reply merge(String name, String yaml) {
    return api.request("PATCH", POOLS + "/" + name, MERGE, yaml(yaml));
  }

  private Reply mergeStatus(String name, String yaml) {
    return api.request("PATCH", POOLS + "/" + name + "/status", MERGE, yaml(yaml));
  }

  private Reply delete(String name, String options) {
    return api.request("DELETE", POOLS + "/" + name, yaml(options));
  }

  private JsonNode create(String name, String spec, String manager) {
    return taken(api.request("POST", POOLS + "?fieldManager=" + manager, pool(name, spec)));
  }

  private JsonNode get(String path, String name) {
    return taken(api.request("GET", path + "/" + name));
  }

  private List<String> selected(String query) {
    return names(taken(api.request("GET", NODES + "?" + query)));
  }

  /**
   * What a watch of a second reports; where a busy server sent less than expected, or that its
   * cache is behind, of another.
   */
  private List<JsonNode> watch(String query, int expected) {
    List<JsonNode> events = new ArrayList<>();
    LiveApi.await(
        expected + " events of a watch",
        () -> {
          events.clear();
          Reply answer = api.request("GET", POOLS + "?watch=true&timeoutSeconds=1&" + query);
          assertThat(answer.code()).isEqualTo(200);
          answer.text().lines().forEach(line -> events.add(yaml(line)));
          return events.size() >= expected
              && events.stream().noneMatch(ApiServerContract::isToBeTriedAgain);
        });
    return events;
  }

  /** An error, but for the one that a new list mends. */
  private static boolean isToBeTriedAgain(JsonNode event) {
    return event.path("type").asText().equals("ERROR") && event.at("/object/code").asInt() != GONE;
  }

  private static ObjectNode pool(String name, String spec) {
    return Samples.pool(name, spec);
  }

  private static ObjectNode node(String name, String colour) {
    String labels = colour == null ? "" : ", labels: {colour: " + colour + "}";
    return (ObjectNode)
        yaml("{apiVersion: v1, kind: Node, metadata: {name: " + name + labels + "}}");
  }

  private static String conditions(String... types) {
    List<String> conditions = new ArrayList<>();
    for (String type : types) {
      conditions.add(
          "{type: %s, status: 'True', reason: Test, message: '', lastTransitionTime: '2026-01-01T00:00:00Z'}"
              .formatted(type));
    }
    return "{status: {conditions: [" + String.join(", ", conditions) + "]}}";
  }

  private static List<String> types(JsonNode object) {
    return texts(object.at("/status/conditions"), "/type");
  }

  private static List<String> names(JsonNode list) {
    return texts(list.path("items"), "/metadata/name");
  }

  private static List<String> texts(JsonNode list, String pointer) {
    return StreamSupport.stream(list.spliterator(), false)
        .map(element -> element.at(pointer).asText())
        .toList();
  }

  /** As {@code MANAGER OPERATION SUBRESOURCE}. */
  private static List<String> managers(JsonNode object) {
    return StreamSupport.stream(object.at("/metadata/managedFields").spliterator(), false)
        .map(
            entry ->
                "%s %s %s"
                    .formatted(
                        entry.path("manager").asText(),
                        entry.path("operation").asText(),
                        entry.path("subresource").asText())
                    .strip())
        .toList();
  }

  private static JsonNode taken(Reply answer) {
    assertThat(answer.code()).as(answer.text()).isBetween(200, 201);
    return answer.body();
  }

  private static void refused(Reply answer, int code, String reason, String message) {
    refusedWith(answer, code, reason, message);
    assertThat(answer.body().path("message").asText()).isEqualTo(message);
  }

  private static void refusedWith(Reply answer, int code, String reason, String part) {
    assertThat(answer.code()).as(answer.text()).isEqualTo(code);
    assertThat(answer.body().path("reason").asText()).as(answer.text()).isEqualTo(reason);
    assertThat(answer.body().path("code").asInt()).isEqualTo(code);
    assertThat(answer.body().path("message").asText()).contains(part);
  }

  private static JsonNode yaml(String text) {
    try {
      return text.startsWith("{\"")
          ? new ObjectMapper().readTree(text)
          : new YAMLMapper().readTree(text);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(text, e);
    }
  }
}
