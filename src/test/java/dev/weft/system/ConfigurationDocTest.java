// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import dev.weft.agent.AgentOptions;
import dev.weft.operator.OperatorOptions;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * docs/configuration.md says what the programs' options and the chart's values are; {@code
 * -Dweft.write=true} writes it.
 */
class ConfigurationDocTest {
  private static final Path HOME = Path.of("..");
  private static final Path FILE = HOME.resolve("docs/configuration.md");

  @Test
  void listsEveryOptionOfEveryProgramAndEveryValueOfTheChart() throws IOException {
    String text =
        """
        # Configuration

        Generated from the options of the programs and from the chart's `values.yaml` and its schema by `make docs`:
        do not edit.

        An option is given as `--key=value`, or in the environment. All mistakes are reported at once, with exit
        code 2. Each program logs its effective options when it starts. A duration is a number with a unit: `500ms`,
        `30s`, `10m`, `2h`.

        ## The node agent, `weft-agent`

        %s
        ## The operator, `weft-operator`

        %s
        ## The chart, `helm/weft`

        `helm install weft helm/weft -n weft-system --create-namespace --set agent.maxUnavailable=1`, or `--values FILE`. An
        unknown key and a value of another type are refused before anything is created.

        %s"""
            .formatted(
                AgentOptions.TABLE.markdown(),
                OperatorOptions.table().markdown(),
                new ValuesTable(HOME.resolve("helm/weft")).markdown());
    GeneratedDocument.assertCurrent(FILE, text);
  }
}
