// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import java.util.List;
import java.util.Optional;

/** What a runtime may request ({@code CNI_COMMAND}). */
enum Verb {
  /** Adds a container to the network. */
  ADD(SpecVersion.V0_3_1, Variables.CONTAINER_ID, Variables.NETNS, Variables.IF_NAME),
  /** Takes a container from the network; its namespace may be gone. */
  DEL(SpecVersion.V0_3_1, Variables.CONTAINER_ID, Variables.IF_NAME),
  /** Checks whether a container's network is as ADD made it. */
  CHECK(SpecVersion.V0_4_0, Variables.CONTAINER_ID, Variables.NETNS, Variables.IF_NAME),
  /** Removes what belongs to no container that the runtime knows. */
  GC(SpecVersion.V1_1_0),
  /** Checks whether an ADD could be served. */
  STATUS(SpecVersion.V1_1_0),
  /** Lists the versions we speak; the plugin answers it alone where it can. */
  VERSION(SpecVersion.V0_3_1);

  private static final Verb[] ALL = values();

  private final SpecVersion since;
  private final List<String> required;

  Verb(SpecVersion since, String... required) {
    this.since = since;
    this.required = List.of(required);
  }

  static Optional<Verb> of(String text) {
    for (Verb verb : ALL) {
      if (verb.name().equals(text)) {
        return Optional.of(verb);
      }
    }
    return Optional.empty();
  }

  /** The first version of the specification that has it. */
  SpecVersion since() {
    return since;
  }

  /** The variables that it needs. */
  List<String> required() {
    return required;
  }
}
