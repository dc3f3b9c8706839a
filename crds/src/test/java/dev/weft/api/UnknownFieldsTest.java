// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.lang.reflect.RecordComponent;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Fields that a later version added: after a rollback, or on a node that is upgraded later. */
class UnknownFieldsTest {
  private final KubernetesSerialization serialization = new KubernetesSerialization();

  @ParameterizedTest
  @MethodSource("types")
  void eachTypeIsReadWithoutThem(Class<?> type) {
    assertThat(serialization.unmarshal("{\"later\": {\"a\": [1]}}", type)).isInstanceOf(type);
  }

  static Set<Class<?>> types() {
    Set<Class<?>> types = new HashSet<>(Set.of(IPPool.class, IPAllocation.class));
    addRecords(IPPoolSpec.class, types);
    addRecords(IPPoolStatus.class, types);
    addRecords(IPAllocationSpec.class, types);
    addRecords(IPAllocationStatus.class, types);
    return types;
  }

  private static void addRecords(Class<?> type, Set<Class<?>> types) {
    if (type.isRecord() && types.add(type)) {
      for (RecordComponent component : type.getRecordComponents()) {
        addRecords(component.getType(), types);
      }
    }
  }
}
