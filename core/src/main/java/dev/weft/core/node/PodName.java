// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

/**
 * The pod that an attachment serves, for display only.
 *
 * @param namespace its namespace
 * @param name its name
 */
public record PodName(String namespace, String name) {
  @Override
  public String toString() {
    return namespace + "/" + name;
  }
}
