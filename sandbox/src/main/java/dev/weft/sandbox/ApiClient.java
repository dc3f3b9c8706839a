// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/**
 * Sends the API server a few plain requests, where a whole Kubernetes client would start too
 * slowly.
 */
final class ApiClient {
  private static final String TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1";

  /** On a busy machine the first object of a kind, whose rules are to be loaded, takes 10 s. */
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  private final ObjectMapper mapper = new ObjectMapper();
  private final HttpClient http;
  private final ApiAccess access;

  ApiClient(ApiAccess access) {
    this.access = access;
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(TIMEOUT)
            .sslContext(access.tls())
            .build();
  }

  /** Whether a GET succeeds. */
  boolean answers(String path) {
    try {
      get(path);
      return true;
    } catch (SandboxException e) {
      return false;
    }
  }

  JsonNode get(String path) {
    return send("GET", path, "", "application/json", "application/json");
  }

  /** A list in the form that kubectl prints. */
  JsonNode table(String path) {
    return send("GET", path, "", "application/json", TABLE);
  }

  JsonNode create(String path, JsonNode object) {
    return send("POST", path, object.toString(), "application/json", "application/json");
  }

  /** Creates an object, or merges into the one that is there. */
  JsonNode apply(String path, String yaml) {
    return send(
        "PATCH",
        path + "?fieldManager=sandbox&force=true",
        yaml,
        "application/apply-patch+yaml",
        "application/json");
  }

  JsonNode merge(String path, JsonNode patch) {
    return send(
        "PATCH", path, patch.toString(), "application/merge-patch+json", "application/json");
  }

  /** Deletes an object at once, a pod too. */
  void delete(String path) {
    send("DELETE", path + "?gracePeriodSeconds=0", "", "application/json", "application/json");
  }

  private JsonNode send(String method, String path, String body, String type, String accept) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(access.url() + path))
            .timeout(TIMEOUT)
            .header("Content-Type", type)
            .header("Accept", accept)
            .method(method, HttpRequest.BodyPublishers.ofString(body));
    access.token().ifPresent(token -> request.header("Authorization", "Bearer " + token));
    String what = method + " " + path;
    try {
      HttpResponse<String> response =
          http.send(request.build(), HttpResponse.BodyHandlers.ofString());
      JsonNode answer = mapper.readTree(response.body());
      if (response.statusCode() >= 300) {
        throw new SandboxException(what + ": " + answer.path("message").asText(response.body()));
      }
      return answer;
    } catch (IOException e) {
      throw new SandboxException(what + ": the API server does not answer: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SandboxException(what + ": interrupted", e);
    }
  }
}
