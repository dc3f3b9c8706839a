// SPDX-License-Identifier: Apache-2.0
package dev.weft.cluster;

import static dev.weft.cluster.Cluster.SOON;
import static dev.weft.cluster.Cluster.SYSTEM;
import static dev.weft.cluster.Cluster.TESTS;
import static dev.weft.cluster.Cluster.eventually;
import static dev.weft.cluster.Cluster.eventuallyAsserted;
import static dev.weft.cluster.Cluster.helm;
import static dev.weft.cluster.Cluster.kubectl;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** The release and the tests' own pods: put there before a class whose test needs them. */
final class Installation implements BeforeAllCallback {
  @Override
  public void beforeAll(ExtensionContext context) {
    if (!installed()) {
      install();
      ready();
    }
    tests();
  }

  /** Whether the release is there. */
  static boolean installed() {
    return !helm("list", "-n", SYSTEM, "-q").isBlank();
  }

  /** Installs or upgrades; {@code E2E_HELM_ARGS} and then these are more words for helm. */
  static void install(String... more) {
    installChart(Cluster.chart(), more);
  }

  /** The same, of another version's chart. */
  static void installChart(String chart, String... more) {
    List<String> words =
        new ArrayList<>(List.of("upgrade", "--install", "weft", chart, "-n", SYSTEM));
    words.add("--create-namespace");
    words.addAll(Cluster.words(System.getenv().getOrDefault("E2E_HELM_ARGS", "")));
    Collections.addAll(words, more);
    helm(words.toArray(String[]::new));
  }

  /** Takes away what is installed, and installs with another pool of the first family. */
  static void installWithPool(String cidr, int blockLength) {
    if (installed()) {
      uninstall();
      cleanUpNodes();
      deleteTests();
      deleteObjects();
    }
    install("--set", "pool.cidr=" + cidr, "--set", "pool.nodePrefixLength=" + blockLength);
    ready();
    tests();
  }

  /** Changes values of the release, the others stay; back when both programs have them. */
  static void change(String... settings) {
    List<String> words =
        new ArrayList<>(
            List.of("upgrade", "weft", Cluster.chart(), "-n", SYSTEM, "--reuse-values"));
    for (String setting : settings) {
      words.add("--set");
      words.add(setting);
    }
    helm(words.toArray(String[]::new));
    rolledOut();
  }

  /** Waits until every node is Ready and both programs are rolled out. */
  static void ready() {
    eventuallyAsserted("every node is Ready", SOON, Cluster::assertNodesReady);
    rolledOut();
  }

  static void rolledOut() {
    Cluster.rolledOut(SYSTEM, "daemonset/weft-agent");
    Cluster.rolledOut(SYSTEM, "deployment/weft-operator");
  }

  /** Takes the release away; pods, pools and blocks stay. */
  static void uninstall() {
    helm("uninstall", "weft", "-n", SYSTEM, "--wait");
    eventually(
        "the programs are gone",
        SOON,
        () -> kubectl("get", "pods", "-n", SYSTEM, "-o", "name").isBlank());
  }

  /** Leaves every node as it was before Weft. */
  static void cleanUpNodes() {
    String manifest = Cluster.file("examples/cleanup.yaml");
    kubectl("apply", "-f", manifest);
    Cluster.rolledOut(SYSTEM, "daemonset/weft-cleanup");
    kubectl("delete", "-f", manifest);
  }

  /** Takes away pools and blocks that no operator is left to care for. */
  static void deleteObjects() {
    kubectl("delete", "lease", "weft-operator", "-n", SYSTEM, "--ignore-not-found");
    kubectl("delete", "ipallocations", "--all");
    for (String pool : Cluster.words(kubectl("get", "ippools", "-o", "name"))) {
      kubectl("patch", pool, "--type=merge", "-p", "{\"metadata\":{\"finalizers\":null}}");
      kubectl("delete", pool);
    }
  }

  /** The tests' own pods, a shell and two web servers on every node among them. */
  static void tests() {
    Cluster.apply("base.yaml");
    Cluster.apply("web.yaml");
    Cluster.rolledOut(TESTS, "daemonset/node-shell");
    Cluster.rolledOut(TESTS, "daemonset/web");
    Cluster.rolledOut(TESTS, "daemonset/web2");
    kubectl("wait", "-n", TESTS, "pod/alone", "--for=condition=Ready", "--timeout=180s");
  }

  /** Takes the tests' pods away. */
  static void deleteTests() {
    kubectl("delete", "namespace", TESTS, "--ignore-not-found", "--timeout=240s");
  }
}
