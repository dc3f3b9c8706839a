// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * A request that is refused; it becomes a {@code Status} object, as a Kubernetes API server
 * answers.
 */
final class ApiException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The HTTP status. */
  private final int code;

  /** The machine-readable reason, one of the {@code metav1.StatusReason} words. */
  private final String reason;

  private ApiException(int code, String reason, String message) {
    super(message);
    this.code = code;
    this.reason = reason;
  }

  static ApiException notFound(Kind kind, String name) {
    return new ApiException(
        404, "NotFound", kind.qualifiedPlural() + " \"" + name + "\" not found");
  }

  static ApiException noSuchPath(String path) {
    return new ApiException(
        404, "NotFound", "the server could not find the requested resource: " + path);
  }

  static ApiException alreadyExists(Kind kind, String name) {
    return new ApiException(
        409, "AlreadyExists", kind.qualifiedPlural() + " \"" + name + "\" already exists");
  }

  static ApiException conflict(Kind kind, String name, String why) {
    return new ApiException(
        409,
        "Conflict",
        "Operation cannot be fulfilled on " + kind.qualifiedPlural() + " \"" + name + "\": " + why);
  }

  static ApiException badRequest(String message) {
    return new ApiException(400, "BadRequest", message);
  }

  static ApiException invalid(Kind kind, String name, String problems) {
    return new ApiException(
        422,
        "Invalid",
        kind.kind() + "." + kind.group() + " \"" + name + "\" is invalid: " + problems);
  }

  static ApiException methodNotAllowed(String what) {
    return new ApiException(405, "MethodNotAllowed", notHere(what));
  }

  static ApiException unsupportedMediaType(String what) {
    return new ApiException(415, "UnsupportedMediaType", notHere(what));
  }

  static ApiException gone(String resourceVersion) {
    return new ApiException(
        410, "Expired", "too old resource version: " + resourceVersion + "; list again");
  }

  static ApiException internal(Throwable cause) {
    ApiException e = new ApiException(500, "InternalError", String.valueOf(cause));
    e.initCause(cause);
    return e;
  }

  /** What the embedded API server cannot do, and where it can be had. */
  private static String notHere(String what) {
    return "the sandbox's embedded API server does not do this: "
        + what
        + "; a sandbox with a real one (sandbox up --api real) does";
  }

  int code() {
    return code;
  }

  /** The {@code v1.Status} that the client reads. */
  ObjectNode toStatus() {
    ObjectNode status = Json.object();
    status.put("kind", "Status").put("apiVersion", "v1").putObject("metadata");
    return status
        .put("status", "Failure")
        .put("message", getMessage())
        .put("reason", reason)
        .put("code", code);
  }
}
