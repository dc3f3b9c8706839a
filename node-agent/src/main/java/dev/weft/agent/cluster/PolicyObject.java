// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;

/** A NetworkPolicy as it came: what is absent is not what is empty. */
@Group("networking.k8s.io")
@Version("v1")
@Kind("NetworkPolicy")
@Plural("networkpolicies")
@JsonIgnoreProperties(ignoreUnknown = true)
public final class PolicyObject extends PartialObject implements Namespaced {
  private static final long serialVersionUID = 1;

  /** What it wants; null where it has none. */
  public JsonNode spec;

  /** One without anything. */
  public PolicyObject() {
    super("networking.k8s.io/v1", "NetworkPolicy");
  }
}
