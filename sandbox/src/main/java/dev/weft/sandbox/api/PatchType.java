// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

/** How the body of a PATCH is meant, by its media type. */
enum PatchType {
  /** RFC 6902. */
  JSON,
  /** RFC 7396. */
  MERGE,
  /** Like MERGE, but lists with keys are merged by them. */
  STRATEGIC,
  /** Server-side apply, in YAML or JSON. */
  APPLY;

  static PatchType of(String mediaType) {
    String type = mediaType == null ? "" : mediaType.split(";")[0].strip();
    return switch (type) {
      case "application/json-patch+json" -> JSON;
      case "application/merge-patch+json" -> MERGE;
      case "application/strategic-merge-patch+json" -> STRATEGIC;
      case "application/apply-patch+yaml", "application/apply-patch+json" -> APPLY;
      default -> throw ApiException.unsupportedMediaType("a patch of type " + type);
    };
  }
}
