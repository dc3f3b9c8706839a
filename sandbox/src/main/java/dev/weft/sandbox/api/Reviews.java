// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;

/** Answers who asks what it may do: everyone may do everything in a sandbox. */
final class Reviews {
  private static final String FOLDER = "/apis/authorization.k8s.io/v1/";

  private Reviews() {}

  /** The review, answered; empty when the path is none of a review. */
  static Optional<JsonNode> answer(String method, String path, String body) {
    if (!method.equals("POST") || !path.startsWith(FOLDER)) {
      return Optional.empty();
    }
    ObjectNode review = Json.readObject(body, false);
    ObjectNode status = review.putObject("status");
    switch (path.substring(FOLDER.length())) {
      case "selfsubjectrulesreviews" -> everything(status);
      case "selfsubjectaccessreviews" -> status.put("allowed", true);
      default -> throw ApiException.noSuchPath(path);
    }
    return Optional.of(review);
  }

  private static void everything(ObjectNode status) {
    ObjectNode rule = status.putArray("resourceRules").addObject();
    List.of("verbs", "apiGroups", "resources").forEach(field -> rule.putArray(field).add("*"));
    status.putArray("nonResourceRules");
    status.put("incomplete", false);
  }
}
