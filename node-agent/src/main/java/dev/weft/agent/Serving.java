// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import dev.weft.agent.install.InstallException;
import dev.weft.agent.install.RuntimeFiles;
import dev.weft.core.node.Obstacle;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts the plugin and the configuration where the runtime takes them from, once pods can get
 * addresses, and keeps them as they should be.
 */
final class Serving {
  private static final Logger LOG = LoggerFactory.getLogger(Serving.class);

  /** How often the files are looked at. */
  private static final Duration INTERVAL = Duration.ofSeconds(10);

  private final RuntimeFiles files;
  private long checkedNanos;
  private Optional<Obstacle> obstacle = Optional.empty();

  /** Whether the runtime has the configuration already: what it needs is kept, whatever comes. */
  boolean isInstalled() {
    return files.isInstalled();
  }

  Serving(RuntimeFiles files) {
    this.files = files;
    this.checkedNanos = System.nanoTime() - INTERVAL.toNanos();
  }

  /**
   * Looks at the files, if it is time.
   *
   * @return why they are not as they should be
   */
  Optional<Obstacle> check() {
    if (System.nanoTime() - checkedNanos >= INTERVAL.toNanos()) {
      checkedNanos = System.nanoTime();
      obstacle = install();
    }
    return obstacle;
  }

  private Optional<Obstacle> install() {
    try {
      files.install().forEach(file -> LOG.info("wrote {}", file));
      return Optional.empty();
    } catch (InstallException e) {
      Optional<Obstacle> now = Optional.of(new Obstacle(e.reason(), e.getMessage()));
      if (!now.equals(obstacle)) {
        LOG.error("{}; looking again every {} s", e.getMessage(), INTERVAL.toSeconds());
      }
      return now;
    }
  }
}
