// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApiBinariesTest {
  private static final String DIR = "KUBE_API_TEST_DIR";
  private static final String VERSION = "KUBE_API_TEST_API_SERVER_VERSION";

  @TempDir private Path directory;

  @Test
  void theNewestVersionIsTakenWhereNoneIsNamed() throws IOException {
    programs("test/k8s/1.9.0-linux-amd64");
    Path newest = programs("test/k8s/1.34.4-linux-amd64");
    Path older = programs("test/k8s/1.33.1-linux-amd64");
    String test = directory.resolve("test").toString();

    assertThat(ApiBinaries.find(Map.of(DIR, test))).isEqualTo(newest);
    assertThat(ApiBinaries.find(Map.of(DIR, test, VERSION, "1.33.1"))).isEqualTo(older);
  }

  @Test
  void theFirstDirectoryOnPathThatHasBothIsTakenWhereThereIsNoOther() throws IOException {
    Path both = programs("both");
    String path = directory.resolve("none") + "::" + both;

    assertThat(ApiBinaries.find(Map.of(DIR, directory.toString(), "PATH", path))).isEqualTo(both);
  }

  @Test
  void whereThereIsNoneItIsSaidWhatToDo() {
    Map<String, String> environment = Map.of(DIR, directory.toString(), "PATH", "");

    assertThat(ApiBinaries.search(environment)).isEmpty();
    assertThatThrownBy(() -> ApiBinaries.find(environment))
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining("set KUBE_API_TEST_DIR");
  }

  private Path programs(String name) throws IOException {
    Path made = Files.createDirectories(directory.resolve(name));
    for (String program : new String[] {"etcd", "kube-apiserver"}) {
      assertThat(Files.createFile(made.resolve(program)).toFile().setExecutable(true)).isTrue();
    }
    return made;
  }
}
