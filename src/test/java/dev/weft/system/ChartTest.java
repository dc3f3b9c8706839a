// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the chart repeats of the repository is the same there. */
class ChartTest {
  private static final Path HOME = Path.of("..");
  private static final Path CHART = HOME.resolve("helm/weft");

  @Test
  void theChartCarriesExactlyTheGeneratedCrds() throws IOException {
    List<Path> generated = yamls(HOME.resolve("crds"));
    assertThat(yamls(CHART.resolve("crds")).stream().map(Path::getFileName))
        .containsExactlyElementsOf(generated.stream().map(Path::getFileName).toList());
    for (Path crd : generated) {
      assertThat(CHART.resolve("crds").resolve(crd.getFileName()))
          .as("cp crds/*.yaml helm/weft/crds/")
          .hasSameTextualContentAs(crd);
    }
  }

  @Test
  void theChartsVersionsAreTheProjects() throws IOException {
    String version = first("<version>(.*)</version>", Files.readString(HOME.resolve("pom.xml")));
    String chart = Files.readString(CHART.resolve("Chart.yaml"));
    assertThat(first("(?m)^version: (.*)$", chart)).isEqualTo(version);
    assertThat(first("(?m)^appVersion: (.*)$", chart)).isEqualTo(version);
  }

  @Test
  void everyValueIsDescribed() throws IOException {
    String before = "";
    for (String line : Files.readAllLines(CHART.resolve("values.yaml"))) {
      if (line.matches("  [a-zA-Z]+:.*")) {
        assertThat(before).as("the comment above '%s'", line.strip()).matches("  # -- .*\\.");
      }
      before = line;
    }
  }

  private static List<Path> yamls(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList();
    }
  }

  private static String first(String pattern, String text) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    assertThat(matcher.find()).as(pattern).isTrue();
    return matcher.group(1);
  }
}
