// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import java.util.Optional;

/**
 * The rules that masquerade what pods send to where no pool is.
 *
 * @param masquerade what is masqueraded; empty where the rules are not as this process wrote them
 *     last
 */
public record MasqueradeRules(Optional<Masquerade> masquerade) {
  /** The rules are there, and not as this process wrote them last. */
  public static final MasqueradeRules ALTERED = new MasqueradeRules(Optional.empty());

  private static final String NAME = "of masquerade";

  /** Those of a node, which are one object; they stay while an ADD or DEL is at work. */
  public static final Kind<MasqueradeRules> KIND =
      Kind.<MasqueradeRules>of("rules", 32, rules -> NAME)
          .text(rules -> NAME)
          .inFlight((rules, calls) -> calls.any())
          .neededFor((rules, block) -> true)
          .foundation()
          .build();

  /** The rules for this. */
  public static MasqueradeRules of(Masquerade masquerade) {
    return new MasqueradeRules(Optional.of(masquerade));
  }
}
