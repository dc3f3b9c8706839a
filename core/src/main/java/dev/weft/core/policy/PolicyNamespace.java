// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import java.util.HashMap;
import java.util.Map;

/**
 * What policies need of a namespace.
 *
 * @param name its name
 * @param labels its labels; {@value #NAME_LABEL} is among them whether or not it was given
 */
public record PolicyNamespace(String name, Map<String, String> labels) {
  /** The label that the API server gives every namespace: its name. */
  public static final String NAME_LABEL = "kubernetes.io/metadata.name";

  public PolicyNamespace {
    if (!name.equals(labels.get(NAME_LABEL))) {
      labels = new HashMap<>(labels);
      labels.put(NAME_LABEL, name);
    }
    labels = Map.copyOf(labels);
  }
}
