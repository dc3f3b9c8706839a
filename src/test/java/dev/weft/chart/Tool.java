// SPDX-License-Identifier: Apache-2.0
package dev.weft.chart;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Kubernetes' own programs: from the folder of Fabric8's kube-api-test, or from the PATH. */
final class Tool {
  private Tool() {}

  /**
   * What a program did.
   *
   * @param line what was run
   * @param code its exit code
   * @param output what it wrote, errors too
   */
  record Result(List<String> line, int code, String output) {
    /** What it wrote; an error where it failed. */
    String succeeded() {
      if (code != 0) {
        throw new AssertionError(
            "%s: exit code %d%n%s".formatted(String.join(" ", line), code, output));
      }
      return output.strip();
    }

    /** What it wrote, in one line; an error where it did not fail. */
    String failed() {
      if (code == 0) {
        throw new AssertionError(String.join(" ", line) + ": did not fail\n" + output);
      }
      return output.strip().replaceAll("\\s+", " ");
    }
  }

  /** Whether a program can be run here. */
  static boolean isThere(String program) {
    return find(program).isPresent();
  }

  /** Where a program lies. */
  static Path path(String program) {
    return find(program).orElseThrow(() -> new IllegalStateException("no " + program));
  }

  /** Runs a program to its end, whatever that is. */
  static Result run(Path kubeconfig, String... line) {
    String[] command = line.clone();
    command[0] = path(line[0]).toString();
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("KUBECONFIG", kubeconfig.toString());
    try {
      Process process = builder.start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes());
      return new Result(List.of(line), process.waitFor(), output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static Optional<Path> find(String program) {
    return Stream.concat(apiTestFolder().stream(), pathFolders())
        .map(folder -> folder.resolve(program))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private static Optional<Path> apiTestFolder() {
    String folder = System.getenv("KUBE_API_TEST_DIR");
    String version = System.getenv("KUBE_API_TEST_API_SERVER_VERSION");
    return folder == null || version == null
        ? Optional.empty()
        : Optional.of(Path.of(folder, "k8s", version + "-linux-amd64"));
  }

  private static Stream<Path> pathFolders() {
    return Arrays.stream(System.getenv("PATH").split(File.pathSeparator)).map(Path::of);
  }
}
