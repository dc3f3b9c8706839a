// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.install;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * One agent a node: locks (fcntl(2)) on two files, which the kernel gives up with the process that
 * holds them. Both are their owner's alone: whoever may read a file may lock it.
 *
 * <p>The lock on the second file excludes the agents of today. The first one names the process and
 * excludes agents of the version before, which made it readable to all and lock it alone; a shared
 * lock does, and one that somebody else has held since then is not in its way.
 *
 * <p>Nothing else of the process may open the files: the kernel gives a lock up when its process
 * closes any descriptor of the file.
 */
public final class AgentLock implements AutoCloseable {
  /** Its name in the directory of what is remembered until the next boot. */
  public static final String FILE = "agent.lock";

  /** The name of the second file, beside it. */
  public static final String EXCLUSIVE_FILE = "agent.lock.exclusive";

  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");

  private final FileChannel named;
  private final FileChannel exclusive;

  private AgentLock(FileChannel named, FileChannel exclusive) {
    this.named = named;
    this.exclusive = exclusive;
  }

  /**
   * Takes the lock.
   *
   * @param file the first file; the second lies beside it
   * @throws InstallException if another agent holds it, or a file is a symbolic link, belongs to
   *     another user, or cannot be written
   */
  public static AgentLock take(Path file) throws InstallException {
    try {
      Files.createDirectories(file.getParent());
      FileChannel exclusive = open(file.resolveSibling(EXCLUSIVE_FILE));
      FileChannel named = open(file);
      if (exclusive.tryLock() == null || named.tryLock(0, Long.MAX_VALUE, true) == null) {
        exclusive.close();
        named.close();
        throw new InstallException(
            InstallException.AGENT_ALREADY_RUNNING,
            "lock %s: another agent (process %s) runs on this node; stop it first"
                .formatted(file, Files.readString(file).strip()));
      }
      named.truncate(0);
      AgentLock taken = new AgentLock(named, exclusive);
      named.write(ByteBuffer.wrap((taken.holder() + "\n").getBytes(StandardCharsets.US_ASCII)));
      return taken;
    } catch (IOException e) {
      throw new InstallException("lock " + file + ": " + e, e);
    }
  }

  /** The process that holds it: this one. */
  public long holder() {
    return ProcessHandle.current().pid();
  }

  /** Gives the lock up. */
  @Override
  public void close() throws IOException {
    try (exclusive) {
      named.close();
    }
  }

  private static FileChannel open(Path file) throws IOException, InstallException {
    FileChannel channel =
        FileChannel.open(
            file,
            Set.of(
                StandardOpenOption.CREATE,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                LinkOption.NOFOLLOW_LINKS),
            PosixFilePermissions.asFileAttribute(OWNER_ONLY));
    Object owner = Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    if (!owner.equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))) {
      channel.close();
      throw new InstallException(
          InstallException.FILE_WRITE_FAILED,
          "lock %s: it belongs to user %s, who could keep every agent away; remove it"
              .formatted(file, owner));
    }
    Files.setPosixFilePermissions(file, OWNER_ONLY);
    return channel;
  }
}
