// SPDX-License-Identifier: Apache-2.0
package dev.weft.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.weft.api.IPPool;
import dev.weft.api.SchemaRevision;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersion;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaPropsBuilder;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The chart on a real API server: install, upgrade of the CRDs, uninstall, and what is refused. */
@Tag("system")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChartInstallTest {
  private static final Path HOME = Path.of("..");
  private static final String CHART = HOME.resolve("helm/weft").toString();
  private static final String WIDENED =
      "{\"spec\":{\"cidr\":\"10.240.0.0/12\",\"masquerade\":false}}";

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  static Path folder;

  private final List<Process> programs = new ArrayList<>();
  private RealApiServer server;
  private KubernetesClient client;

  @BeforeAll
  void startServer() throws Exception {
    server = RealApiServer.start(folder);
    client = server.client();
  }

  @AfterAll
  void stopServer() {
    if (server != null) {
      client.close();
      server.close();
    }
  }

  @BeforeEach
  void install() throws IOException {
    for (String name : SchemaRevision.CRDS) {
      applyCrd(name, "--force-conflicts");
    }
    // helm does not wait for definitions that are there before it.
    await().until(() -> server.run("kubectl", "get", "ippools,ipallocations").code() == 0);
    helm("install", "weft", CHART, "-n", "weft-system", "--create-namespace").succeeded();
  }

  @AfterEach
  void uninstall() throws Exception {
    for (Process program : programs) {
      program.destroyForcibly().waitFor();
    }
    programs.clear();
    helm("uninstall", "weft", "-n", "weft-system").succeeded();
  }

  @Test
  void anUpgradeBringsTheCrdsAndObjectsSurvive() throws Exception {
    String uid = pool().getMetadata().getUid();
    Map<String, List<CustomResourceDefinitionVersion>> wanted =
        SchemaRevision.CRDS.stream()
            .collect(Collectors.toMap(name -> name, name -> crd(name).getSpec().getVersions()));
    SchemaRevision.CRDS.forEach(this::makeOld);

    helm("upgrade", "weft", CHART, "-n", "weft-system").succeeded();
    assertThat(columns("ippools.weft.dev")).as("helm leaves CRDs alone").doesNotContain("AGE");
    startOperator();

    for (String name : SchemaRevision.CRDS) {
      await(name + " is as in crds/")
          .until(() -> crd(name).getSpec().getVersions().equals(wanted.get(name)));
      assertThat(SchemaRevision.of(crd(name).getMetadata().getAnnotations()))
          .isEqualTo(SchemaRevision.CURRENT);
      applyCrd(name, "--field-manager=another"); // the same, so no conflict with the operator
    }
    assertThat(pool().getMetadata().getUid()).isEqualTo(uid);
    assertThat(pool().getSpec().cidr()).isEqualTo("10.244.0.0/16");
  }

  @Test
  void anOlderOperatorLeavesANewerCrdAlone() throws Exception {
    annotate("ippools.weft.dev", "99");
    startOperator();
    await().until(() -> log().contains("is newer than this operator"));
    assertThat(SchemaRevision.of(crd("ippools.weft.dev").getMetadata().getAnnotations()))
        .isEqualTo(99);
  }

  @Test
  void anOperatorThatMayNotReplaceAnOlderCrdSaysSo() throws Exception {
    makeOld("ippools.weft.dev");
    run("helm", "upgrade", CHART, "--set", "operator.upgradeCrds=false");
    startOperator();
    await()
        .untilAsserted(
            () ->
                assertThat(log())
                    .contains(
                        "CustomResourceDefinition ippools.weft.dev is older than this operator")
                    .contains("kubectl apply --server-side --force-conflicts -f crds/"));
  }

  @Test
  void aPoolOverTheServiceRangeHandsOutNothingAndSaysWhy() throws Exception {
    helm("upgrade", "weft", CHART, "-n", "weft-system", "--set", "pool.create=false").succeeded();
    server.run("kubectl", "create", "-f", yaml("services", "10.96.0.0/16").toString()).succeeded();
    startOperator();
    await()
        .untilAsserted(
            () ->
                assertThat(
                        server
                            .run("kubectl", "get", "ippool", "services", "-o", "wide")
                            .succeeded())
                    .contains("10.96.0.0/16 overlaps the Service CIDR 10.96.0.0/12"));
    await()
        .untilAsserted(
            () ->
                assertThat(server.run("kubectl", "get", "events").succeeded())
                    .contains("ippool/services")
                    .contains("overlaps the Service CIDR 10.96.0.0/12"));
    deletePool("services");
  }

  @Test
  void aSecondReleaseIsRefusedAndLeavesNothing() throws Exception {
    assertThat(helm("install", "other", CHART, "-n", "other", "--create-namespace").failed())
        .contains(
            "Weft is in this cluster already, as release \"weft\" in namespace \"weft-system\"")
        .contains("uninstall it first");
    assertThat(
            server
                .run("kubectl", "get", "all,sa", "-n", "other", "-l", "app.kubernetes.io/name=weft")
                .succeeded())
        .contains("No resources found");
  }

  @Test
  void whatTheSchemaRefusesLeavesNothing() throws Exception {
    uninstall();
    try {
      assertThat(
              helm(
                      "install",
                      "weft",
                      CHART,
                      "-n",
                      "weft-system",
                      "--set",
                      "pool.cidr=10.244.0.1/16")
                  .failed())
          .contains("pool.cidr 10.244.0.1/16 has host bits");
      assertThat(
              server
                  .run(
                      "kubectl",
                      "get",
                      "daemonsets,deployments,clusterroles",
                      "-A",
                      "-l",
                      "app.kubernetes.io/name=weft")
                  .succeeded())
          .contains("No resources found");
    } finally {
      install();
    }
  }

  @Test
  void aRangeThatOnlyTheApiServerRefusesIsMendedByAnUpgrade() throws Exception {
    uninstall();
    deletePool("default");
    String[] range = {"weft", CHART, "-n", "weft-system", "--set", "pool.cidr=10.244.1.0/20"};
    assertThat(helm("install", range).failed())
        .contains("IPPool.weft.dev \"default\" is invalid: spec.cidr: ", "has host bits set");
    assertThat(agents().get()).isNull();
    range[range.length - 1] = "pool.cidr=10.244.0.0/16";
    helm("upgrade", range).succeeded();
    assertThat(pool().getSpec().cidr()).isEqualTo("10.244.0.0/16");
  }

  @Test
  void anUpgradeFromAVersionWithoutPoliciesCountsBeforeItEnforces() throws Exception {
    String[] upgrade = {"weft", CHART, "-n", "weft-system"};
    String[] enforce = {"weft", CHART, "-n", "weft-system", "--set", "policy.mode=Enforce"};
    assertThat(policyMode()).as("a new install").isEqualTo("Enforce");
    helm("upgrade", upgrade).succeeded();
    assertThat(policyMode()).as("an upgrade of one that enforces").isEqualTo("Enforce");

    forgetPolicyMode();
    assertThat(helm("upgrade", upgrade).succeeded())
        .contains("NetworkPolicies are not enforced yet", "weft-agent policy");
    assertThat(policyMode()).isEqualTo("Audit");
    helm("upgrade", upgrade).succeeded();
    assertThat(policyMode()).as("until somebody decides").isEqualTo("Audit");
    assertThat(helm("upgrade", enforce).succeeded()).doesNotContain("not enforced");
    assertThat(policyMode()).isEqualTo("Enforce");
    helm("upgrade", upgrade).succeeded();
    assertThat(policyMode()).as("that is not taken back").isEqualTo("Enforce");

    forgetPolicyMode();
    helm("upgrade", enforce).succeeded();
    assertThat(policyMode()).as("who says so has it at once").isEqualTo("Enforce");
  }

  @ParameterizedTest
  @ValueSource(strings = {"helm", "helm4"})
  void thePoolIsMadeOnceAndThenItsUsers(String helm) throws Exception {
    assumeTrue(Tool.isThere(helm), helm + " is not on this machine");
    uninstall();
    deletePool("default");
    try {
      run(helm, "install", CHART);
      IPPool made = pool();
      patchPool(WIDENED);
      assertThat(run(helm, "upgrade", CHART, "--set", "pool.cidr=10.224.0.0/11"))
          .contains("IPPool default has 10.240.0.0/12, not pool.cidr, and stays so");
      assertWidened(made);
      server.run(helm, "rollback", "weft", "1", "-n", "weft-system").succeeded();
      assertWidened(made);
      server.run(helm, "uninstall", "weft", "-n", "weft-system").succeeded();
      run(helm, "install", CHART);
      assertWidened(made);
    } finally {
      uninstall();
      deletePool("default");
      install();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"helm", "helm4"})
  void anUpgradeKeepsThePoolThatTheManifestHadBefore(String helm) throws Exception {
    assumeTrue(Tool.isThere(helm), helm + " is not on this machine");
    uninstall();
    deletePool("default");
    try {
      String before = chartBefore(helm);
      run(helm, "install", before);
      IPPool made = pool();
      assertThat(made.getMetadata().getAnnotations()).containsKey("meta.helm.sh/release-name");
      run(helm, "upgrade", CHART);
      run(helm, "upgrade", before); // as docs/operations.md has it: a rollback
      patchPool(WIDENED);
      run(helm, "upgrade", CHART);
      assertWidened(made);
      run(helm, "upgrade", CHART);
      server.run(helm, "rollback", "weft", "4", "-n", "weft-system").succeeded();
      assertWidened(made);
    } finally {
      uninstall();
      deletePool("default");
      install();
    }
  }

  /** A chart with the pool in its manifest, as this one has it without a cluster. */
  private String chartBefore(String helm) throws IOException {
    Path chart = folder.resolve("before-" + helm);
    Tool.run(server.kubeconfig(), "cp", "-r", CHART, chart.toString()).succeeded();
    Path helpers = chart.resolve("templates/_helpers.tpl");
    String hook = "{{- if lookup \"v1\" \"Namespace\" \"\" \"kube-system\" }}";
    assertThat(helpers).content().contains(hook);
    Files.writeString(helpers, Files.readString(helpers).replace(hook, "{{- if false }}"));
    return chart.toString();
  }

  private String run(String helm, String verb, String chart, String... more) throws IOException {
    List<String> line =
        new ArrayList<>(
            List.of(helm, verb, "weft", chart, "-n", "weft-system", "--create-namespace"));
    line.addAll(List.of(more));
    return server.run(line.toArray(String[]::new)).succeeded();
  }

  private void assertWidened(IPPool made) {
    assertThat(pool().getMetadata().getUid()).isEqualTo(made.getMetadata().getUid());
    assertThat(pool().getSpec().cidr()).isEqualTo("10.240.0.0/12");
    assertThat(pool().getSpec().masquerade()).isFalse();
  }

  @Test
  void operatorAndAgentsHaveAPriorityOfTheirOwnAndLeasesThatOfLeaderElection() throws Exception {
    String[] pools = {"kubectl", "get", "ippools", "-v=8"};
    String[] lease = {"kubectl", "get", "lease", "weft-operator", "-n", "weft-system", "-v=8"};
    assertFlow("weft-operator", "weft", "weft", pools);
    assertFlow("weft-agent", "weft", "weft", pools);
    assertFlow("weft-operator", "weft-leader-election", "leader-election", lease);
    run("helm", "upgrade", CHART, "--set", "flowControl.enabled=false");
    assertFlow("weft-operator", "service-accounts", "workload-low", pools);
  }

  /** By the headers of the answer. */
  private void assertFlow(String account, String schema, String level, String... request)
      throws IOException {
    String[] create = {"kubectl", "create", "token", account, "-n", "weft-system"};
    Path kubeconfig = server.kubeconfig(server.run(create).succeeded());
    await(account + " is of the FlowSchema " + schema)
        .untilAsserted(
            () ->
                assertThat(Tool.run(kubeconfig, request).output())
                    .containsIgnoringCase("Pf-Flowschema-Uid: " + uid("flowschema", schema))
                    .containsIgnoringCase(
                        "Pf-Prioritylevel-Uid: " + uid("prioritylevelconfiguration", level)));
  }

  private String uid(String kind, String name) throws IOException {
    return server.run("kubectl", "get", kind, name, "-o", "jsonpath={.metadata.uid}").succeeded();
  }

  @Test
  void aPoolThatHasBlocksIsDeletedOnlyWhileItDrains() throws Exception {
    deletePool("default"); // it has none
    assertThat(pool()).isNull();
    run("helm", "upgrade", CHART);
    patchPool("{\"metadata\":{\"finalizers\":[\"weft.dev/blocks\"]}}");
    String[] delete = {"kubectl", "delete", "ippool", "default", "--wait=false"};
    await("the API server to know the policy")
        .untilAsserted(
            () ->
                assertThat(server.run(delete).failed())
                    .contains("IPPool default has blocks", "set its spec.state to Draining"));
    assertThat(server.run("kubectl", "delete", "--raw", "/apis/weft.dev/v1alpha1/ippools").failed())
        .contains("IPPool default has blocks");
    patchPool("{\"spec\":{\"state\":\"Draining\"}}");
    server.run(delete).succeeded();
    patchPool("{\"metadata\":{\"finalizers\":null}}");
    run("helm", "upgrade", CHART, "--set", "admissionPolicy.keepPools=false");
    patchPool("{\"metadata\":{\"finalizers\":[\"weft.dev/blocks\"]}}");
    await().until(() -> server.run(delete).code() == 0);
    patchPool("{\"metadata\":{\"finalizers\":null}}");
  }

  private void patchPool(String patch) throws IOException {
    server.run("kubectl", "patch", "ippool", "default", "--type=merge", "-p", patch).succeeded();
  }

  @Test
  void anUninstallKeepsCrdsAndPools() throws Exception {
    String uid = pool().getMetadata().getUid();
    uninstall();
    SchemaRevision.CRDS.forEach(name -> assertThat(crd(name)).isNotNull());
    assertThat(pool().getMetadata().getUid()).isEqualTo(uid);
    install();
    assertThat(pool().getMetadata().getUid()).as("taken over").isEqualTo(uid);
  }

  private void applyCrd(String name, String option) throws IOException {
    String file = HOME.resolve("crds/" + name + ".yaml").toString();
    server.run("kubectl", "apply", "--server-side", option, "-f", file).succeeded();
  }

  private Tool.Result helm(String verb, String... arguments) throws IOException {
    List<String> line = new ArrayList<>(List.of("helm", verb));
    line.addAll(List.of(arguments));
    return server.run(line.toArray(String[]::new));
  }

  private String policyMode() {
    String argument = "--policy-mode=";
    return agents().get().getSpec().getTemplate().getSpec().getContainers().stream()
        .flatMap(container -> container.getArgs().stream())
        .filter(each -> each.startsWith(argument))
        .map(each -> each.substring(argument.length()))
        .collect(Collectors.joining(","));
  }

  /** As a version has it that knows no policies. */
  private void forgetPolicyMode() {
    agents()
        .edit(
            agents -> {
              agents
                  .getSpec()
                  .getTemplate()
                  .getSpec()
                  .getContainers()
                  .forEach(one -> one.getArgs().removeIf(each -> each.contains("policy-mode")));
              return agents;
            });
  }

  private Resource<DaemonSet> agents() {
    return client.apps().daemonSets().inNamespace("weft-system").withName("weft-agent");
  }

  private IPPool pool() {
    return client.resources(IPPool.class).withName("default").get();
  }

  private void deletePool(String name) {
    client.resources(IPPool.class).withName(name).delete();
  }

  private CustomResourceDefinition crd(String name) {
    return client.apiextensions().v1().customResourceDefinitions().withName(name).get();
  }

  private List<String> columns(String name) {
    return crd(name).getSpec().getVersions().get(0).getAdditionalPrinterColumns().stream()
        .map(column -> column.getName())
        .toList();
  }

  /**
   * As an earlier version might have been: without its number, columns and a field, with another.
   */
  private void makeOld(String name) {
    client
        .apiextensions()
        .v1()
        .customResourceDefinitions()
        .withName(name)
        .edit(
            crd -> {
              crd.getMetadata().getAnnotations().remove(SchemaRevision.ANNOTATION);
              var version = crd.getSpec().getVersions().get(0);
              version.getAdditionalPrinterColumns().removeIf(c -> c.getName().equals("AGE"));
              JSONSchemaProps root = version.getSchema().getOpenAPIV3Schema();
              Map<String, JSONSchemaProps> status =
                  root.getProperties().get("status").getProperties();
              status.remove("addresses");
              status.put("obsolete", new JSONSchemaPropsBuilder().withType("string").build());
              version
                  .getAdditionalPrinterColumns()
                  .removeIf(c -> c.getJsonPath().startsWith(".status.addresses"));
              return crd;
            });
  }

  private void annotate(String name, String revision) {
    client
        .apiextensions()
        .v1()
        .customResourceDefinitions()
        .withName(name)
        .edit(
            crd ->
                new CustomResourceDefinitionBuilder(crd)
                    .editMetadata()
                    .addToAnnotations(SchemaRevision.ANNOTATION, revision)
                    .endMetadata()
                    .build());
  }

  private Path yaml(String name, String cidr) throws IOException {
    return Files.writeString(
        folder.resolve(name + ".yaml"),
        """
        apiVersion: weft.dev/v1alpha1
        kind: IPPool
        metadata: {name: %s}
        spec: {cidr: %s}
        """
            .formatted(name, cidr));
  }

  private void startOperator() throws IOException {
    Path kubeconfig =
        server.kubeconfig(
            server
                .run("kubectl", "create", "token", "weft-operator", "-n", "weft-system")
                .succeeded());
    programs.add(
        new ProcessBuilder(
                HOME.resolve("bin/weft-operator").toString(),
                "--kubeconfig=" + kubeconfig,
                "--leader-elect=false",
                "--http-port=0",
                "--metrics-port=0")
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("operator.log").toFile())
            .start());
  }

  private String log() throws IOException {
    return Files.readString(folder.resolve("operator.log"));
  }
}
