// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.weft.core.policy.PolicyPod;
import org.junit.jupiter.api.Test;

class PodMapperTest {
  private final ObjectMapper yaml = new ObjectMapper(new YAMLFactory());

  private PodObject read(String metadata) throws JsonProcessingException {
    return yaml.readValue(
        """
        metadata: {namespace: shop, name: a, uid: api-uid%s}
        spec: {nodeName: node1}
        """
            .formatted(metadata),
        PodObject.class);
  }

  private PolicyPod pod(String metadata) throws JsonProcessingException {
    return PodMapper.pod(read(metadata)).orElseThrow();
  }

  @Test
  void aStaticPodHasTheUidThatTheRuntimeHas() throws JsonProcessingException {
    assertThat(pod(", annotations: {kubernetes.io/config.mirror: file-uid, x: y}").uid())
        .isEqualTo("file-uid");
    assertThat(pod(", annotations: {x: y}").uid()).isEqualTo("api-uid");
    assertThat(pod("").uid()).isEqualTo("api-uid");
  }
}
