// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * Why a sandbox does not become ready, from what the operator wrote on its IPPools and
 * IPAllocations.
 *
 * @param pools the list of IPPools, as the API server answers it
 * @param allocations the list of IPAllocations
 */
record Readiness(JsonNode pools, JsonNode allocations) {
  /** Reads both lists. */
  static Readiness read(ApiClient api) {
    String group = "/apis/weft.dev/v1alpha1/";
    return new Readiness(api.get(group + "ippools"), api.get(group + "ipallocations"));
  }

  /** One line for each IPPool that has no usable block, or warns, with its condition's message. */
  List<String> poolProblems() {
    List<String> problems = new ArrayList<>();
    for (JsonNode pool : pools.path("items")) {
      for (JsonNode condition : pool.at("/status/conditions")) {
        boolean bad =
            is(condition, "Ready", "False")
                || (is(condition, "Overlapping", "True") && !isUnready(pool));
        if (bad) {
          problems.add(line("IPPool", pool, condition));
        }
      }
    }
    return problems;
  }

  /** One line for each IPAllocation that its node could not program. */
  List<String> allocationProblems() {
    List<String> problems = new ArrayList<>();
    for (JsonNode allocation : allocations.path("items")) {
      for (JsonNode condition : allocation.at("/status/conditions")) {
        if (is(condition, "Programmed", "False")) {
          problems.add(line("IPAllocation", allocation, condition));
        }
      }
    }
    return problems;
  }

  /**
   * Whether it cannot become ready: the operator has judged every IPPool as it is now, none of them
   * is ready, and a node has no block.
   */
  boolean isBlocked(List<String> nodes) {
    for (JsonNode pool : pools.path("items")) {
      boolean judged =
          pool.at("/status/observedGeneration").asLong(-1)
              == pool.at("/metadata/generation").asLong();
      if (!judged || !isUnready(pool)) {
        return false;
      }
    }
    return !pools.path("items").isEmpty() && !nodes.stream().allMatch(this::hasBlock);
  }

  private boolean hasBlock(String node) {
    for (JsonNode allocation : allocations.path("items")) {
      if (allocation.at("/spec/node").asText().equals(node)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isUnready(JsonNode pool) {
    for (JsonNode condition : pool.at("/status/conditions")) {
      if (is(condition, "Ready", "False")) {
        return true;
      }
    }
    return false;
  }

  private static boolean is(JsonNode condition, String type, String status) {
    return condition.path("type").asText().equals(type)
        && condition.path("status").asText().equals(status);
  }

  private static String line(String kind, JsonNode object, JsonNode condition) {
    return kind
        + " "
        + object.at("/metadata/name").asText()
        + ": "
        + condition.path("reason").asText()
        + ": "
        + condition.path("message").asText();
  }
}
