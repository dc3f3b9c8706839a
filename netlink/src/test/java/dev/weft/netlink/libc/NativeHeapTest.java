// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.libc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Pointer;
import jnr.ffi.types.size_t;
import org.junit.jupiter.api.Test;

class NativeHeapTest {
  private static final int PIECES = 8192;
  private static final int PIECE = 4000;

  /** malloc(3) and free(3). */
  public interface Heap {
    Pointer malloc(@size_t long size);

    void free(Pointer piece);
  }

  @Test
  void whatIsFreeGoesBackThoughWhatFollowsItIsInUse() throws IOException {
    Heap heap = LibraryLoader.create(Heap.class).load("c");
    Pointer[] pieces = new Pointer[PIECES];
    for (int i = 0; i < PIECES; i++) {
      pieces[i] = heap.malloc(PIECE);
      pieces[i].setMemory(0, PIECE, (byte) 1);
    }
    for (int i = 0; i < PIECES - 1; i++) {
      heap.free(pieces[i]);
    }
    long before = residentBytes();

    NativeHeap.trim();

    assertThat(before - residentBytes()).isGreaterThan(PIECES * PIECE / 2);
    heap.free(pieces[PIECES - 1]);
  }

  /** RssAnon of proc(5), without the pages of files. */
  private static long residentBytes() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(line -> line.startsWith("RssAnon:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
            .findFirst()
            .orElseThrow()
        * 1024;
  }
}
