// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which Node of which cluster this is, on which running machine: as far as it can be known without
 * the API server. What was remembered of one is nothing to another.
 *
 * @param bootId of the running kernel; empty where not known
 * @param nodeName of the Node
 * @param nodeUid UID of the Node; empty where not known
 */
public record NodeIdentity(String bootId, String nodeName, String nodeUid) {
  private static final Logger LOG = LoggerFactory.getLogger(NodeIdentity.class);

  /** Another one after each boot. */
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  /** The kubelet writes it for each pod, and the API server puts the pod's Node in it. */
  private static final Path TOKEN = Path.of("/var/run/secrets/kubernetes.io/serviceaccount/token");

  private static final int MAX_TOKEN_BYTES = 1 << 16;

  /**
   * Reads it.
   *
   * @param nodeUid the Node's UID where an option has it; else it is read from the service
   *     account's token
   */
  public static NodeIdentity read(String nodeName, Optional<String> nodeUid) {
    return new NodeIdentity(
        runningBoot(), nodeName, nodeUid.or(() -> uidInToken(TOKEN, nodeName)).orElse(""));
  }

  /** Whether all of it is known. */
  boolean isKnown() {
    return !bootId.isEmpty() && !nodeName.isEmpty() && !nodeUid.isEmpty();
  }

  /** Whether it is the same running machine under the same name, of whichever UID. */
  boolean isMachineOf(NodeIdentity other) {
    return !bootId.isEmpty()
        && !nodeName.isEmpty()
        && bootId.equals(other.bootId)
        && nodeName.equals(other.nodeName);
  }

  /** The same machine and name under a Node of this UID. */
  NodeIdentity withUid(String uid) {
    return new NodeIdentity(bootId, nodeName, uid);
  }

  /**
   * The UID of the Node that a token was given to a pod of. The token is not verified: it is the
   * agent's own, and its claim is only compared.
   */
  static Optional<String> uidInToken(Path token, String nodeName) {
    if (!Files.exists(token)) {
      return Optional.empty();
    }
    try (InputStream in = Files.newInputStream(token)) {
      String[] parts =
          new String(in.readNBytes(MAX_TOKEN_BYTES), StandardCharsets.UTF_8).trim().split("\\.");
      JsonNode claims =
          parts.length == 3
              ? new ObjectMapper().readTree(Base64.getUrlDecoder().decode(parts[1]))
              : new ObjectMapper().createObjectNode();
      JsonNode node = claims.path("kubernetes.io").path("node");
      if (nodeName.equals(node.path("name").asText()) && !node.path("uid").asText().isEmpty()) {
        return Optional.of(node.path("uid").asText());
      }
      LOG.warn("{} does not name Node {}: after a restart its UID is not known", token, nodeName);
    } catch (IOException | IllegalArgumentException e) {
      // Its text is a secret, and a parser's message may quote it.
      LOG.warn("{} cannot be read: {}", token, e.getClass().getSimpleName());
    }
    return Optional.empty();
  }

  private static String runningBoot() {
    try {
      return Files.readString(BOOT_ID).trim();
    } catch (IOException e) {
      LOG.warn("{} cannot be read: {}", BOOT_ID, e.toString());
      return "";
    }
  }
}
