// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The checkout whose programs the sandbox runs.
 *
 * @param root the directory that holds {@code bin/} and {@code build/}
 */
record Checkout(Path root) {
  /** Where Debian puts the reference plugins. */
  private static final String REFERENCE_PLUGINS = "/usr/lib/cni";

  /**
   * Finds the checkout: the system property {@code weft.home}, the environment's {@code WEFT_HOME},
   * else the working directory or one above it.
   *
   * @throws SandboxException when there is none
   */
  static Checkout find() {
    String home = System.getProperty("weft.home", System.getenv("WEFT_HOME"));
    if (home != null) {
      return new Checkout(Path.of(home));
    }
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      if (Files.exists(at.resolve("bin/weft-agent"))) {
        return new Checkout(at);
      }
    }
    throw new SandboxException("no checkout of Weft here; set WEFT_HOME to one");
  }

  String program(String name) {
    return root.resolve("bin").resolve(name).toString();
  }

  /** The CNI plugin that agents install. */
  Path plugin() {
    return root.resolve("build/cni/weft");
  }

  /** Pings, connects and serves in pods. */
  Path probe() {
    return root.resolve("build/sandbox/weft-probe");
  }

  List<Path> definitions() {
    try (Stream<Path> files = Files.list(root.resolve("crds"))) {
      return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList();
    } catch (java.io.IOException e) {
      throw new SandboxException("list " + root.resolve("crds") + ": " + e.getMessage(), e);
    }
  }

  /** The reference plugins of this machine; a directory that may not exist. */
  static Path referencePlugins() {
    String directory = System.getenv("CNI_PLUGINS_DIR");
    return Path.of(directory == null ? REFERENCE_PLUGINS : directory);
  }

  /**
   * Checks that everything is there.
   *
   * @throws SandboxException that names all that is missing, and the command that brings it
   */
  void require() {
    List<String> problems = new ArrayList<>();
    if (!Files.exists(Path.of("/proc/self/ns/net")) || !isRoot()) {
      problems.add("a sandbox makes network namespaces: run it as root");
    }
    for (String[] need :
        new String[][] {
          {"ip", "iproute2"},
          {"nft", "nftables"},
          {"unshare", "util-linux"},
          {"nsenter", "util-linux"},
          {"setpriv", "util-linux"}
        }) {
      if (!isOnPath(need[0])) {
        problems.add("no " + need[0] + ": apt-get install " + need[1]);
      }
    }
    List<Path> built =
        List.of(
            plugin(),
            probe(),
            root.resolve("operator/target/classpath"),
            root.resolve("node-agent/target/classpath"),
            root.resolve("sandbox/target/classpath"));
    built.stream()
        .filter(file -> !Files.exists(file))
        .findFirst()
        .ifPresent(file -> problems.add(file + " is not built: run \"make build\" in " + root));
    if (!problems.isEmpty()) {
      throw new SandboxException(String.join("\n", problems));
    }
  }

  private static boolean isRoot() {
    return "0".equals(Commands.must("id", "-u").strip());
  }

  static boolean isOnPath(String program) {
    String path = System.getenv().getOrDefault("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    return Stream.of(path.split(":"))
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
  }
}
