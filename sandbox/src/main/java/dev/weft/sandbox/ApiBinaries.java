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
 * Where etcd and kube-apiserver are: in Fabric8's kube-api-test directory, {@code
 * KUBE_API_TEST_DIR} or {@code ~/.kubeapitest}, which holds {@code k8s/VERSION-linux-ARCH}, or on
 * {@code PATH}.
 */
public final class ApiBinaries {
  private ApiBinaries() {}

  /**
   * Finds the directory: that of {@code KUBE_API_TEST_API_SERVER_VERSION}, else the newest
   * version's, else the first on {@code PATH}.
   *
   * @throws SandboxException when there is none that has both
   */
  public static Path find(Map<String, String> environment) {
    return search(environment)
        .orElseThrow(
            () ->
                new SandboxException(
                    "no etcd and kube-apiserver %s in %s, nor on PATH: set KUBE_API_TEST_DIR, or name the directory that holds both with --api"
                        .formatted(version(environment), versions(environment))));
  }

  /** Finds the directory; empty when there is none that has both. */
  static Optional<Path> search(Map<String, String> environment) {
    String wanted = version(environment);
    return list(versions(environment)).stream()
        .filter(directory -> wanted.isEmpty() || name(directory).startsWith(wanted + "-"))
        .filter(ApiBinaries::hasBoth)
        .max(Comparator.comparing(directory -> sortable(name(directory))))
        .or(
            () ->
                Stream.of(environment.getOrDefault("PATH", "").split(":"))
                    .filter(directory -> !directory.isEmpty())
                    .map(Path::of)
                    .filter(directory -> wanted.isEmpty() && hasBoth(directory))
                    .findFirst());
  }

  private static String version(Map<String, String> environment) {
    return environment.getOrDefault("KUBE_API_TEST_API_SERVER_VERSION", "");
  }

  private static Path versions(Map<String, String> environment) {
    return Optional.ofNullable(environment.get("KUBE_API_TEST_DIR"))
        .map(Path::of)
        .orElse(Path.of(System.getProperty("user.home"), ".kubeapitest"))
        .resolve("k8s");
  }

  /**
   * Takes a directory that a user names.
   *
   * @throws SandboxException when it lacks one of the two
   */
  static Path in(Path directory) {
    if (!hasBoth(directory)) {
      throw new SandboxException(
          "--api "
              + directory
              + ": neither embedded nor real nor a directory with etcd and kube-apiserver");
    }
    return directory.toAbsolutePath();
  }

  private static boolean hasBoth(Path directory) {
    return Stream.of("etcd", "kube-apiserver")
        .allMatch(program -> Files.isExecutable(directory.resolve(program)));
  }

  private static List<Path> list(Path directory) {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.toList();
    } catch (IOException e) {
      throw new SandboxException("list " + directory + ": " + e.getMessage(), e);
    }
  }

  private static String name(Path directory) {
    return directory.getFileName().toString();
  }

  /** With every number as long as any, so that 1.9 comes before 1.34. */
  private static String sortable(String version) {
    return java.util.regex.Pattern.compile("\\d+")
        .matcher(version)
        .replaceAll(number -> "%9s".formatted(number.group()));
  }
}
