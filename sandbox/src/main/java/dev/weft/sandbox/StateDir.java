// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where a sandbox keeps its files: sockets, logs, process ids, each node's directories.
 *
 * @param root {@code /run/weft-sandbox/NAME}
 */
record StateDir(Path root) {
  private static final Path ALL = Path.of("/run/weft-sandbox");

  static StateDir of(String name) {
    return new StateDir(ALL.resolve(name));
  }

  /**
   * Whether there is a sandbox; logs of one that did not come up are none.
   *
   * @throws SandboxException when it is another user's
   */
  boolean exists() {
    if (Files.isDirectory(root) && !Files.isExecutable(root)) {
      throw new SandboxException(
          "sandbox " + root.getFileName() + " is another user's: run this as root");
    }
    return Files.isDirectory(processes());
  }

  /** Takes commands for the daemon. */
  Path controlSocket() {
    return root.resolve("control.sock");
  }

  /** Leads to the API server, also from outside the sandbox's network. */
  Path apiSocket() {
    return root.resolve("api.sock");
  }

  /** What a kube-apiserver keeps: its certificate, who may do what. */
  Path api() {
    return root.resolve("api");
  }

  /** Opens everything; there where the API server is a kube-apiserver. */
  Path apiToken() {
    return api().resolve("token");
  }

  /** What a kube-apiserver shows to its clients; it makes it itself. */
  Path apiCertificate() {
    return api().resolve("apiserver.crt");
  }

  /** Where the API server is, for programs in the sandbox's network. */
  Path kubeconfig() {
    return root.resolve("kubeconfig");
  }

  Path logs() {
    return root.resolve("log");
  }

  Path log(String program) {
    return logs().resolve(program + ".log");
  }

  Path processes() {
    return root.resolve("pid");
  }

  Path node(String name) {
    return root.resolve("node").resolve(name);
  }

  /** Runs a command in a node. */
  Path enter(String node) {
    return node(node).resolve("enter");
  }

  /** The node's own {@code /etc/cni/net.d}. */
  Path cniConfiguration(String node) {
    return node(node).resolve("net.d");
  }

  /** Names of the nodes that there are, in order. */
  List<String> nodes() {
    Path directory = root.resolve("node");
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> nodes = Files.list(directory)) {
      return nodes
          .map(path -> path.getFileName().toString())
          .sorted(Comparator.comparingInt(String::length).thenComparing(Comparator.naturalOrder()))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Creates the directories, in place of what a start that failed has left.
   *
   * @return false when there is a sandbox already
   */
  boolean create() {
    try {
      Files.createDirectories(root);
      // Who reads it may do everything in the sandbox.
      Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx------"));
      Files.createDirectory(processes());
      remove(logs());
      Files.createDirectory(logs());
      Files.createDirectory(root.resolve("node"));
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    } catch (IOException e) {
      throw new SandboxException("create " + root + ": " + e.getMessage() + "; are you root?", e);
    }
  }

  /** Removes everything, the directory too. */
  void remove() {
    remove(root);
  }

  /** Removes everything but the logs. */
  void removeAllButLogs() {
    if (!Files.isDirectory(root)) {
      return;
    }
    try (Stream<Path> entries = Files.list(root)) {
      entries.filter(entry -> !entry.equals(logs())).forEach(StateDir::remove);
    } catch (IOException e) {
      throw new SandboxException("remove " + root + ": " + e.getMessage(), e);
    }
  }

  static void remove(Path directory) {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new SandboxException("remove " + directory + ": " + e.getMessage(), e);
    }
  }
}
