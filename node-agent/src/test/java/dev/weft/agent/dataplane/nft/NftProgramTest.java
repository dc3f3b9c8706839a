// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.nft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.netlink.nft.NftFamily;
import dev.weft.netlink.nft.TableRef;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How a run of nft ends, with a program in its place that does what nft should not. */
@Timeout(180)
class NftProgramTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final TableRef TABLE = new TableRef(NftFamily.INET, "weft");
  private static final Duration SHORT = Duration.ofMillis(200);

  @TempDir private Path directory;

  @Test
  void oneThatWritesForEverIsEnded() throws Exception {
    NftProgram nft = program("while echo table; do sleep 0.02; done", SHORT);

    assertThatThrownBy(() -> nft.list(TABLE))
        .isInstanceOf(DataplaneException.class)
        .hasMessageContaining("run nft -s -t list table inet weft: no end after 200 ms");
    await()
        .until(() -> ProcessHandle.current().descendants().noneMatch(this::runsOutOfTheDirectory));
  }

  @Test
  void oneThatReadsNothingIsEnded() throws Exception {
    NftProgram nft = program("exec sleep 600", SHORT);

    assertThatThrownBy(() -> nft.apply("#".repeat(1 << 20)))
        .isInstanceOf(DataplaneException.class)
        .hasMessageContaining("run nft -f -: no end after 200 ms");
  }

  @Test
  void oneThatWritesWithoutABoundIsEnded() throws Exception {
    NftProgram nft = program("exec yes", LONG);

    assertThatThrownBy(() -> nft.list(TABLE))
        .isInstanceOf(DataplaneException.class)
        .hasMessageContaining("it wrote more than 4194304 bytes");
  }

  @Test
  void itsOutputIsReadWholeAndItsWordsAreTold() throws Exception {
    String lines = program("seq 1 100000", LONG).list(TABLE);
    assertThat(lines).startsWith("1\n2\n").endsWith("\n100000\n");

    assertThat(program("echo Error: No such file or directory >&2; exit 1", LONG).list(TABLE))
        .isEmpty();
    NftProgram refusing = program("cat >/dev/null; echo Error: syntax >&2; exit 1", LONG);
    assertThatThrownBy(() -> refusing.apply("table"))
        .hasMessage("write nftables rules: nft: Error: syntax");
  }

  @Test
  void aKernelWithoutAFamilyOfTablesIsToldWithItsRemedy() throws Exception {
    NftProgram refusing =
        program(
            "cat >/dev/null; echo 'Could not process rule: Operation not supported' >&2; exit 1",
            LONG);

    assertThatThrownBy(() -> refusing.apply("add table arp weft"))
        .hasMessageContaining("Operation not supported; this kernel lacks it")
        .hasMessageContaining("CONFIG_NF_TABLES_ARP");
  }

  private boolean runsOutOfTheDirectory(ProcessHandle process) {
    return process.info().commandLine().orElse("").contains(directory.toString());
  }

  private NftProgram program(String script, Duration timeout) throws Exception {
    Path file = Files.writeString(directory.resolve("nft"), "#!/bin/sh\n" + script + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    return new NftProgram(file.toString(), timeout);
  }
}
