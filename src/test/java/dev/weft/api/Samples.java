// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Objects as a user writes them. */
final class Samples {
  private static final String CONDITION =
      "{type: Ready, status: 'True', reason: Allocating, message: fine,"
          + " lastTransitionTime: '2026-01-01T00:00:00Z', observedGeneration: 1}";

  private Samples() {}

  /** A pool with every field. */
  static ObjectNode wholePool() {
    ObjectNode pool =
        pool(
            "whole",
            "cidr: 10.244.0.0/16, nodePrefixLength: 24, reserved: [10.244.0.0/24], masquerade:"
                + " true, state: Active, disabled: false, routing: Auto, maxBlocksPerNode: 16,"
                + " nodeSelector: {matchLabels: {zone: a}, matchExpressions:"
                + " [{key: zone, operator: In, values: [a]}]}");
    pool.set(
        "status",
        yaml(
            "cidr: 10.244.0.0/16, observedGeneration: 1, nodePrefixLength: 24, blocks: {total: 255, allocated: 2, free:"
                + " 253}, addresses: {capacity: 506, used: 3, free: 503}, conditions: ["
                + CONDITION
                + "]"));
    return pool;
  }

  /** An allocation with every field. */
  static ObjectNode wholeAllocation() {
    ObjectNode allocation =
        allocation(
            "10-244-1-0-24",
            "cidr: 10.244.1.0/24, node: node1, nodeUID: u1, pool: whole, state: Active");
    allocation.set(
        "status",
        yaml(
            "phase: Ready, endpoint: {addresses: [192.168.1.11, 'fd00:1::11'], vxlan: {mac:"
                + " '0a:00:00:00:00:01'}, onLink: [192.168.1.0/24, 'fd00:1::/64']}, routing: Auto,"
                + " addresses: {capacity: 253, used: 3, free: 250}, conditions: ["
                + CONDITION.replace("type: Ready", "type: Programmed")
                + "]"));
    return allocation;
  }

  /** A pool with this spec, in YAML without its braces. */
  static ObjectNode pool(String name, String spec) {
    return object("IPPool", name, spec);
  }

  /** An allocation with this spec, in YAML without its braces. */
  static ObjectNode allocation(String name, String spec) {
    return object("IPAllocation", name, spec);
  }

  private static ObjectNode object(String kind, String name, String spec) {
    return yaml(
        "apiVersion: weft.dev/v1alpha1, kind: %s, metadata: {name: %s}, spec: {%s}"
            .formatted(kind, name, spec));
  }

  private static ObjectNode yaml(String fields) {
    try {
      return (ObjectNode) new YAMLMapper().readTree("{" + fields + "}");
    } catch (IOException e) {
      throw new UncheckedIOException(fields, e);
    }
  }
}
