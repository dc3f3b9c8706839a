// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;

/** The parts of a NetworkPolicy that are used. */
@Group("networking.k8s.io")
@Version("v1")
@Kind("NetworkPolicy")
@Plural("networkpolicies")
@JsonIgnoreProperties(ignoreUnknown = true)
public final class PolicyObject extends PartialObject implements Namespaced {
  private static final long serialVersionUID = 1;

  private transient PolicySpec spec = PolicySpec.ABSENT;

  /** One without anything. */
  public PolicyObject() {
    super("networking.k8s.io/v1", "NetworkPolicy");
  }

  PolicySpec spec() {
    return spec;
  }

  /** Takes what it wants; null: nothing. */
  @JsonProperty("spec")
  void setSpec(PolicySpec newSpec) {
    spec = newSpec == null ? PolicySpec.ABSENT : newSpec;
  }
}
