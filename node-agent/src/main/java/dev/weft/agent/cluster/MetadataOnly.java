// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;

/**
 * Requests objects of one kind without spec and status; a server that cannot do so sends them
 * whole.
 */
final class MetadataOnly implements Interceptor {
  static final String API_VERSION = "meta.k8s.io/v1";
  static final String KIND = "PartialObjectMetadata";

  private static final String ACCEPT =
      "application/json;as=%s;g=meta.k8s.io;v=v1, application/json";
  private static final String OF_WATCH = ACCEPT.formatted(KIND);
  private static final String OF_LIST = ACCEPT.formatted(KIND + "List");

  private final String path;

  /**
   * An interceptor.
   *
   * @param path of all objects of the kind
   */
  MetadataOnly(String path) {
    this.path = path;
  }

  @Override
  public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
    if (request.uri().getPath().endsWith(path)) {
      String query = request.uri().getQuery();
      boolean watch = query != null && query.contains("watch=true");
      builder.setHeader("Accept", watch ? OF_WATCH : OF_LIST);
    }
  }
}
