// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
  private static final JavaClasses OURS =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.weft.netlink");

  @Test
  void nativeCallsAreMadeInOnePackageOnly() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.weft.netlink.libc")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("jnr..", "com.kenai..")
        .because("everything else can then be read, and tested, without native code")
        .check(OURS);
  }

  @Test
  void bytesAreReadWithoutAnySocket() {
    noClasses()
        .that()
        .resideInAnyPackage("dev.weft.netlink.codec", "dev.weft.netlink.route", "..nft")
        .should()
        .dependOnClassesThat()
        .haveSimpleName("Sys")
        .because("messages are values; only sockets talk to the kernel")
        .check(OURS);
  }

  @Test
  void nothingHereKnowsKubernetes() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.fabric8..", "dev.weft.api..", "dev.weft.core.node..")
        .because("this module is about the kernel alone")
        .check(OURS);
  }
}
