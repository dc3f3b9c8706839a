// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.api.Annotations;
import dev.weft.core.net.Cidr;
import dev.weft.core.pool.Claim;
import dev.weft.core.pool.Owner;
import dev.weft.core.pool.Pool;
import io.fabric8.kubernetes.api.model.Node;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The annotation on a Node that names its blocks: the claims, outside of the operator, so that a
 * restart does not lose them.
 */
final class NodeBlocks {
  private NodeBlocks() {}

  /** The annotation of a node as it is. */
  static String of(Node node) {
    Map<String, String> annotations = node.getMetadata().getAnnotations();
    return annotations == null ? "" : annotations.getOrDefault(Annotations.BLOCKS, "");
  }

  /** The annotation of each node that has a block as it should be, by the node's name. */
  static Map<String, String> wanted(Collection<Claim> claims, ClusterSnapshot seen) {
    return claims.stream()
        .filter(claim -> isHeld(claim, seen))
        .sorted(Comparator.comparing(Claim::cidr))
        .collect(
            Collectors.groupingBy(
                claim -> claim.owner().node(),
                Collectors.mapping(claim -> claim.cidr().toString(), Collectors.joining(","))));
  }

  private static boolean isHeld(Claim claim, ClusterSnapshot seen) {
    return seen.mapped(claim.owner().node()).filter(node -> node.owns(claim.owner())).isPresent();
  }

  /** The annotated blocks that have no IPAllocation; text that is no block is ignored. */
  static List<Claim> orphans(ClusterSnapshot seen) {
    List<Claim> claims = new ArrayList<>();
    for (Node node : seen.nodes().values()) {
      for (String text : of(node).split(",")) {
        parse(text)
            .filter(cidr -> !seen.allocations().containsKey(cidr))
            .flatMap(cidr -> claim(cidr, node.getMetadata().getName(), seen))
            .ifPresent(claims::add);
      }
    }
    return claims;
  }

  private static Optional<Claim> claim(Cidr cidr, String node, ClusterSnapshot seen) {
    return seen.pools().stream()
        .map(seen::mapped)
        .filter(pool -> pool.layout().filter(layout -> layout.cidr().contains(cidr)).isPresent())
        .findFirst()
        .map(Pool::name)
        .flatMap(pool -> seen.mapped(node).map(owner -> new Claim(cidr, Owner.of(owner), pool)));
  }

  private static Optional<Cidr> parse(String text) {
    try {
      return Optional.of(Cidr.parse(text));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
