// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.install;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * One agent a node: a lock on a file that the kernel gives up with the process that holds it. The
 * file names that process. Nothing else of the process may open the file: the kernel gives a lock
 * (fcntl(2)) up when its process closes any descriptor of the file.
 */
public final class AgentLock implements AutoCloseable {
  /** Its name in the folder of what is remembered until the next boot. */
  public static final String FILE = "agent.lock";

  private final FileChannel channel;

  private AgentLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Takes the lock.
   *
   * @throws InstallException if another agent holds it, or the file cannot be written
   */
  public static AgentLock take(Path file) throws InstallException {
    try {
      Files.createDirectories(file.getParent());
      FileChannel channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      FileLock lock = channel.tryLock();
      if (lock == null) {
        String holder = Files.readString(file).strip();
        channel.close();
        throw new InstallException(
            InstallException.OTHER_AGENT,
            "lock %s: another agent (process %s) runs on this node; stop it first"
                .formatted(file, holder));
      }
      channel.truncate(0);
      AgentLock taken = new AgentLock(channel);
      channel.write(ByteBuffer.wrap((taken.holder() + "\n").getBytes(StandardCharsets.US_ASCII)));
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
    channel.close();
  }
}
