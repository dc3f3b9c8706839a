// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.sandbox.SandboxOptions;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What an administrator does with a cluster's etcd: takes a snapshot of it, and restores that. */
final class Etcd {
  private static final String BLOCKS = "/apis/weft.dev/v1alpha1/ipallocations?limit=1";

  /** Raises the revision by so many, and compacts there; etcd runs only meanwhile. */
  private static final String BUMP =
      """
      set -eu
      etcd=$1 data=$2 puts=$3 log=$4 answers=$5
      client=http://127.0.0.1:2379 peer=http://127.0.0.1:2380
      "$etcd" --data-dir="$data" --listen-client-urls=$client --advertise-client-urls=$client \
        --listen-peer-urls=$peer --initial-advertise-peer-urls=$peer \
        --initial-cluster=default=$peer >>"$log" 2>&1 &
      pid=$!
      trap 'kill $pid; wait $pid || :' EXIT
      until (exec 3<>/dev/tcp/127.0.0.1/2379) 2>/dev/null; do
        kill -0 $pid
        sleep 0.1
      done
      request() {
        printf 'POST /v3/kv/%s HTTP/1.1\\r\\nHost: etcd\\r\\nConnection: %s\\r\\nContent-Length: %d\\r\\n\\r\\n%s' \
          "$1" "$2" ${#3} "$3"
      }
      put='{"key":"dGhyb3duIGF3YXk=","value":"eA=="}'
      exec 3<>/dev/tcp/127.0.0.1/2379
      cat <&3 >"$answers" &
      reader=$!
      for ((i = 1; i < puts; i++)); do request put keep-alive "$put"; done >&3
      request put close "$put" >&3
      wait $reader
      revision=$(grep -o '"revision":"[0-9]*"' "$answers" | tail -n 1 | grep -o '[0-9]*')
      exec 3<>/dev/tcp/127.0.0.1/2379
      request compaction close '{"revision":"'$revision'","physical":true}' >&3
      head -n 1 <&3 | grep -q ' 200 '
      """;

  /** How far above the revision before a restore the one after it is at least. */
  private static final long BUMP_BEYOND = 1000;

  private final Cluster cluster;
  private final Path binary;
  private final Path state;

  /**
   * That of a cluster.
   *
   * @param options what the cluster was made of
   */
  Etcd(Cluster cluster, SandboxOptions options) {
    this.cluster = cluster;
    this.binary = options.api().orElseThrow().resolve("etcd");
    this.state = cluster.state();
  }

  /**
   * A copy of etcd's files.
   *
   * @param revision of what is in it
   */
  record Snapshot(Path directory, long revision) {}

  /** Takes a snapshot; API server and etcd are away for that moment. */
  Snapshot take() {
    long revision = revision();
    Path copy = state.resolve("snapshot");
    cluster.sandbox().stopApi();
    copy(data(), copy);
    cluster.sandbox().startApi();
    return new Snapshot(copy, revision);
  }

  /**
   * Puts a snapshot in the place of what there is, while API server and etcd are away, as {@code
   * etcdutl snapshot restore --bump-revision --mark-compacted} does.
   *
   * @param meanwhile what else happens while they are away
   */
  void restore(Snapshot snapshot, Runnable meanwhile) {
    long puts = revision() - snapshot.revision() + BUMP_BEYOND;
    replace(snapshot);
    bump(puts);
    meanwhile.run();
    cluster.sandbox().startApi();
  }

  /** The same, with the revision of the snapshot. */
  void restoreAsItIs(Snapshot snapshot) {
    replace(snapshot);
    cluster.sandbox().startApi();
  }

  private void replace(Snapshot snapshot) {
    cluster.sandbox().stopApi();
    try {
      Files.move(data(), state.resolve("etcd-before"));
    } catch (IOException e) {
      throw new UncheckedIOException("put the files of etcd away", e);
    }
    copy(snapshot.directory(), data());
  }

  private void bump(long puts) {
    cluster
        .sandbox()
        .exec(
            "bash",
            "-c",
            BUMP,
            "bump",
            binary.toString(),
            data().toString(),
            Long.toString(puts),
            cluster.sandbox().log("etcd").toString(),
            state.resolve("answers").toString())
        .orThrow();
  }

  /** What etcd counts with each write. */
  private long revision() {
    return Serialization.unmarshal(cluster.sandbox().client().raw(BLOCKS), JsonNode.class)
        .at("/metadata/resourceVersion")
        .asLong();
  }

  private Path data() {
    return state.resolve("etcd");
  }

  private void copy(Path from, Path to) {
    cluster.sandbox().exec("cp", "-a", from.toString(), to.toString()).orThrow();
  }
}
