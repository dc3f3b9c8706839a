// SPDX-License-Identifier: Apache-2.0
package dev.weft.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the chart becomes, for a few sets of values, beside the committed outcome ({@code
 * -Dweft.write=true} writes it anew: {@code make golden}); and which values it refuses.
 */
class ChartTemplatesTest {
  private static final Path CHART = Path.of("..", "helm", "weft");
  private static final Path FOLDER = Path.of("..", "src", "test", "resources", "chart");
  private static final String KUBERNETES = "1.34.0";

  @BeforeAll
  static void needsHelm() {
    assumeTrue(Tool.isThere("helm"), "helm is not on this machine: the chart is not tested here");
  }

  @ParameterizedTest
  @ValueSource(strings = {"defaults", "dual-stack", "hardened", "monitored"})
  void becomesWhatIsCommitted(String name) throws IOException {
    String rendered =
        template("--values", FOLDER.resolve(name + ".values.yaml").toString()).succeeded() + "\n";
    Path golden = FOLDER.resolve(name + ".golden.yaml");
    if (Boolean.getBoolean("weft.write")) {
      Files.writeString(golden, rendered);
    }
    assertThat(golden).content().as("run \"make golden\"").isEqualTo(rendered);
  }

  @Test
  void passesLint() {
    assertThat(helm("lint", "--strict", "--kube-version", KUBERNETES, CHART.toString()).succeeded())
        .contains("0 chart(s) failed");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "unknown=1",
        "pool.cidrs=1",
        "image.name=x",
        "operator.replica=3",
        "agent.cniBin=/x",
        "apiServer.url=x",
        "policy.enforce=true",
        "podMonitor.on=true",
        "serviceMonitor.on=true",
        "admissionPolicy.on=true",
        "flowControl.on=true"
      })
  void refusesAKeyThatItDoesNotKnow(String setting) {
    String key = setting.replaceFirst(".*\\.", "").replaceFirst("=.*", "");
    assertThat(template("--set", setting).failed())
        .contains(key)
        .containsIgnoringCase("additional propert");
  }

  @ParameterizedTest
  @CsvSource({
    "pool.create=often, pool",
    "pool.cidr=ten, pool",
    "image.architectures={AMD 64}, image",
    "operator.affinity.nodeSelector=x, operator",
    "agent.extraEnv[0].value=x, agent",
    "pool.nodePrefixLength=4, pool",
    "operator.replicas=0, operator",
    "operator.gracePeriod=soon, operator",
    "operator.serviceCidrs=10.96.0.0/12, operator",
    "agent.httpPort=70000, agent",
    "agent.httpPort=null, agent",
    "agent.maxUnavailable=0%, agent",
    "agent.maxUnavailable=101%, agent",
    "agent.podLabels.app\\.kubernetes\\.io/component=x, app.kubernetes.io/component",
    "operator.podLabels.helm\\.sh/chart=x, helm.sh/chart",
    "agent.cniBinDir=opt, agent",
    "agent.pluginInitContainer=perhaps, agent",
    "agent.seLinuxOptions=spc_t, agent",
    "agent.extraArgs={x}, agent",
    "policy.mode=enforce, policy",
    "policy.mode=true, policy",
    "policy=Audit, policy",
    "image.pullPolicy=Sometimes, image",
    "image.digest=sha256:1, image"
  })
  void refusesAValueOfTheWrongKind(String setting, String part) {
    assertThat(template("--set", setting).failed())
        .contains("don't meet the specifications of the schema")
        .contains(part);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "10.244.0.1/16",
        "10.244.0.128/24",
        "10.1.0.0/8",
        "10.244.0.0/33",
        "10.244.0/16",
        "fd00:244::1/64",
        "fd00:244::/129"
      })
  void refusesARangeThatIsNone(String range) {
    assertThat(template("--set", "pool.cidr=" + range).failed())
        .contains("pool.cidr " + range + " has host bits set or is no range: write it like ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "10.0.0.0/8",
        "10.244.0.0/16",
        "10.240.0.0/12",
        "10.0.0.128/25",
        "fd00:244::/48",
        "fd00:244::1:0/112",
        "fe00::/9"
      })
  void takesARangeWithoutHostBits(String range) {
    assertThat(template("--set", "pool.cidr=" + range).succeeded()).contains("cidr: \"" + range);
  }

  /** Values of an older chart, which `--reuse-values` brings, or left blank. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "flowControl",
        "operator.upgradeCrds",
        "operator.settleTime",
        "operator.releaseHold",
        "operator.gracePeriod",
        "operator.affinity",
        "agent.affinity"
      })
  void takesWhatIsMissing(String value) {
    assertThat(template("--set", value + "=null").succeeded())
        .contains("--lease-namespace=weft-system")
        .doesNotContainPattern("--[a-z-]+=\\s");
  }

  @Test
  void theOperatorGoesWhereNothingIsDrainedAndWhereItMust() {
    String chart = template("--show-only", "templates/operator.yaml").succeeded();
    assertThat(chart)
        .contains("node.kubernetes.io/network-unavailable", "node.kubernetes.io/not-ready")
        .contains("key: node-role.kubernetes.io/etcd", "key: CriticalAddonsOnly")
        .doesNotContain("node.kubernetes.io/unschedulable", "- operator: Exists");
  }

  @ParameterizedTest
  @CsvSource({
    "operator, WEFT_POD_NAME, WEFT_X, ''",
    "agent, WEFT_NODE_NAME, WEFT_X, ''",
    "agent, _JAVA_OPTIONS, WEFT_X, agent.heapMegabytes=64",
    "agent, KUBERNETES_SERVICE_HOST, WEFT_X, apiServer.host=10.0.0.1",
    "operator, WEFT_X, WEFT_X, ''",
  })
  void refusesAVariableThatIsSetAlready(
      String program, String variable, String other, String setting) {
    String env = program + ".extraEnv";
    String first = "%s[0].name=%s,%1$s[0].value=a".formatted(env, other);
    String second = "%s[1].name=%s,%1$s[1].value=b".formatted(env, variable);
    String third = setting.isEmpty() ? first : setting;
    assertThat(template("--set", first, "--set", second, "--set", third).failed())
        .contains(env + " sets " + variable, "leave it out");
  }

  @Test
  void refusesASecondPoolOfTheSameFamily() {
    assertThat(template("--set", "pool.secondCidr=10.1.0.0/16").failed())
        .contains("same family", "make a second IPPool");
  }

  /** Without quotes YAML takes Off for false; values of an earlier chart have no policy at all. */
  @ParameterizedTest
  @CsvSource({
    "policy.mode=Enforce, Enforce",
    "policy.mode=Audit, Audit",
    "policy.mode=Off, Off",
    "policy.mode=false, Off",
    "policy.mode=null, Enforce",
    "policy=null, Enforce",
  })
  void bothProgramsGetTheModeOfPolicies(String setting, String mode) {
    for (String program : List.of("agent", "operator")) {
      assertThat(
              template("--set", setting, "--show-only", "templates/" + program + ".yaml")
                  .succeeded())
          .containsOnlyOnce("--policy-mode=")
          .contains("- --policy-mode=" + mode + "\n");
    }
  }

  @Test
  void nobodyMayReadPodsOfAllNamespacesWherePoliciesAreOff() {
    String[] roles = {"--show-only", "templates/rbac.yaml", "--set", "policy.mode=Audit"};
    assertThat(template(roles).succeeded()).contains("networkpolicies", "[namespaces, pods]");
    roles[3] = "policy.mode=Off";
    assertThat(template(roles).succeeded())
        .doesNotContain("networkpolicies", "namespaces]", "namespaces,");
  }

  private static Tool.Result template(String... arguments) {
    List<String> line =
        new ArrayList<>(
            List.of(
                "template",
                "weft",
                CHART.toString(),
                "-n",
                "weft-system",
                "--kube-version",
                KUBERNETES));
    line.addAll(List.of(arguments));
    return helm(line.toArray(String[]::new));
  }

  private static Tool.Result helm(String... arguments) {
    List<String> line = new ArrayList<>(List.of("helm"));
    line.addAll(List.of(arguments));
    return Tool.run(Path.of("/nonexistent"), line.toArray(String[]::new));
  }
}
