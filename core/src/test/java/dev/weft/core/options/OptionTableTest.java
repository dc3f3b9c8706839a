// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.core.net.Cidr;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class OptionTableTest {
  private static final OptionTable TABLE = new OptionTable();
  private static final Option<String> NAME =
      TABLE.required("node-name", "NAME", Parsers.TEXT, "name of this node");
  private static final Option<Duration> GRACE = TABLE.duration("grace-period", "10m", "how long");
  private static final Option<Integer> PORT =
      TABLE.of("http-port", "PORT", Parsers.integer(0, 65535), "9470", "where");
  private static final Option<Boolean> CLEANUP = TABLE.flag("cleanup", "remove everything");
  private static final Option<List<Cidr>> CIDRS =
      TABLE.optional("service-cidrs", "CIDRS", Parsers.CIDRS, "ranges");

  @Test
  void theCommandLineWinsOverTheEnvironmentAndThatOverTheDefault() throws OptionException {
    OptionValues values =
        TABLE.parse(
            List.of("--node-name=node1", "--http-port", "80", "--cleanup"),
            Map.of("WEFT_HTTP_PORT", "81", "WEFT_GRACE_PERIOD", "3s"));

    assertThat(values.get(NAME)).isEqualTo("node1");
    assertThat(values.get(PORT)).isEqualTo(80);
    assertThat(values.get(GRACE)).isEqualTo(Duration.ofSeconds(3));
    assertThat(values.get(CLEANUP)).isTrue();
    assertThat(values.find(CIDRS)).isEmpty();
    assertThat(values).hasToString("node-name=node1 grace-period=3s http-port=80 cleanup=true");
  }

  @Test
  void theHelpExplainsEachOption() {
    OptionTable table = new OptionTable();
    List.of(NAME, PORT, CLEANUP).forEach(table::add);
    table.optional(
        "kubeconfig",
        "PATH",
        Parsers.TEXT,
        "How the API server is reached; without it `KUBECONFIG`, then the pod's own"
            + " service account.");

    assertThat(table.help("weft-x", "Does x."))
        .isEqualTo(
            """
            Usage: weft-x [OPTION]...
            Does x.

              --node-name=NAME  (WEFT_NODE_NAME, required)
                  name of this node

              --http-port=PORT  (WEFT_HTTP_PORT, default 9470)
                  where

              --cleanup  (WEFT_CLEANUP, default false)
                  remove everything

              --kubeconfig=PATH  (WEFT_KUBECONFIG)
                  How the API server is reached; without it KUBECONFIG, then the pod's own
                  service account.

              --help
                  Print this text and exit.
            """);
    assertThat(OptionTable.isHelp(List.of("--http-port", "80", "--help"))).isTrue();
    assertThat(OptionTable.isHelp(List.of("-h"))).isTrue();
    assertThat(OptionTable.isHelp(List.of("--cleanup"))).isFalse();
  }

  @Test
  void aLineOfTheHelpHasAtMost80Columns() {
    String word = "x".repeat(72);
    OptionTable table = new OptionTable();
    table.flag("cleanup", word + " y z");

    assertThat(table.help("weft-x", "Does x."))
        .contains("\n      " + word + " y\n      z\n")
        .satisfies(help -> assertThat(help.lines().mapToInt(String::length).max()).hasValue(80));
  }

  @Test
  void aValueMayHoldAnEqualsSignOrBeEmpty() throws OptionException {
    OptionTable table = new OptionTable();
    Option<String> image = table.optional("image", "TEXT", text -> text, "what");

    assertThat(table.parse(List.of("--image=a=b"), Map.of()).get(image)).isEqualTo("a=b");
    assertThat(table.parse(List.of("--image="), Map.of()).get(image)).isEmpty();
    assertThat(table.parse(List.of("--image", "=b"), Map.of()).get(image)).isEqualTo("=b");
  }

  @Test
  void anOptionHasADefaultOrIsRequiredOrMayBeLeftOut() {
    assertThat(new OptionTable().of("port", "PORT", Parsers.TEXT, "80", "where"))
        .returns(Optional.of("80"), Option::defaultText)
        .returns(false, Option::required);
    assertThat(new OptionTable().required("port", "PORT", Parsers.TEXT, "where"))
        .returns(Optional.empty(), Option::defaultText)
        .returns(true, Option::required);
    assertThat(new OptionTable().optional("port", "PORT", Parsers.TEXT, "where"))
        .returns(Optional.empty(), Option::defaultText)
        .returns(false, Option::required);
    assertThat(new OptionTable().flag("port", "whether"))
        .returns(Optional.of("false"), Option::defaultText)
        .returns(false, Option::required);
  }

  @Test
  void everyProblemIsReportedAtOnce() {
    assertThatThrownBy(
            () ->
                TABLE.parse(
                    List.of(
                        "--colour=red",
                        "--http-port=99999",
                        "--grace-period=3 weeks",
                        "--service-cidrs=10.0.0.1/8",
                        "--cleanup",
                        "--cleanup=maybe"),
                    Map.of()))
        .isInstanceOfSatisfying(
            OptionException.class,
            e ->
                assertThat(e.problems())
                    .satisfiesExactly(
                        p -> assertThat(p).contains("unknown option --colour", "--node-name"),
                        p -> assertThat(p).contains("--cleanup is given twice"),
                        p -> assertThat(p).contains("--node-name is missing", "WEFT_NODE_NAME"),
                        p -> assertThat(p).contains("--grace-period=3 weeks", "500ms"),
                        p -> assertThat(p).contains("--http-port=99999", "from 0 to 65535"),
                        p -> assertThat(p).contains("--cleanup=maybe", "true or false"),
                        p -> assertThat(p).contains("host bits", "10.0.0.0/8")));
  }

  @Test
  void aLastOptionWithoutItsValueIsAProblem() {
    assertThatThrownBy(() -> TABLE.parse(List.of("--node-name"), Map.of()))
        .hasMessageContaining("--node-name needs a value: NAME");
  }

  @Test
  void theTableSaysWhatIsRequiredAndWhatIsTheDefault() {
    assertThat(TABLE.markdown())
        .contains("| `--node-name=NAME` | `WEFT_NODE_NAME` | required | name of this node |")
        .contains("| `--grace-period=DURATION` | `WEFT_GRACE_PERIOD` | `10m` | how long |")
        .contains("| `--cleanup` | `WEFT_CLEANUP` | `false` | remove everything |");
  }

  @Test
  void anOptionWithoutDefaultHasNoneInTheTableAndNoValueUnlessItIsGiven() throws OptionException {
    assertThat(TABLE.markdown())
        .contains("| `--service-cidrs=CIDRS` | `WEFT_SERVICE_CIDRS` |  | ranges |");
    OptionValues values = TABLE.parse(List.of("--node-name=node1"), Map.of());
    assertThatThrownBy(() -> values.get(CIDRS))
        .isInstanceOf(NoSuchElementException.class)
        .hasMessage("--service-cidrs has no value");
    assertThat(
            TABLE
                .parse(List.of("--node-name=node1", "--service-cidrs=10.96.0.0/12"), Map.of())
                .get(CIDRS))
        .containsExactly(Cidr.parse("10.96.0.0/12"));
  }

  @Test
  void aProblemNamesTheVariableThatAValueCameFrom() {
    assertThatThrownBy(
            () -> TABLE.parse(List.of("--node-name=node1"), Map.of("WEFT_HTTP_PORT", "http")))
        .hasMessage("WEFT_HTTP_PORT=http: must be a whole number from 0 to 65535");
  }

  @Test
  void aWordWithoutDashesIsNoOptionAndTheKnownOnesAreNamed() {
    assertThatThrownBy(() -> TABLE.parse(List.of("node-name=node1"), Map.of()))
        .hasMessageStartingWith(
            "unknown option node-name; known are --node-name, --grace-period, --http-port,"
                + " --cleanup, --service-cidrs; --node-name is missing");
  }

  @Test
  void twoOptionsOfOneKeyAreRefused() {
    assertThatThrownBy(() -> TABLE.add(NAME))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("two options --node-name");
  }
}
