// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

/**
 * The rules of the anti-spoofing filter, which are the same on every node.
 *
 * @param inSync whether they are as this process wrote them last
 */
public record AntiSpoofRules(boolean inSync) {
  /** As it should be. */
  public static final AntiSpoofRules WRITTEN = new AntiSpoofRules(true);

  private static final String NAME = "of the anti-spoofing filter";

  /** Those of a node, which are one object; they stay while an ADD or DEL is at work. */
  public static final Kind<AntiSpoofRules> KIND =
      Kind.<AntiSpoofRules>of("rules", 30, rules -> NAME)
          .text(rules -> NAME)
          .inFlight((rules, calls) -> calls.any())
          .neededFor((rules, block) -> true)
          .foundation()
          .build();
}
