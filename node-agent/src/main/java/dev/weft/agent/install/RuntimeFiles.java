// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.install;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the container runtime reads: the plugin and the network's configuration. A file appears
 * whole or not at all (a temporary name that no runtime reads, then a rename), and is left alone
 * where it is as wanted.
 */
public final class RuntimeFiles {
  /** Name of the plugin. */
  public static final String PLUGIN = "weft";

  /** Name of the configuration. */
  public static final String CONFLIST = "10-weft.conflist";

  private static final Set<PosixFilePermission> EXECUTABLE =
      PosixFilePermissions.fromString("rwxr-xr-x");
  private static final Set<PosixFilePermission> READABLE =
      PosixFilePermissions.fromString("rw-r--r--");

  private static final Logger LOG = LoggerFactory.getLogger(RuntimeFiles.class);

  private final Path binDir;
  private final Path confDir;
  private final Optional<Path> pluginSource;
  private final byte[] conflist;

  /**
   * Writes nothing yet.
   *
   * @param pluginSource the plugin to copy; empty: none is copied
   */
  public RuntimeFiles(Path binDir, Path confDir, Optional<Path> pluginSource, String networkName) {
    this.binDir = binDir;
    this.confDir = confDir;
    this.pluginSource = pluginSource;
    this.conflist = conflist(networkName).getBytes(StandardCharsets.UTF_8);
  }

  /** The configuration: every verb of CNI 1.1 for a runtime that knows it, 1.0 for the others. */
  static String conflist(String networkName) {
    return """
    {
      "cniVersion": "1.0.0",
      "cniVersions": ["1.0.0", "1.1.0"],
      "name": "%s",
      "plugins": [
        {
          "type": "weft",
          "capabilities": {"ips": true, "portMappings": true}
        }
      ]
    }
    """
        .formatted(networkName);
  }

  /**
   * Writes the plugin, then the configuration, each where it is not there as wanted.
   *
   * @return the files that were written
   * @throws InstallException if one cannot be written, or another network has the node: then no
   *     configuration is written beside that network's
   */
  public List<Path> install() throws InstallException {
    List<Path> written = new ArrayList<>(installPlugin());
    Optional<Path> other = shadowing();
    if (other.isPresent()) {
      throw new InstallException(
          InstallException.CNI_CONFIG_CONFLICT,
          "%s is another network's configuration and sorts before %s: the container runtime takes"
                  .formatted(other.get(), CONFLIST)
              + " that network, and pods get no address of Weft; uninstall that network and remove"
              + " its file from this node");
    }
    Path target = confDir.resolve(CONFLIST);
    if (write(target, conflist, READABLE)) {
      written.add(target);
    }
    return written;
  }

  /** Whether the configuration was written before, by this agent or an earlier one. */
  public boolean isInstalled() {
    return Files.exists(confDir.resolve(CONFLIST));
  }

  /**
   * Writes the plugin where it is not there as wanted.
   *
   * @return the files that were written
   */
  public List<Path> installPlugin() throws InstallException {
    Path target = binDir.resolve(PLUGIN);
    return pluginSource.isPresent() && write(target, read(pluginSource.get()), EXECUTABLE)
        ? List.of(target)
        : List.of();
  }

  /** Removes both, the configuration first. */
  public void remove() throws InstallException {
    for (Path file : List.of(confDir.resolve(CONFLIST), binDir.resolve(PLUGIN))) {
      try {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        throw failure("delete", file, e);
      }
    }
  }

  /**
   * The configuration of another network that the runtime would take instead of ours: runtimes take
   * the first name of the directory. One of Multus is none: it delegates to the next, which is
   * ours.
   */
  Optional<Path> shadowing() {
    try (Stream<Path> files = Files.list(confDir)) {
      return files
          .filter(file -> file.getFileName().toString().matches(".*\\.(conf|conflist|json)"))
          .filter(file -> file.getFileName().toString().compareTo(CONFLIST) < 0)
          .filter(file -> !file.getFileName().toString().contains("multus"))
          .sorted()
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static boolean write(Path target, byte[] content, Set<PosixFilePermission> permissions)
      throws InstallException {
    Path temporary = target.resolveSibling("." + target.getFileName() + ".new");
    try {
      if (isAsWanted(target, content, permissions)) {
        return false;
      }
      Files.createDirectories(target.getParent());
      Files.write(temporary, content);
      Files.setPosixFilePermissions(temporary, permissions);
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
      return true;
    } catch (IOException e) {
      discard(temporary);
      throw failure("write", target, e);
    }
  }

  private static void discard(Path temporary) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      LOG.debug("{} stays: {}", temporary, e.toString());
    }
  }

  private static boolean isAsWanted(
      Path target, byte[] content, Set<PosixFilePermission> permissions) throws IOException {
    return Files.isRegularFile(target, LinkOption.NOFOLLOW_LINKS)
        && Files.size(target) == content.length
        && Files.getPosixFilePermissions(target).equals(permissions)
        && Arrays.equals(Files.readAllBytes(target), content);
  }

  private static byte[] read(Path source) throws InstallException {
    try {
      return Files.readAllBytes(source);
    } catch (IOException e) {
      throw failure("read", source, e);
    }
  }

  private static InstallException failure(String action, Path file, IOException e) {
    String cause = e.getClass().getSimpleName() + ": " + e.getMessage();
    String hint = "";
    if (e instanceof NoSuchFileException) {
      cause = "no such file";
    } else if (e instanceof AccessDeniedException) {
      cause = "permission denied";
      hint =
          "; does another user own the directory? The chart's value agent.pluginInitContainer=true"
              + " lets an init container write it";
    } else if (String.valueOf(e.getMessage()).contains("Read-only file system")) {
      cause = "the file system is read-only";
      hint =
          "; mount the directory of the host writable, or name another that the runtime reads with"
              + " --cni-bin-dir or --cni-conf-dir (the chart's agent.cniBinDir and agent.cniConfDir)";
    }
    return new InstallException(action + " " + file + ": " + cause + hint, e);
  }
}
