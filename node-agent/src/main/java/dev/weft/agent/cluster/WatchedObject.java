// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.KubernetesResource;
import java.io.IOException;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Reads the object of a watch's event. The client makes a tree of it, which is thirty times the
 * text of a large policy; those of which only parts are used are read without.
 */
final class WatchedObject extends JsonDeserializer<Object> {
  private static final Map<String, Supplier<PartialObject>> PARTIAL =
      Map.of(
          "networking.k8s.io/v1 NetworkPolicy",
          PolicyObject::new,
          "v1 Pod",
          PodObject::new,
          "v1 Namespace",
          NamespaceObject::new,
          MetadataOnly.API_VERSION + " " + MetadataOnly.KIND,
          NamespaceObject::new);

  /** Has the events of a mapper read with it. */
  abstract static class OfEvent {
    @JsonDeserialize(using = WatchedObject.class)
    Object object;
  }

  @Override
  public Object deserialize(JsonParser parser, DeserializationContext context) throws IOException {
    ObjectNode head = context.getNodeFactory().objectNode();
    String name = parser.isExpectedStartObjectToken() ? parser.nextFieldName() : null;
    while ("kind".equals(name) || "apiVersion".equals(name)) {
      parser.nextToken();
      head.put(name, parser.getValueAsString());
      name = parser.nextFieldName();
    }
    Supplier<PartialObject> blank =
        PARTIAL.get(head.path("apiVersion").asText() + " " + head.path("kind").asText());
    if (blank == null) {
      for (; name != null; name = parser.nextFieldName()) {
        parser.nextToken();
        head.set(name, context.readTree(parser));
      }
      return parser.getCodec().treeToValue(head, KubernetesResource.class);
    }
    PartialObject object = blank.get();
    object.setApiVersion(head.path("apiVersion").asText());
    object.setKind(head.path("kind").asText());
    if (name != null) {
      read(object, parser, context);
    }
    return object;
  }

  /** The parser is at a field's name. */
  private static void read(Object object, JsonParser parser, DeserializationContext context)
      throws IOException {
    context
        .findRootValueDeserializer(context.constructType(object.getClass()))
        .deserialize(parser, context, object);
  }
}
