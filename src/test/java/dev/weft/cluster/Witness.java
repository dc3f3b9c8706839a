// SPDX-License-Identifier: Apache-2.0
package dev.weft.cluster;

import static dev.weft.cluster.Cluster.SYSTEM;
import static dev.weft.cluster.Cluster.tryKubectl;

import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/** Writes down what the cluster looked like when a test failed, and in the end every figure. */
final class Witness
    implements BeforeAllCallback,
        TestExecutionExceptionHandler,
        LifecycleMethodExecutionExceptionHandler {
  @Override
  public void beforeAll(ExtensionContext context) {
    context
        .getRoot()
        .getStore(Namespace.GLOBAL)
        .getOrComputeIfAbsent(Figures.class, key -> new Figures.Table());
  }

  @Override
  public void handleTestExecutionException(ExtensionContext context, Throwable failure)
      throws Throwable {
    write(context, failure);
    throw failure;
  }

  @Override
  public void handleBeforeAllMethodExecutionException(ExtensionContext context, Throwable failure)
      throws Throwable {
    write(context, failure);
    throw failure;
  }

  private static void write(ExtensionContext context, Throwable failure) {
    System.out.printf("=== %s failed: %s%n", context.getDisplayName(), failure);
    show("get", "nodes,pods", "-A", "-o", "wide");
    show("get", "ippools,ipallocations", "-o", "wide");
    show("get", "events", "-A", "--sort-by=.lastTimestamp", "--field-selector=type!=Normal");
    for (String component : new String[] {"agent", "operator"}) {
      String label = "app.kubernetes.io/component=" + component;
      show("logs", "-n", SYSTEM, "-l", label, "--prefix", "--tail=60");
      show("logs", "-n", SYSTEM, "-l", label, "--prefix", "--tail=20", "--previous");
    }
  }

  private static void show(String... words) {
    Command command = tryKubectl(words);
    System.out.printf(
        "--- kubectl %s%n%s%s%n", String.join(" ", words), command.out(), command.err());
  }
}
