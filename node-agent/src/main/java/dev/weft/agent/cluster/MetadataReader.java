// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/**
 * Reads of metadata what an agent uses. The rest, managed fields and annotations above all, is most
 * of an object, and is not made into objects.
 */
final class MetadataReader extends JsonDeserializer<ObjectMeta> {
  @Override
  public ObjectMeta deserialize(JsonParser parser, DeserializationContext context)
      throws IOException {
    ObjectMeta metadata = new ObjectMeta();
    if (!parser.isExpectedStartObjectToken()) {
      return (ObjectMeta) context.handleUnexpectedToken(ObjectMeta.class, parser);
    }
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      parser.nextToken();
      switch (name) {
        case "namespace" -> metadata.setNamespace(parser.getValueAsString());
        case "name" -> metadata.setName(parser.getValueAsString());
        case "uid" -> metadata.setUid(parser.getValueAsString());
        case "resourceVersion" -> metadata.setResourceVersion(parser.getValueAsString());
        case "creationTimestamp" -> metadata.setCreationTimestamp(parser.getValueAsString());
        case "labels" -> metadata.setLabels(texts(parser, true));
        case "annotations" -> metadata.setAnnotations(texts(parser, false));
        default -> parser.skipChildren();
      }
    }
    return metadata;
  }

  private static Map<String, String> texts(JsonParser parser, boolean all) throws IOException {
    Map<String, String> texts = new HashMap<>();
    if (!parser.isExpectedStartObjectToken()) {
      parser.skipChildren();
      return texts;
    }
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      JsonToken token = parser.nextToken();
      if (token.isScalarValue() && (all || name.equals(PodMapper.MIRROR))) {
        texts.put(name, parser.getValueAsString());
      } else {
        parser.skipChildren();
      }
    }
    return texts;
  }
}
