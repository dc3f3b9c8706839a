// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ProtobufObjectTest {
  /** What {@code kubectl create namespace blue} sends: spec and status are empty messages. */
  private static final String NAMESPACE =
      "k8s\0"
          + "\n\017"
          + "\n\002v1"
          + "\022\011Namespace"
          + "\022\014"
          + "\n\006"
          + "\n\004blue"
          + "\022\0"
          + "\032\0";

  @Test
  void readsANamespace() {
    assertThat(ProtobufObject.read(NAMESPACE))
        .isEqualTo(Json.read("{apiVersion: v1, kind: Namespace, metadata: {name: blue}}", true));
  }

  @Test
  void refusesEveryBodyThatIsCutOff() {
    for (int length = 0; length < NAMESPACE.length() - 2; length++) {
      String part = NAMESPACE.substring(0, length);
      if (length == 4 || length == 21) {
        continue; // Whole messages end there.
      }
      assertThatThrownBy(() -> ProtobufObject.read(part))
          .as("%d bytes", length)
          .isInstanceOf(ApiException.class);
    }
  }

  @Test
  void refusesAnObjectThatIsMoreThanAName() {
    String settings = "k8s\0" + "\022\015" + "\n\006" + "\n\004blue" + "\022\003" + "\n\001a";
    assertThatThrownBy(() -> ProtobufObject.read(settings)).hasMessageContaining("kubectl apply");
  }
}
