// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParentCommand;

/** The process behind a sandbox; started by "up" in namespaces of its own. */
@Command(
    name = "daemon",
    hidden = true,
    description = "Be the process behind a sandbox; \"up\" starts it in namespaces of its own.")
final class DaemonCommand implements Callable<Integer> {
  @ParentCommand private Main main;
  @Mixin private ShapeOptions shape;

  /** The command line that passes options to a daemon. */
  static List<String> arguments(SandboxOptions options) {
    List<String> words = new ArrayList<>();
    words.addAll(List.of("--nodes", Integer.toString(options.nodes())));
    words.addAll(List.of("--family", ShapeOptions.familyText(options.families())));
    words.addAll(List.of("--grace-period", options.gracePeriod().toMillis() + "ms"));
    options
        .pools()
        .forEach(pool -> words.addAll(List.of("--pool", pool.toAbsolutePath().toString())));
    words.addAll(List.of("--topology", options.topology().text()));
    words.addAll(List.of("--mtu", Integer.toString(options.mtuBytes())));
    words.addAll(List.of("--api", options.api().map(Path::toString).orElse("embedded")));
    return words;
  }

  @Override
  public Integer call() throws IOException {
    new Daemon(shape.toOptions(main.name()), Checkout.find()).run();
    return 0;
  }
}
