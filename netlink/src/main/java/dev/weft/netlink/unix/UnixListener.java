// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.unix;

import dev.weft.netlink.libc.Errno;
import dev.weft.netlink.libc.NativeMemory;
import dev.weft.netlink.libc.Sys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A unix stream socket that listens at a path. Many threads may accept at once. */
public final class UnixListener implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(UnixListener.class);

  private static final int AF_UNIX = 1;
  private static final int SOCK_STREAM = 1;
  private static final int SOCK_CLOEXEC = 0x80000;
  private static final int BACKLOG = 1024;

  /** sun_path of struct sockaddr_un, with its NUL (unix(7)). */
  private static final int PATH_BYTES = 108;

  private static final String TEMPORARY = "~";
  private static final int OWNER_ONLY = 0600;
  private static final Set<Integer> EXHAUSTED =
      Set.of(Errno.EMFILE, Errno.ENFILE, Errno.ENOBUFS, Errno.ENOMEM);
  private static final long PAUSE_NANOS = 20_000_000;
  private static final long WARNING_NANOS = 60_000_000_000L;

  private final Path path;
  private final int fd;
  private final Object file;
  private final AtomicLong lastWarning = new AtomicLong(System.nanoTime() - 2 * WARNING_NANOS);
  private int users;
  private boolean closed;

  private UnixListener(Path path, int fd, Object file) {
    this.path = path;
    this.fd = fd;
    this.file = file;
  }

  /**
   * Listens at a path that only this user can connect to (mode 0600). A socket that is there, such
   * as a dead process's, is replaced at once: no client ever finds nothing.
   *
   * @throws IOException if the path is longer than 106 bytes, holds something that is no socket, or
   *     the kernel refuses it
   */
  public static UnixListener listen(Path path) throws IOException {
    Path temporary = path.resolveSibling(path.getFileName() + TEMPORARY);
    refuseOtherFile(path);
    byte[] address = temporary.toString().getBytes(StandardCharsets.UTF_8);
    if (address.length >= PATH_BYTES) {
      throw new IOException(
          "listen at %s: the path has %d bytes, at most %d are possible"
              .formatted(path, address.length - TEMPORARY.length(), PATH_BYTES - 2));
    }
    Files.deleteIfExists(temporary);
    int fd = check(path, "open a socket", Sys.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    try {
      // Before bind: the file appears with this mode.
      check(path, "set its mode", Sys.fchmod(fd, OWNER_ONLY));
      check(path, "bind it", Sys.bind(fd, socketAddress(address), 2 + address.length + 1));
      check(path, "listen", Sys.listen(fd, BACKLOG));
      Object file = fileAt(temporary);
      Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
      return new UnixListener(path, fd, file);
    } catch (IOException | RuntimeException e) {
      Sys.close(fd);
      Files.deleteIfExists(temporary);
      throw e;
    }
  }

  /**
   * Waits for a client. At the limit of descriptors it waits until there are some again.
   *
   * @return the connection; empty once the listener is closed
   * @throws UnixSocketException if the kernel refuses it
   */
  public Optional<UnixConnection> accept() throws UnixSocketException {
    if (!enter()) {
      return Optional.empty();
    }
    try {
      while (true) {
        int client = Sys.accept(fd, SOCK_CLOEXEC);
        if (client >= 0) {
          return Optional.of(new UnixConnection(client));
        }
        if (isClosed()) {
          return Optional.empty();
        }
        if (EXHAUSTED.contains(-client)) {
          pause(client);
        } else if (client != -Errno.ECONNABORTED) {
          throw new UnixSocketException("accept at " + path, -client);
        }
      }
    } finally {
      leave();
    }
  }

  /**
   * Stops listening: threads in {@link #accept} return, the path is removed unless a successor
   * listens there.
   */
  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      users++;
    }
    Sys.shutdown(fd);
    try {
      if (Files.exists(path) && fileAt(path).equals(file)) {
        Files.delete(path);
      }
    } catch (IOException e) {
      LOG.warn("remove the socket {}: {}", path, e.toString());
    }
    leave();
  }

  /** Waits for descriptors; logs it once a minute, however many threads wait. */
  private void pause(int error) {
    long now = System.nanoTime();
    long before = lastWarning.get();
    if (now - before > WARNING_NANOS && lastWarning.compareAndSet(before, now)) {
      LOG.warn("accept at {}: {}; waiting for descriptors", path, Errno.name(-error));
    }
    LockSupport.parkNanos(PAUSE_NANOS);
  }

  private synchronized boolean enter() {
    if (closed) {
      return false;
    }
    users++;
    return true;
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  /** The last to leave closes the descriptor: its number must not be reused under an accept. */
  private synchronized void leave() {
    users--;
    if (closed && users == 0) {
      Sys.close(fd);
    }
  }

  /** What distinguishes one file from another at the same path: device and inode. */
  private static Object fileAt(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
  }

  private static void refuseOtherFile(Path path) throws IOException {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    int type = (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS) & 0170000;
    if (type != 0140000) {
      throw new IOException("listen at " + path + ": something is there that is no socket");
    }
  }

  /** struct sockaddr_un (unix(7)). */
  private static NativeMemory socketAddress(byte[] path) {
    NativeMemory address = new NativeMemory(2 + PATH_BYTES);
    address.buffer().putShort(0, (short) AF_UNIX).put(2, path);
    return address;
  }

  private static int check(Path path, String step, int result) throws UnixSocketException {
    if (result < 0) {
      throw new UnixSocketException("listen at " + path + ": " + step, -result);
    }
    return result;
  }
}
