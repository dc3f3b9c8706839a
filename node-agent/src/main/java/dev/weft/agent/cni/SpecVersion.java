// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A version of the CNI specification that we speak, the oldest first. */
enum SpecVersion {
  V0_3_1("0.3.1"),
  V0_4_0("0.4.0"),
  V1_0_0("1.0.0"),
  V1_1_0("1.1.0");

  /** What a call gets whose configuration names no version that we know. */
  static final SpecVersion LATEST = V1_1_0;

  private static final SpecVersion[] ALL = values();

  private final String text;

  SpecVersion(String text) {
    this.text = text;
  }

  static Optional<SpecVersion> of(String text) {
    for (SpecVersion version : ALL) {
      if (version.text.equals(text)) {
        return Optional.of(version);
      }
    }
    return Optional.empty();
  }

  static List<String> texts() {
    return Arrays.stream(ALL).map(SpecVersion::toString).toList();
  }

  boolean atLeast(SpecVersion other) {
    return compareTo(other) >= 0;
  }

  @Override
  public String toString() {
    return text;
  }
}
