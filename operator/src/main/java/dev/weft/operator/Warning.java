// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import io.fabric8.kubernetes.api.model.HasMetadata;

/**
 * Something that is wrong with an object, as long as it is.
 *
 * @param about the object
 * @param reason what, as one word in CamelCase
 * @param message what, and what to do
 */
record Warning(HasMetadata about, String reason, String message) {
  /** The same for the same trouble of the same object. */
  String key() {
    return "%s %s %s".formatted(about.getKind(), about.getMetadata().getUid(), reason);
  }
}
