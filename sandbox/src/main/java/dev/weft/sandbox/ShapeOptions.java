// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import dev.weft.core.net.Family;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** The options for what a sandbox is to be like. */
final class ShapeOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--nodes",
      paramLabel = "COUNT",
      description = "How many nodes, 0 to 60. Default: ${DEFAULT-VALUE}",
      defaultValue = "3")
  private int nodes;

  @Option(
      names = "--family",
      paramLabel = "4|6|46",
      description = "IPv4, IPv6 or both. Default: ${DEFAULT-VALUE}",
      defaultValue = "4",
      converter = Families.class)
  private Set<Family> families;

  @Option(
      names = "--grace-period",
      paramLabel = "TIME",
      description =
          "How long a node that is gone keeps its blocks: 500ms, 3s, 10m. Default:"
              + " ${DEFAULT-VALUE}",
      defaultValue = "3s",
      converter = Period.class)
  private Duration gracePeriod;

  @Option(
      names = "--pool",
      paramLabel = "FILE",
      description = "A file of IPPools that are there from the start; may be repeated.")
  private List<Path> pools = new ArrayList<>();

  @Option(
      names = "--topology",
      paramLabel = "flat|routed",
      description =
          "routed: node3 and every later one are behind a router that knows no pods. Default:"
              + " ${DEFAULT-VALUE}",
      defaultValue = "flat",
      converter = Topologies.class)
  private Topology topology;

  @Option(
      names = "--mtu",
      paramLabel = "BYTES",
      description = "MTU of each node's link, 1280 to 9000. Default: ${DEFAULT-VALUE}",
      defaultValue = "1500")
  private int mtuBytes;

  @Option(
      names = "--api",
      paramLabel = "KIND",
      description =
          "real (etcd and kube-apiserver from KUBE_API_TEST_DIR, ~/.kubeapitest or PATH), embedded,"
              + " or a directory with both programs. Default: real where they are found, else"
              + " embedded")
  private String api = "";

  SandboxOptions toOptions(String name) {
    try {
      for (Path pool : pools) {
        Pools.read(pool);
      }
      return new SandboxOptions(
          name, nodes, families, gracePeriod, pools, topology, mtuBytes, binaries());
    } catch (SandboxException e) {
      throw new ParameterException(command.commandLine(), e.getMessage(), e);
    }
  }

  private Optional<Path> binaries() {
    return switch (api) {
      case "" -> ApiBinaries.search(System.getenv());
      case "embedded" -> Optional.empty();
      case "real" -> Optional.of(ApiBinaries.find(System.getenv()));
      default -> Optional.of(ApiBinaries.in(Path.of(api)));
    };
  }

  static String familyText(Set<Family> families) {
    return families.size() == 2 ? "46" : Integer.toString(families.iterator().next().version());
  }

  /** Reads {@code 4}, {@code 6} and {@code 46}. */
  static final class Families implements ITypeConverter<Set<Family>> {
    @Override
    public Set<Family> convert(String text) {
      return switch (text) {
        case "4" -> Set.of(Family.IPV4);
        case "6" -> Set.of(Family.IPV6);
        case "46", "64" -> Set.of(Family.IPV4, Family.IPV6);
        default -> throw new TypeConversionException("\"" + text + "\" is not 4, 6 or 46");
      };
    }
  }

  /** Reads {@code flat} and {@code routed}. */
  static final class Topologies implements ITypeConverter<Topology> {
    @Override
    public Topology convert(String text) {
      return Stream.of(Topology.values())
          .filter(one -> one.text().equals(text))
          .findFirst()
          .orElseThrow(() -> new TypeConversionException("\"" + text + "\" is not flat or routed"));
    }
  }

  /** Reads {@code 500ms}, {@code 3s} and {@code 10m}. */
  static final class Period implements ITypeConverter<Duration> {
    private static final Pattern FORM = Pattern.compile("(\\d{1,9})(ms|s|m)");

    @Override
    public Duration convert(String text) {
      Matcher matcher = FORM.matcher(text);
      if (!matcher.matches()) {
        throw new TypeConversionException("\"" + text + "\" is no time such as 3s or 10m");
      }
      long count = Long.parseLong(matcher.group(1));
      return switch (matcher.group(2)) {
        case "ms" -> Duration.ofMillis(count);
        case "s" -> Duration.ofSeconds(count);
        default -> Duration.ofMinutes(count);
      };
    }
  }
}
