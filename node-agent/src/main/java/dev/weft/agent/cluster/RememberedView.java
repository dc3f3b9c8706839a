// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.core.dataplane.Masquerade;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.BlockState;
import dev.weft.core.node.ClusterView;
import dev.weft.core.node.OwnBlock;
import dev.weft.core.node.Peers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The little of the view that an agent needs to go on after a restart while the API server is away:
 * this node's blocks and addresses, and what is masqueraded. Kept in a file of a directory that
 * empties on reboot, with the {@link NodeIdentity} that it is true for. Under another UID, or one
 * that is not known, the same machine remembers its blocks as ones to give back: where allocations
 * were lost and the Node was registered again, those that pods have addresses of are to be claimed.
 * For another machine or name nothing is remembered.
 */
public final class RememberedView {
  private static final Logger LOG = LoggerFactory.getLogger(RememberedView.class);

  private final Path file;
  private final NodeIdentity identity;
  private final ObjectMapper json = new ObjectMapper();
  private String written = "";
  private volatile Optional<String> trouble = Optional.empty();

  /**
   * Remembers in this file.
   *
   * @param identity which Node this is
   */
  public RememberedView(Path file, NodeIdentity identity) {
    this.file = file;
    this.identity = identity;
  }

  /** Why the last view is not remembered; empty where it is. It is tried again with the next. */
  public Optional<String> trouble() {
    return trouble;
  }

  /**
   * What was remembered; {@link ClusterView#UNKNOWN} where nothing was, nothing legible, or of
   * another machine or name. Where it may be of another Node, no block is allocatable, and the
   * families of its blocks are pending.
   */
  public ClusterView load() {
    try {
      if (!Files.exists(file)) {
        return ClusterView.UNKNOWN;
      }
      String text = Files.readString(file);
      JsonNode root = json.readTree(text);
      NodeIdentity stored =
          new NodeIdentity(
              root.path("bootId").asText(),
              root.path("nodeName").asText(),
              root.path("nodeUid").asText());
      if (identity.isKnown() && identity.equals(stored)) {
        ClusterView view = view(root);
        written = text;
        return view;
      }
      LOG.warn(
          "{} is of {}, and this is {}: new pods get addresses once the API server has sent this"
              + " node's blocks",
          file,
          stored,
          identity);
      return identity.isMachineOf(stored) ? leaving(view(root), stored) : ClusterView.UNKNOWN;
    } catch (IOException | IllegalArgumentException e) {
      LOG.warn("ignoring {}: {}", file, e.toString());
      return ClusterView.UNKNOWN;
    }
  }

  /** A view of what another Node of this name and machine had, and no masquerade of it. */
  private static ClusterView leaving(ClusterView view, NodeIdentity of) {
    List<OwnBlock> blocks =
        view.blocks().stream()
            .map(
                block ->
                    block.state() == BlockState.RELEASING || block.state() == BlockState.OTHER_NODE
                        ? block
                        : block.with(
                            BlockState.DRAINING,
                            "it is remembered of Node %s of UID %s, which this one is not known to be"
                                .formatted(of.nodeName(), of.nodeUid())))
            .toList();
    Set<Family> pending =
        blocks.stream().map(block -> block.cidr().family()).collect(Collectors.toSet());
    return new ClusterView(
        false, blocks, Peers.UNKNOWN, Optional.empty(), pending, view.nodeAddresses(), "");
  }

  /** Remembers a view that came from the API server, where it differs from the last. */
  public void save(ClusterView view) {
    if (!view.listed()) {
      return;
    }
    String text = document(view).toPrettyString();
    if (text.equals(written)) {
      trouble = Optional.empty();
      return;
    }
    Path temporary = file.resolveSibling(file.getFileName() + ".new");
    try {
      Files.writeString(temporary, text);
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
      written = text;
      trouble = Optional.empty();
    } catch (IOException e) {
      failed(e);
    }
  }

  private void failed(IOException e) {
    Optional<String> now =
        Optional.of(
            "write %s: %s; after a restart without the API server new pods get no address"
                .formatted(file, e));
    if (!now.equals(trouble)) {
      LOG.warn("{}; trying again", now.get());
    }
    trouble = now;
  }

  private ObjectNode document(ClusterView view) {
    ObjectNode root = json.createObjectNode();
    NodeIdentity of = identity.withUid(view.nodeUid());
    root.put("bootId", of.bootId()).put("nodeName", of.nodeName()).put("nodeUid", of.nodeUid());
    ArrayNode blocks = root.putArray("blocks");
    for (OwnBlock block : view.blocks()) {
      ObjectNode entry = blocks.addObject();
      entry.put("cidr", block.cidr().toString());
      entry.put("pool", block.pool());
      add(entry.putArray("reserved"), block.reserved());
      entry.put("state", block.state().name());
      entry.put("message", block.message());
    }
    add(root.putArray("nodeAddresses"), view.nodeAddresses());
    view.masquerade()
        .ifPresent(
            masquerade -> {
              add(
                  root.putArray("masqueraded"),
                  masquerade.masqueraded().stream().sorted().toList());
              add(root.putArray("pools"), masquerade.pools().stream().sorted().toList());
            });
    return root;
  }

  private static void add(ArrayNode array, Collection<?> values) {
    values.forEach(value -> array.add(value.toString()));
  }

  private static ClusterView view(JsonNode root) {
    List<OwnBlock> blocks = new ArrayList<>();
    for (JsonNode entry : root.path("blocks")) {
      OwnBlock block =
          OwnBlock.of(Cidr.parse(entry.path("cidr").asText()), cidrs(entry.path("reserved")))
              .inPool(entry.path("pool").asText());
      blocks.add(block.with(state(entry), entry.path("message").asText()));
    }
    List<IpAddress> addresses = new ArrayList<>();
    root.path("nodeAddresses").forEach(text -> addresses.add(IpAddress.parse(text.asText())));
    Optional<Masquerade> masquerade =
        root.has("pools")
            ? Optional.of(
                new Masquerade(
                    Set.copyOf(cidrs(root.path("masqueraded"))),
                    Set.copyOf(cidrs(root.path("pools")))))
            : Optional.empty();
    return new ClusterView(false, blocks, Peers.UNKNOWN, masquerade, addresses);
  }

  /** Version 0.1 had further states, in which pods keep their addresses as in this version. */
  private static BlockState state(JsonNode entry) {
    String name = entry.path("state").asText();
    return switch (name) {
      case "DISABLED" -> BlockState.ACTIVE;
      case "CLAIMED", "CLAIM_REFUSED" -> BlockState.DRAINING;
      default -> BlockState.valueOf(name);
    };
  }

  private static List<Cidr> cidrs(JsonNode array) {
    List<Cidr> cidrs = new ArrayList<>();
    array.forEach(text -> cidrs.add(Cidr.parse(text.asText())));
    return cidrs;
  }
}
