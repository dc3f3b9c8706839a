// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MergeTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{a: 1}           | {b: 2}        | {a: 1, b: 2}",
        "{a: 1}           | {a: null}     | {}",
        "{a: {b: 1, c: 2}}| {a: {b: null}}| {a: {c: 2}}",
        "{a: [1, 2]}      | {a: [3]}      | {a: [3]}",
        "{a: 1}           | {a: {b: 1}}   | {a: {b: 1}}",
        "{finalizers: [x]}| {finalizers: [y]} | {finalizers: [y]}",
      })
  void plainReplacesLists(String target, String patch, String expected) {
    assertThat(merge(Merge.PLAIN, target, patch)).isEqualTo(Json.read(expected, true));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{conditions: [{type: A, status: 'True'}]} | {conditions: [{type: B}]} | {conditions: [{type: A, status: 'True'}, {type: B}]}",
        "{conditions: [{type: A, status: 'True'}]} | {conditions: [{type: A, status: 'False'}]} | {conditions: [{type: A, status: 'False'}]}",
        "{conditions: [{type: A}, {type: B}]} | {conditions: [{type: A, $patch: delete}]} | {conditions: [{type: B}]}",
        "{finalizers: [x]} | {finalizers: [y]} | {finalizers: [x, y]}",
        "{finalizers: [x, y]} | {$deleteFromPrimitiveList/finalizers: [x]} | {finalizers: [y]}",
        "{finalizers: [x]} | {$setElementOrder/finalizers: [x]} | {finalizers: [x]}",
        "{addresses: [10.0.0.1]} | {addresses: [10.0.0.2]} | {addresses: [10.0.0.2]}",
        "{reserved: [a]} | {reserved: [b]} | {reserved: [b]}",
      })
  void byKeyMergesListsThatAreMapsOrSets(String target, String patch, String expected) {
    assertThat(merge(Merge.BY_KEY, target, patch)).isEqualTo(Json.read(expected, true));
  }

  private static ObjectNode merge(Merge merge, String target, String patch) {
    ObjectNode object = Json.readObject(target, true);
    merge.into(object, Json.read(patch, true), new Shape(MissingNode.getInstance(), ""));
    return object;
  }
}
