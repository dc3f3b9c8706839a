// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A process that a sandbox started, as its file records it: the id alone could be another's by now,
 * so the time it was started (in the kernel's ticks since boot) must be the same too.
 *
 * @param pid its id
 * @param startTicks field 22 of {@code /proc/PID/stat}
 */
record OwnProcess(long pid, long startTicks) {
  // proc(5), /proc/PID/stat: fields 3, 6 and 22; the name before them may hold spaces.
  private static final int STATE = 0;
  private static final int SESSION = 3;
  private static final int START_TICKS = 19;

  /** How long a process may take to end, in hundredths of a second: what a kubelet grants. */
  private static final int PATIENCE_TICKS = 3000;

  /** Records a process that was just started. */
  static OwnProcess record(Path file, long pid) {
    OwnProcess process =
        new OwnProcess(
            pid,
            startTicks(pid)
                .orElseThrow(() -> new SandboxException("process " + pid + " ended at once")));
    try {
      Files.writeString(file, pid + " " + process.startTicks() + "\n");
    } catch (IOException e) {
      throw new SandboxException("write " + file + ": " + e.getMessage(), e);
    }
    return process;
  }

  /** Reads a file; empty when there is none. */
  static Optional<OwnProcess> read(Path file) {
    try {
      String[] words = Files.readString(file).strip().split(" ");
      return Optional.of(new OwnProcess(Long.parseLong(words[0]), Long.parseLong(words[1])));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException | NumberFormatException | ArrayIndexOutOfBoundsException e) {
      throw new SandboxException("read " + file + ": " + e.getMessage(), e);
    }
  }

  boolean isAlive() {
    return startTicks(pid).filter(ticks -> ticks == startTicks).isPresent();
  }

  /** Ends it, by SIGTERM or at once by SIGKILL, and waits until it is gone. */
  void end(boolean force) {
    Optional<ProcessHandle> handle = ProcessHandle.of(pid).filter(h -> isAlive());
    if (handle.isEmpty()) {
      return;
    }
    if (force) {
      handle.get().destroyForcibly();
    } else {
      handle.get().destroy();
    }
    for (int i = 0; i < PATIENCE_TICKS && isAlive(); i++) {
      pause();
    }
    if (isAlive() && !force) {
      end(true);
    }
  }

  /**
   * Ends a session's leader and every process of its session at once, also one that it started and
   * did not record yet.
   */
  void endSession() {
    if (!isAlive()) {
      return;
    }
    end(true);
    for (List<OwnProcess> rest = session(); !rest.isEmpty(); rest = session()) {
      rest.forEach(process -> process.end(true));
    }
  }

  private List<OwnProcess> session() {
    List<OwnProcess> members = new ArrayList<>();
    for (ProcessHandle process : ProcessHandle.allProcesses().toList()) {
      stat(process.pid())
          .filter(fields -> Long.parseLong(fields[SESSION]) == pid)
          .map(fields -> new OwnProcess(process.pid(), Long.parseLong(fields[START_TICKS])))
          .ifPresent(members::add);
    }
    return members;
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(10);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** When a process started; empty when it is not there, or has ended and is not reaped yet. */
  private static Optional<Long> startTicks(long pid) {
    return stat(pid).map(fields -> Long.parseLong(fields[START_TICKS]));
  }

  /** What the kernel knows of a process, from its state on; empty as above. */
  private static Optional<String[]> stat(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      return fields[STATE].equals("Z") ? Optional.empty() : Optional.of(fields);
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
