// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a new user tries with a stock kubectl; skipped where there is none. */
class KubectlTest {
  private static final String POOL =
      """
      apiVersion: weft.dev/v1alpha1
      kind: IPPool
      metadata:
        name: %s
        labels: {family: "4"}
      spec:
        cidr: %s
      """;

  private static ServerFixture fixture;

  @TempDir private Path folder;

  @BeforeAll
  static void start() {
    assumeTrue(
        Stream.of(System.getenv("PATH").split(":"))
            .anyMatch(p -> Files.exists(Path.of(p, "kubectl"))),
        "no kubectl on PATH");
    fixture = new ServerFixture();
  }

  @AfterAll
  static void stop() {
    if (fixture != null) {
      fixture.close();
    }
  }

  /** How kubectl ended, and everything it said. */
  private record Result(int code, String text) {
    Result ok() {
      assertThat(code).as(text).isZero();
      return this;
    }

    void says(String... words) {
      assertThat(text).contains(words);
    }
  }

  @Test
  void appliesShowsLabelsAndDeletes() throws Exception {
    kubectl("apply", "-f", pool("one", "10.1.0.0/16")).ok().says("ippool.weft.dev/one created");
    kubectl("apply", "-f", pool("one", "10.0.0.0/15")).ok().says("ippool.weft.dev/one configured");
    kubectl("apply", "-f", pool("one", "10.0.0.0/15")).ok().says("ippool.weft.dev/one unchanged");

    kubectl("get", "ippools").ok().says("NAME", "CIDR", "AGE", "10.0.0.0/15");
    kubectl("get", "ippool", "one", "-o", "wide").ok().says("MESSAGE");
    kubectl("get", "ippool", "one", "-o", "yaml").ok().says("cidr: 10.0.0.0/15", "generation: 2");
    kubectl("get", "ippool", "one", "-o", "json").ok().says("\"cidr\": \"10.0.0.0/15\"");
    kubectl("get", "ippool", "one", "-o", "jsonpath={.spec.cidr}").ok().says("10.0.0.0/15");
    kubectl("get", "weft").ok().says("ippool.weft.dev/one");

    kubectl("label", "ippool", "one", "colour=blue").ok().says("labeled");
    kubectl("get", "ippools", "-l", "colour in (blue,green)").ok().says("one");
    kubectl("get", "ippools", "-l", "colour=green").ok().says("No resources found");
    kubectl("annotate", "ippool", "one", "note=x").ok().says("annotated");
    kubectl("describe", "ippool", "one").ok().says("colour=blue", "Cidr:", "Events:");
    kubectl("delete", "ippool", "one", "--wait").ok().says("\"one\" deleted");
    Result gone = kubectl("get", "ippool", "one");
    assertThat(gone.code()).isEqualTo(1);
    gone.says("NotFound", "ippools.weft.dev \"one\" not found");
  }

  @Test
  void createsAndRefusesASecond() throws Exception {
    kubectl("create", "-f", pool("two", "10.2.0.0/16")).ok().says("ippool.weft.dev/two created");
    kubectl("create", "-f", pool("two", "10.2.0.0/16")).says("AlreadyExists");
    kubectl("replace", "-f", pool("two", "10.2.0.0/15")).ok().says("replaced");
    kubectl("apply", "--server-side", "-f", pool("two", "10.2.0.0/15"))
        .ok()
        .says("serverside-applied");
    kubectl("delete", "-f", pool("two", "10.2.0.0/16")).ok();
  }

  @Test
  void refusesWhatTheSchemaDoesNotKnow() throws Exception {
    kubectl(
            "apply",
            "-f",
            write(
                "apiVersion: weft.dev/v1alpha1\nkind: IPPool\nmetadata: {name: bad}\nspec: {cidr: 10.3.0.0/16, size: 3}\n"))
        .says("unknown field", "spec.size");
    kubectl(
            "apply",
            "-f",
            write("apiVersion: weft.dev/v1alpha1\nkind: IPPool\nmetadata: {name: bad}\nspec: {}\n"))
        .says("spec.cidr: Required value");
    kubectl("get", "ippool", "bad").says("NotFound");
  }

