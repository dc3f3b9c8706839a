// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Path;

/** Applies files of IPPools. */
final class Pools {
  private static final String PATH = "/apis/weft.dev/v1alpha1/ippools/";

  private Pools() {}

  /** Applies every pool of a file. */
  static void apply(ApiClient client, Path file) {
    YAMLMapper yaml = new YAMLMapper();
    try (MappingIterator<JsonNode> documents =
        yaml.readerFor(JsonNode.class).readValues(file.toFile())) {
      while (documents.hasNext()) {
        JsonNode document = documents.next();
        if (!document.path("kind").asText().equals("IPPool")) {
          throw new SandboxException(file + ": holds " + document.path("kind") + ", not an IPPool");
        }
        client.apply(PATH + document.at("/metadata/name").asText(), document.toString());
      }
    } catch (IOException e) {
      throw new SandboxException("read " + file + ": " + e.getMessage(), e);
    }
  }
}
