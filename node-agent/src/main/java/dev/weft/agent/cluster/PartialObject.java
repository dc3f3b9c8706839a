// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;

/**
 * An object of which only some fields are read: Kubernetes' own classes for it are hundreds, and
 * its values far more than an agent has use for.
 */
@JsonDeserialize(using = JsonDeserializer.None.class)
abstract class PartialObject implements HasMetadata {
  private static final long serialVersionUID = 1;

  private String apiVersion;
  private String kind;
  private ObjectMeta metadata = new ObjectMeta();

  PartialObject(String apiVersion, String kind) {
    this.apiVersion = apiVersion;
    this.kind = kind;
  }

  @Override
  public ObjectMeta getMetadata() {
    return metadata;
  }

  @Override
  @JsonDeserialize(using = MetadataReader.class)
  public void setMetadata(ObjectMeta newMetadata) {
    metadata = newMetadata;
  }

  @Override
  public String getKind() {
    return kind;
  }

  /** As the server sent it: one whose metadata alone was requested has another kind. */
  public void setKind(String newKind) {
    kind = newKind;
  }

  @Override
  public String getApiVersion() {
    return apiVersion;
  }

  @Override
  public void setApiVersion(String newApiVersion) {
    apiVersion = newApiVersion;
  }
}
