// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import static dev.weft.core.policy.PolicyMaker.attachment;
import static dev.weft.core.policy.PolicyMaker.ingress;
import static dev.weft.core.policy.PolicyMaker.pod;
import static dev.weft.core.policy.PolicyMaker.range;
import static dev.weft.core.policy.PolicyMaker.tcp;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.node.Attachment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Policies of any size in a heap of an agent's size, less what else an agent has there. */
class PolicyHeapTest {
  @ParameterizedTest
  @CsvSource({
    "manyPorts, RulesTooLarge: 1",
    "manyPolicies, TooManyClauses: 1",
    "manyPods, NodeRulesTooLarge: 97"
  })
  void tooLargePoliciesCloseTheirPodsAndLeaveTheHeap(String policies, String closed)
      throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-XX:+ExitOnOutOfMemoryError",
                "-cp",
                System.getProperty("java.class.path"),
                PolicyHeapTest.class.getName(),
                policies)
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor()).as(output).isZero();
    assertThat(output.strip()).isEqualTo(closed);
  }

  /** Prints why pods of the node are closed, and how many. */
  public static void main(String[] arguments) {
    PolicyTable table = new PolicyTable(PolicyMaker.NODE);
    table.setListed(true, true, true);
    int pods = arguments[0].equals("manyPods") ? 100 : 1;
    List<Attachment> attachments = new ArrayList<>();
    for (int i = 0; i < pods; i++) {
      attachments.add(attachment("a/web" + i, "10.0.1." + i));
      table.upsert(pod("a/web" + i, "app=web" + i, "10.0.1." + i));
    }
    table.setAttachments(attachments);
    table.program();
    if (arguments[0].equals("manyPorts")) {
      List<PolicyPort> ports = IntStream.range(0, 1_000).mapToObj(i -> tcp(2 * i)).toList();
      table.upsert(ingress("a", "np", "", new PolicyRule(blocks(), ports)));
    } else {
      PolicyRule rule = new PolicyRule(blocks(), List.of());
      for (int i = 0; i < 100; i++) {
        table.upsert(ingress("a", "np" + i, "app=web" + i % pods, rule));
      }
    }
    table.program();
    table.troubles().stream()
        .filter(trouble -> trouble.subject() == PolicyTrouble.Subject.POD)
        .collect(Collectors.groupingBy(PolicyTrouble::reason, Collectors.counting()))
        .forEach((reason, count) -> System.out.println(reason + ": " + count));
  }

  private static List<PolicyPeer> blocks() {
    return IntStream.range(0, 4_999)
        .mapToObj(i -> range("11.%d.%d.0/24".formatted(i / 256, i % 256)))
        .toList();
  }
}
