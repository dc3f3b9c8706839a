// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A committed document that a test generates; {@code -Dweft.write=true} writes it. */
final class GeneratedDocument {
  private GeneratedDocument() {}

  /** Fails where the file's content is not this text. */
  static void assertCurrent(Path file, String text) throws IOException {
    if (Boolean.getBoolean("weft.write")) {
      Files.writeString(file, text);
    }
    assertThat(file).content().as("run \"make docs\"").isEqualTo(text);
  }
}
