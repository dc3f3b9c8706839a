// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A request that is refused; it becomes a {@code Status} object, as a Kubernetes API server
 * answers.
 */
final class ApiException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** {@code metav1.CauseType} by the words that its messages begin with. */
  private static final Map<String, String> CAUSES =
      Map.of(
          "Required value", "FieldValueRequired",
          "Duplicate value", "FieldValueDuplicate",
          "Unsupported value", "FieldValueNotSupported",
          "Forbidden", "FieldValueForbidden",
          "Too long", "FieldValueTooLong",
          "Too many", "FieldValueTooMany");

  /** The HTTP status. */
  private final int code;

  /** The machine-readable reason, one of the {@code metav1.StatusReason} words. */
  private final String reason;

  /** {@code StatusDetails}; empty: none. */
  private final transient ObjectNode details = Json.object();

  private ApiException(int code, String reason, String message) {
    super(message);
    this.code = code;
    this.reason = reason;
  }

  static ApiException notFound(Kind kind, String name) {
    return new ApiException(404, "NotFound", kind.qualifiedPlural() + " \"" + name + "\" not found")
        .about(kind, name);
  }

  static ApiException noSuchPath(String path) {
    return new ApiException(
        404, "NotFound", "the server could not find the requested resource: " + path);
  }

  static ApiException alreadyExists(Kind kind, String name) {
    return new ApiException(
            409, "AlreadyExists", kind.qualifiedPlural() + " \"" + name + "\" already exists")
        .about(kind, name);
  }

  static ApiException conflict(Kind kind, String name, String why) {
    return new ApiException(
            409,
            "Conflict",
            "Operation cannot be fulfilled on "
                + kind.qualifiedPlural()
                + " \""
                + name
                + "\": "
                + why)
        .about(kind, name);
  }

  /** What others own stands in the way of an apply. */
  static ApiException applyConflict(
      Kind kind, Map<FieldManagers.Manager, Set<List<String>>> conflicts) {
    StringBuilder lines = new StringBuilder();
    ArrayNode causes = Json.object().putArray("causes");
    int count = conflicts.values().stream().mapToInt(Set::size).sum();
    for (Map.Entry<FieldManagers.Manager, Set<List<String>>> entry : conflicts.entrySet()) {
      String with = "with " + entry.getKey().text(kind.apiVersion());
      lines.append(count == 1 ? " conflict " : causes.isEmpty() ? " conflicts " : "\nconflicts ");
      lines.append(with).append(':');
      for (String field : entry.getValue().stream().map(FieldSet::text).sorted().toList()) {
        lines.append(count == 1 ? " " : "\n- ").append(field);
        causes
            .addObject()
            .put("reason", "FieldManagerConflict")
            .put("message", "conflict " + with)
            .put("field", field);
      }
    }
    String message = "Apply failed with " + count + (count == 1 ? " conflict:" : " conflicts:");
    ApiException e = new ApiException(409, "Conflict", message + lines);
    e.details.set("causes", causes);
    return e;
  }

  static ApiException badRequest(String message) {
    return new ApiException(400, "BadRequest", message);
  }

  /** A deletion that means another object than the one that is there. */
  static ApiException preconditionFailed(Kind kind, String name, String why) {
    return new ApiException(
            409,
            "Conflict",
            "Operation cannot be fulfilled on "
                + kind.qualifiedKind()
                + " \""
                + name
                + "\": "
                + why)
        .about(kind, name);
  }

  /**
   * An object that must not be so.
   *
   * @param problems as {@code FIELD: WHAT}
   */
  static ApiException invalid(Kind kind, String name, List<String> problems) {
    String all = problems.size() == 1 ? problems.get(0) : "[" + String.join(", ", problems) + "]";
    ApiException e =
        new ApiException(
            422, "Invalid", kind.qualifiedKind() + " \"" + name + "\" is invalid: " + all);
    e.about(kind, name).details.put("kind", kind.kind());
    ArrayNode causes = e.details.putArray("causes");
    for (String problem : problems) {
      String[] parts = problem.split(": ", 2);
      String reason =
          CAUSES.entrySet().stream()
              .filter(cause -> parts[1].startsWith(cause.getKey()))
              .map(Map.Entry::getValue)
              .findFirst()
              .orElse("FieldValueInvalid");
      causes.addObject().put("reason", reason).put("message", parts[1]).put("field", parts[0]);
    }
    return e;
  }

  /** A JSON patch that does not fit the object. */
  static ApiException unprocessable(String message) {
    return new ApiException(422, "Invalid", message);
  }

  private ApiException about(Kind kind, String name) {
    details.put("name", name).put("group", kind.group()).put("kind", kind.plural());
    return this;
  }

  static ApiException methodNotAllowed(String what) {
    return new ApiException(405, "MethodNotAllowed", notHere(what));
  }

  static ApiException unsupportedMediaType(String what) {
    return new ApiException(415, "UnsupportedMediaType", notHere(what));
  }

  /** A watch or page from before what is kept. */
  static ApiException gone(long version, long oldest) {
    return new ApiException(
        410, "Expired", "too old resource version: " + version + " (" + oldest + ")");
  }

  static ApiException continueExpired() {
    return new ApiException(
        410,
        "Expired",
        "The provided continue parameter is too old to display a consistent list result. You can"
            + " start a new list without the continue parameter.");
  }

  /**
   * An object that cannot be new; a kube-apiserver gives no reason and takes it for its own error.
   */
  static ApiException versionOfNew() {
    return new ApiException(500, "", "resourceVersion should not be set on objects to be created");
  }

  /** What an {@link ApiServer.Admission} answers. */
  static ApiException refused(int code, String message) {
    return new ApiException(code, code == 403 ? "Forbidden" : "", message);
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
    if (!details.isEmpty()) {
      status.set("details", details);
    }
    return status
        .put("status", "Failure")
        .put("message", getMessage())
        .put("reason", reason)
        .put("code", code);
  }
}
