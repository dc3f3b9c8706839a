// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;

class ConnectionStoreTest {
  private final TreeSet<String> known = new TreeSet<>();
  private int progress;
  private final FeedingStore<NamespaceObject> store =
      new FeedingStore<>(
          NamespaceObject::new,
          object -> Optional.empty(),
          object -> known.add(object.getMetadata().getName()),
          known::remove);

  private ConnectionStore<NamespaceObject> view() {
    return new ConnectionStore<>(store, this, () -> progress++);
  }

  private static NamespaceObject object(String name) {
    NamespaceObject object = new NamespaceObject();
    object.getMetadata().setName(name);
    object.getMetadata().setResourceVersion("1");
    return object;
  }

  @Test
  void theEndOfAnOldListRemovesNothingThatANewerBrought() {
    ConnectionStore<NamespaceObject> old = view();
    old.put("a", object("a"));
    old.replace();
    ConnectionStore<NamespaceObject> now = view();
    now.put("b", object("b"));
    assertThat(old.remove("b")).isNull();
    assertThat(known).containsExactly("a", "b");
    now.remove("a");
    assertThat(known).containsExactly("b");
    assertThat(progress).isEqualTo(2);
  }

  @Test
  void whatAnOldListBringsEndsIt() {
    ConnectionStore<NamespaceObject> old = view();
    old.replace();
    assertThatThrownBy(() -> old.put("a", object("a"))).isInstanceOf(CancellationException.class);
    assertThat(known).isEmpty();
  }
}