  @Test
  void waitsForAFinalizer() throws Exception {
    kubectl("create", "-f", pool("held", "10.4.0.0/16")).ok();
    kubectl(
            "patch",
            "ippool",
            "held",
            "--type=merge",
            "-p",
            "{\"metadata\":{\"finalizers\":[\"weft.dev/x\"]}}")
        .ok();
    Process delete = start("delete", "ippool", "held", "--wait", "--timeout=180s");
    org.awaitility.Awaitility.await()
        .until(
            () ->
                kubectl("get", "ippool", "held", "-o", "yaml")
                    .text()
                    .contains("deletionTimestamp"));
    assertThat(delete.isAlive()).isTrue();
    kubectl(
            "patch",
            "ippool",
            "held",
            "--type=json",
            "-p",
            "[{\"op\":\"remove\",\"path\":\"/metadata/finalizers\"}]")
        .ok();
    assertThat(delete.waitFor(180, TimeUnit.SECONDS)).isTrue();
    assertThat(delete.exitValue()).isZero();
  }

  @Test
  void knowsWhatThereIs() throws Exception {
    kubectl("api-resources").ok().says("ippools", "ipalloc", "nodes", "weft.dev/v1alpha1");
    kubectl("version").ok().says("Server Version: v1.32");
    kubectl("explain", "ippool.spec.cidr").ok().says("The whole range");
    kubectl("auth", "can-i", "delete", "ippools").ok().says("yes");
    kubectl("get", "all", "-A").ok();
    kubectl("get", "nodes,pods,events,namespaces,leases", "-A").ok();
  }

  @Test
  void showsNodesAndPods() throws Exception {
    kubectl(
            "apply",
            "-f",
            write(
                "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\nstatus: {addresses: [{type: InternalIP, address: 192.168.1.11}], conditions: [{type: Ready, status: 'True'}]}\n"))
        .ok();
    kubectl("get", "nodes", "-o", "wide").ok().says("NAME", "AGE", "n1");
    kubectl("describe", "node", "n1").ok().says("InternalIP:");
    kubectl(
            "apply",
            "-f",
            write(
                "apiVersion: v1\nkind: Pod\nmetadata: {name: p1, namespace: default}\nspec: {nodeName: n1, containers: [{name: c, image: x}]}\n"))
        .ok();
    kubectl("get", "pods", "-o", "wide").ok().says("p1");
    kubectl("describe", "pod", "p1").ok().says("n1");
    kubectl("label", "pod", "p1", "app=x").ok();
    kubectl("get", "pods", "-A", "--field-selector", "spec.nodeName=n2")
        .ok()
        .says("No resources found");
    kubectl("delete", "pod", "p1", "--now").ok();
    kubectl("delete", "node", "n1").ok();
  }

  @Test
  void aNamespaceGoesWithWhatIsInIt() throws Exception {
    String objects =
        """
        apiVersion: v1
        kind: Namespace
        metadata: {name: blue}
        ---
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: me, namespace: blue}
        """;
    kubectl("apply", "-f", write(objects)).ok().says("namespace/blue created");
    kubectl("get", "ns").ok().says("blue");
    kubectl("delete", "namespace", "blue", "--wait").ok();
    kubectl("get", "serviceaccounts", "-A").ok().says("No resources found");
  }

  @Test
  void watches() throws Exception {
    Process watch = start("get", "ippools", "-w", "-o", "name");
    kubectl("create", "-f", pool("seen", "10.5.0.0/16")).ok();
    kubectl("wait", "--for=jsonpath={.spec.cidr}=10.5.0.0/16", "ippool/seen")
        .ok()
        .says("condition met");
    assertThat(watch.inputReader().readLine()).isEqualTo("ippool.weft.dev/seen");
    watch.destroy();
    kubectl("delete", "ippool", "seen").ok();
  }

  @Test
  void saysWhatItCannotDo() throws Exception {
    kubectl("create", "configmap", "settings", "--from-literal=a=b").says("--api real");
    kubectl("create", "namespace", "green").says("--api real");
    kubectl(
            "apply",
            "-f",
            write(
                "apiVersion: v1\nkind: Pod\nmetadata: {name: p2, namespace: default}\nspec: {containers: [{name: c, image: x}]}\n"))
        .ok();
    kubectl("logs", "p2").says("--api real");
    kubectl("exec", "p2", "--", "true").says("--api real");
    kubectl("delete", "pod", "p2", "--now").ok();
  }

  private Path pool(String name, String cidr) throws IOException {
    return write(POOL.formatted(name, cidr));
  }

  private Path write(String yaml) throws IOException {
    return Files.writeString(Files.createTempFile(folder, "object", ".yaml"), yaml);
  }

  private Result kubectl(Object... arguments) throws IOException, InterruptedException {
    Process process = start(arguments);
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    Result result = new Result(process.waitFor(), text);
    return result;
  }

  private Process start(Object... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of("kubectl", "--server", fixture.server.url()));
    Stream.of(arguments).map(Object::toString).forEach(command::add);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("HOME", folder.toString());
    builder.environment().remove("KUBECONFIG");
    return builder.start();
  }
}
