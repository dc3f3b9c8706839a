// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Applies files of IPPools. */
final class Pools {
  private static final String PATH = "/apis/weft.dev/v1alpha1/ippools/";

  private Pools() {}

  /** Applies every pool of a file. */
  static void apply(ApiClient client, Path file) {
    for (JsonNode pool : read(file)) {
      client.apply(PATH + pool.at("/metadata/name").asText(), pool.toString());
    }
  }

  /**
   * Reads a file.
   *
   * @throws SandboxException when it cannot be read, or holds something else than IPPools
   */
  static List<JsonNode> read(Path file) {
    YAMLMapper yaml = new YAMLMapper();
    List<JsonNode> pools = new ArrayList<>();
    try (MappingIterator<JsonNode> documents =
        yaml.readerFor(JsonNode.class).readValues(file.toFile())) {
      while (documents.hasNextValue()) {
        JsonNode document = documents.nextValue();
        if (!document.path("kind").asText().equals("IPPool")) {
          throw new SandboxException(file + ": holds " + document.path("kind") + ", not an IPPool");
        }
        pools.add(document);
      }
      return pools;
    } catch (NoSuchFileException | FileNotFoundException e) {
      throw new SandboxException("there is no file " + file, e);
    } catch (IOException e) {
      throw new SandboxException(
          "read " + file + ": " + e.getMessage().lines().findFirst().orElse(""), e);
    }
  }
}
