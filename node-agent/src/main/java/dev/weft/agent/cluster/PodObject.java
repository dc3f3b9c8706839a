// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;
import java.io.Serializable;
import java.util.List;

/** The parts of a Pod that policies need. */
@Group("")
@Version("v1")
@Kind("Pod")
@Plural("pods")
@JsonIgnoreProperties(ignoreUnknown = true)
public final class PodObject extends PartialObject implements Namespaced {
  private static final long serialVersionUID = 1;

  /** Null where it has none. */
  public Spec spec;

  /** Null where it has none. */
  public Status status;

  /** One without anything. */
  public PodObject() {
    super("v1", "Pod");
  }

  /** Each part null where it is absent. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Spec(
      String nodeName,
      Boolean hostNetwork,
      List<Container> containers,
      List<Container> initContainers)
      implements Serializable {}

  /** A container's ports. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Container(String restartPolicy, List<Port> ports) implements Serializable {}

  /** A port of a container. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Port(String name, Integer containerPort, String protocol) implements Serializable {}

  /** Each part null where it is absent. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Status(String phase, String podIP, List<Address> podIPs) implements Serializable {}

  /** An address. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Address(String ip) implements Serializable {}
}
