// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;

/** Answers what a client may do: everyone may do everything in a sandbox. */
final class Reviews {
  private static final String GROUP = "/apis/authorization.k8s.io/v1/";

  private Reviews() {}

  /** The review, answered; empty when the path is none of a review. */
  static Optional<JsonNode> answer(String method, String path) {
    if (!method.equals("POST") || !path.startsWith(GROUP)) {
      return Optional.empty();
    }
    String kind;
    ObjectNode status = Json.object();
    switch (path.substring(GROUP.length())) {
      case "selfsubjectaccessreviews" -> {
        kind = "SelfSubjectAccessReview";
        status.put("allowed", true);
      }
      case "selfsubjectrulesreviews" -> {
        kind = "SelfSubjectRulesReview";
        allowEverything(status);
      }
      default -> throw ApiException.noSuchPath(path);
    }
    ObjectNode review =
        Json.object().put("apiVersion", "authorization.k8s.io/v1").put("kind", kind);
    return Optional.of(review.set("status", status));
  }

  private static void allowEverything(ObjectNode status) {
    ObjectNode rule = status.putArray("resourceRules").addObject();
    List.of("verbs", "apiGroups", "resources").forEach(field -> rule.putArray(field).add("*"));
    status.putArray("nonResourceRules");
    status.put("incomplete", false);
  }
}
