// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import dev.weft.core.label.Selector;
import dev.weft.core.policy.Direction;
import dev.weft.core.policy.PolicyRule;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/**
 * What a NetworkPolicy wants, mapped while it is read: as a tree it would be thirty times its text.
 *
 * @param troubles what of it is not understood, each naming the field
 */
@JsonDeserialize(using = PolicySpec.Deserializer.class)
record PolicySpec(
    Selector pods,
    Set<Direction> directions,
    List<PolicyRule> ingress,
    List<PolicyRule> egress,
    List<String> troubles) {
  /** Of a policy without one. */
  static final PolicySpec ABSENT =
      new PolicySpec(Selector.ALL, Set.of(Direction.INGRESS), List.of(), List.of(), List.of());

  /** Reads one. */
  static final class Deserializer extends JsonDeserializer<PolicySpec> {
    @Override
    public PolicySpec deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      return PolicyMapper.spec(parser, context);
    }
  }
}
