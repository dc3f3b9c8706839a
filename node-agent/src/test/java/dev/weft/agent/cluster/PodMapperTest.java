// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.weft.core.policy.PolicyPod;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
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

  /** Names are unique in a container only. */
  @Test
  void ofPortsWithOneNameAndOfAllOnlySomeAreTaken() throws JsonProcessingException {
    String twice = container("web", 1, 2) + container("web", 2, 3);
    assertThat(ports(twice)).containsExactly("web 1", "web 2", "web 3");
    String many =
        IntStream.rangeClosed(1, 300)
            .mapToObj(i -> container("web", i) + container("p" + i, i))
            .collect(Collectors.joining());
    assertThat(ports(many))
        .hasSize(PodMapper.MOST_PORTS)
        .contains("web 1", "web " + PodMapper.MOST_NUMBERS, "p1 1", "p240 240")
        .doesNotContain("web " + (PodMapper.MOST_NUMBERS + 1));
  }

  private static String container(String name, int... ports) {
    return IntStream.of(ports)
        .mapToObj(port -> "{name: %s, containerPort: %d}".formatted(name, port))
        .collect(Collectors.joining(", ", "{ports: [", "]}, "));
  }

  private List<String> ports(String containers) throws JsonProcessingException {
    PodObject object =
        yaml.readValue(
            "{metadata: {namespace: shop, name: a, uid: u}, spec: {nodeName: n, containers: [%s]}}"
                .formatted(containers),
            PodObject.class);
    return PodMapper.pod(object).orElseThrow().ports().stream()
        .map(port -> port.name() + " " + port.number())
        .toList();
  }
}
