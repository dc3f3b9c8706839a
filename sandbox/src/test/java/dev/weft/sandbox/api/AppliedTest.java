// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;

class AppliedTest {
  private final Applied applied = new Applied();
  private final ObjectNode object = Json.readObject("{metadata: {uid: u1}}", true);

  @Test
  void removesAFieldThatItsManagerAppliesNoMore() {
    apply("a", "{spec: {x: 1, y: 2}}");
    apply("a", "{spec: {x: 1}}");

    assertThat(object.get("spec")).isEqualTo(tree("{x: 1}"));
  }

  @Test
  void keepsAFieldThatAnotherManagerAppliesToo() {
    apply("a", "{spec: {x: 1, y: 2}}");
    apply("b", "{spec: {y: 2}}");
    apply("a", "{spec: {x: 1}}");

    assertThat(object.get("spec")).isEqualTo(tree("{x: 1, y: 2}"));
  }

  @Test
  void removesOnlyItsOwnConditions() {
    apply("a", "{status: {conditions: [{type: A}, {type: B}]}}");
    apply("b", "{status: {conditions: [{type: C}]}}");
    apply("a", "{status: {conditions: [{type: A}]}}");

    assertThat(object.get("status")).isEqualTo(tree("{conditions: [{type: A}, {type: C}]}"));
  }

  @Test
  void leavesWhatNobodyApplied() {
    object.putObject("spec").put("z", 9);
    apply("a", "{spec: {x: 1}}");
    apply("a", "{}");

    assertThat(object.get("spec")).isEqualTo(tree("{z: 9}"));
  }

  @Test
  void forgetsWithTheObject() {
    apply("a", "{spec: {x: 1}}");
    applied.forget("u1");
    apply("a", "{spec: {y: 2}}");

    assertThat(object.get("spec")).isEqualTo(tree("{x: 1, y: 2}"));
  }

  private static JsonNode tree(String yaml) {
    return Json.read(yaml, true);
  }

  private void apply(String manager, String configuration) {
    applied.apply("/p", manager, object, tree(configuration));
    applied.remember("/p", "u1", manager, tree(configuration));
  }
}
