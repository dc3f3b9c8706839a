// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where etcd and kube-apiserver are: in Fabric8's kube-api-test folder, {@code KUBE_API_TEST_DIR}
 * or {@code ~/.kubeapitest}, which holds {@code k8s/VERSION-linux-ARCH}.
 */
public final class ApiBinaries {
  private ApiBinaries() {}

  /**
   * Finds the folder: that of {@code KUBE_API_TEST_API_SERVER_VERSION}, else the newest version's.
   *
   * @throws SandboxException when there is none that has both
   */
  public static Path find(Map<String, String> environment) {
    Path versions =
        Optional.ofNullable(environment.get("KUBE_API_TEST_DIR"))
            .map(Path::of)
            .orElse(Path.of(System.getProperty("user.home"), ".kubeapitest"))
            .resolve("k8s");
    String wanted = environment.getOrDefault("KUBE_API_TEST_API_SERVER_VERSION", "");
    return list(versions).stream()
        .filter(folder -> wanted.isEmpty() || name(folder).startsWith(wanted + "-"))
        .filter(ApiBinaries::isWhole)
        .max(Comparator.comparing(folder -> sortable(name(folder))))
        .orElseThrow(
            () ->
                new SandboxException(
                    "no etcd and kube-apiserver"
                        + (wanted.isEmpty() ? "" : " " + wanted)
                        + " in "
                        + versions
                        + ": set KUBE_API_TEST_DIR, or name the folder that holds both with --api"));
  }

  /**
   * Takes a folder that a user names.
   *
   * @throws SandboxException when it lacks one of the two
   */
  static Path in(Path folder) {
    if (!isWhole(folder)) {
      throw new SandboxException(
          "--api "
              + folder
              + ": neither embedded nor real nor a folder with etcd and kube-apiserver");
    }
    return folder.toAbsolutePath();
  }

  private static boolean isWhole(Path folder) {
    return Stream.of("etcd", "kube-apiserver")
        .allMatch(program -> Files.isExecutable(folder.resolve(program)));
  }

  private static List<Path> list(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.toList();
    } catch (IOException e) {
      throw new SandboxException("list " + folder + ": " + e.getMessage(), e);
    }
  }

  private static String name(Path folder) {
    return folder.getFileName().toString();
  }

  /** With every number as long as any, so that 1.9 comes before 1.34. */
  private static String sortable(String version) {
    return java.util.regex.Pattern.compile("\\d+")
        .matcher(version)
        .replaceAll(number -> "%9s".formatted(number.group()));
  }
}
