// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import dev.weft.agent.install.InstallException;
import dev.weft.agent.install.RuntimeFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
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
  private Optional<String> problem = Optional.of("the CNI configuration is not written yet");
  private Optional<Path> shadow = Optional.empty();

  Serving(RuntimeFiles files) {
    this.files = files;
    this.checkedNanos = System.nanoTime() - INTERVAL.toNanos();
  }

  /**
   * Looks at the files, if it is time.
   *
   * @return why they are not as they should be
   */
  Optional<String> check() {
    if (System.nanoTime() - checkedNanos >= INTERVAL.toNanos()) {
      checkedNanos = System.nanoTime();
      problem = install();
      shadow = shadow();
    }
    return problem;
  }

  /** Another network's configuration that the runtime takes instead. */
  List<String> warnings() {
    return shadow
        .map(file -> file + " sorts before ours: the runtime takes that network instead; remove it")
        .map(List::of)
        .orElse(List.of());
  }

  private Optional<String> install() {
    try {
      files.install().forEach(file -> LOG.info("wrote {}", file));
      return Optional.empty();
    } catch (InstallException e) {
      if (!problem.equals(Optional.of(e.getMessage()))) {
        LOG.error("{}", e.getMessage());
      }
      return Optional.of(e.getMessage());
    }
  }

  private Optional<Path> shadow() {
    Optional<Path> now = files.shadowing();
    if (!now.equals(shadow)) {
      now.ifPresentOrElse(
          file -> LOG.warn("{} sorts before ours: the runtime takes that network", file),
          () -> LOG.info("over: another network's configuration sorted before ours"));
    }
    return now;
  }
}
