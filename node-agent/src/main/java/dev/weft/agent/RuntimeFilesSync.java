// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import dev.weft.agent.install.InstallException;
import dev.weft.agent.install.RuntimeFiles;
import dev.weft.core.node.Blocker;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Installs the plugin and the configuration for the container runtime once pods can get addresses,
 * and restores them when they change. For the reconcile loop alone.
 */
final class RuntimeFilesSync {
  private static final Logger LOG = LoggerFactory.getLogger(RuntimeFilesSync.class);

  /** How often the files are compared. */
  private static final Duration INTERVAL = Duration.ofSeconds(10);

  private final RuntimeFiles files;
  private long checkedNanos;
  private Optional<Blocker> blocker = Optional.empty();

  RuntimeFilesSync(RuntimeFiles files) {
    this.files = files;
    this.checkedNanos = System.nanoTime() - INTERVAL.toNanos();
  }

  /** Whether the runtime has the configuration already: it stays there, whatever comes. */
  boolean isInstalled() {
    return files.isInstalled();
  }

  /**
   * Compares the files, if it is time, and writes those that differ.
   *
   * @return why they are not as they should be
   */
  Optional<Blocker> check() {
    if (System.nanoTime() - checkedNanos >= INTERVAL.toNanos()) {
      checkedNanos = System.nanoTime();
      blocker = install();
    }
    return blocker;
  }

  private Optional<Blocker> install() {
    try {
      files.install().forEach(file -> LOG.info("wrote {}", file));
      return Optional.empty();
    } catch (InstallException e) {
      Optional<Blocker> now = Optional.of(new Blocker(e.reason(), e.getMessage()));
      if (!now.equals(blocker)) {
        LOG.error("{}; trying again every {} s", e.getMessage(), INTERVAL.toSeconds());
      }
      return now;
    }
  }
}
