// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The arrows between the modules, as docs/architecture.md draws them. */
class LayersTest {
  private static final JavaClasses WEFT =
      new ClassFileImporter()
          .importPaths(
              Stream.of("core", "crds", "netlink", "probes", "operator", "node-agent", "sandbox")
                  .map(module -> Path.of("..", module, "target", "classes"))
                  .toArray(Path[]::new));

  @Test
  void coreDecidesAndSoKnowsOnlyTheJdkWithoutItsInputAndOutput() {
    classes()
        .that()
        .resideInAPackage("dev.weft.core..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "dev.weft.core..",
            "java.lang..",
            "java.util..",
            "java.time..",
            "java.math..",
            "java.nio.charset..",
            "java.security..")
        .check(WEFT);
    noClasses()
        .that()
        .resideInAPackage("dev.weft.core..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.util.concurrent..", "java.util.logging..")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(java.time.Instant.class, "now")
        .check(WEFT);
  }

  @Test
  void theApiKnowsNothingElseOfOurs() {
    noClasses()
        .that()
        .resideInAPackage("dev.weft.api..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "dev.weft.core..", "dev.weft.netlink..", "dev.weft.agent..", "dev.weft.operator..")
        .check(WEFT);
  }

  @Test
  void theWireKnowsNoKubernetes() {
    noClasses()
        .that()
        .resideInAPackage("dev.weft.netlink..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.fabric8..", "dev.weft.api..", "dev.weft.agent..")
        .check(WEFT);
  }

  @Test
  void theProbesKnowTheJdkAndALoggerOnly() {
    classes()
        .that()
        .resideInAPackage("dev.weft.probes..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("dev.weft.probes..", "java..", "org.slf4j..")
        .check(WEFT);
  }

  @Test
  void operatorAndAgentMeetOnlyThroughTheApi() {
    noClasses()
        .that()
        .resideInAPackage("dev.weft.operator..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.weft.agent..", "dev.weft.netlink..", "jnr..", "com.kenai..")
        .check(WEFT);
    noClasses()
        .that()
        .resideInAPackage("dev.weft.agent..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.weft.operator..", "io.javaoperatorsdk..", "jnr..", "com.kenai..")
        .check(WEFT);
  }

  @Test
  void noTwoPackagesOfTheAgentKnowEachOther() {
    slices().matching("dev.weft.agent.(**)").should().beFreeOfCycles().check(WEFT);
  }

  @Test
  void theSandboxsApiServerAndCniClientDoNotKnowTheSandbox() {
    noClasses()
        .that()
        .resideInAnyPackage("dev.weft.sandbox.api..", "dev.weft.sandbox.cni..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("dev.weft.sandbox")
        .check(WEFT);
  }

  @Test
  void nativeCallsAreMadeInOnePackage() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.weft.netlink.libc..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("jnr..", "com.kenai..")
        .check(WEFT);
  }
}
