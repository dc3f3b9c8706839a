// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.policy;

/**
 * Something that policies have on this node.
 *
 * @param kind {@code mode}, {@code drop} (in audit mode {@code count}), {@code pod}, {@code group},
 *     {@code set}, {@code watch} or {@code trouble}
 * @param name which
 * @param size of a drop its packets, of a group its clauses, of a set its members, of a watch its
 *     objects; empty of others
 * @param detail of a drop the pods, of a pod its groups, of a watch its state, of a trouble the
 *     message
 */
public record PolicyItem(String kind, String name, String size, String detail) {}
