// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;

/** The metadata of a Namespace. */
@Group("")
@Version("v1")
@Kind("Namespace")
@Plural("namespaces")
@JsonIgnoreProperties(ignoreUnknown = true)
public final class NamespaceObject extends PartialObject {
  private static final long serialVersionUID = 1;

  /** One without anything. */
  public NamespaceObject() {
    super("v1", "Namespace");
  }
}
