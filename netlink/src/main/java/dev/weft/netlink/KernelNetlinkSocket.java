// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink;

import dev.weft.netlink.codec.MalformedMessageException;
import dev.weft.netlink.codec.MessageReader;
import dev.weft.netlink.codec.MessageWriter;
import dev.weft.netlink.libc.Errno;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/** A netlink socket of the kernel. */
public final class KernelNetlinkSocket implements NetlinkSocket {
  private static final int BATCH = 1024;

  /** Half of the send buffer that a socket has by default, so that a batch always fits. */
  private static final int BATCH_BYTES = 96 * 1024;

  /** So many queries in one send: their answers wait in the receive buffer meanwhile. */
  private static final int QUERIES = 256;

  private static final int DUMP_ATTEMPTS = 50;
  private static final long DUMP_PAUSE_NANOS = 200_000;

  private final SocketDescriptor descriptor;
  private int sequence = (int) System.nanoTime();

  KernelNetlinkSocket(SocketDescriptor descriptor) {
    this.descriptor = descriptor;
  }

  /**
   * A NETLINK_ROUTE socket in this process's namespace.
   *
   * @throws NetlinkException if the kernel refuses it
   */
  public static KernelNetlinkSocket openRoute() throws NetlinkException {
    return new KernelNetlinkSocket(SocketDescriptor.open(SocketDescriptor.NETLINK_ROUTE));
  }

  /**
   * A NETLINK_NETFILTER socket in this process's namespace. To be kept: closing one after a
   * transaction that deleted something waits 10 ms for the kernel.
   *
   * @throws NetlinkException if the kernel refuses it
   */
  public static KernelNetlinkSocket openNetfilter() throws NetlinkException {
    return new KernelNetlinkSocket(SocketDescriptor.open(SocketDescriptor.NETLINK_NETFILTER));
  }

  /**
   * A NETLINK_ROUTE socket that another process opened in another namespace and handed over. It
   * stays the caller's: {@link #close} leaves the descriptor open.
   *
   * @throws NetlinkException if the descriptor is no NETLINK_ROUTE socket, or one of this process's
   *     own namespace
   */
  public static KernelNetlinkSocket borrowRoute(int fd) throws NetlinkException {
    return new KernelNetlinkSocket(SocketDescriptor.borrow(fd));
  }

  @Override
  public synchronized void execute(Request request) throws NetlinkException {
    ThreadBuffers buffers = ThreadBuffers.current();
    MessageWriter writer = buffers.writer();
    int mine = ++sequence;
    writer.sequence(mine);
    request.write(writer);
    writer.acknowledgeLast();
    check(buffers.send(descriptor.fd()), request);
    MessageReader reader = buffers.reader();
    while (true) {
      check(buffers.receive(descriptor.fd()), request);
      try {
        while (reader.next()) {
          if (reader.type() == Reply.NLMSG_ERROR && reader.sequence() == mine) {
            if (Reply.errno(reader) != 0) {
              throw refusal(reader, request.describe());
            }
            return;
          }
        }
      } catch (MalformedMessageException e) {
        throw malformed(request.describe(), e);
      }
    }
  }

  @Override
  public synchronized List<BatchFailure> executeAll(List<? extends Request> requests)
      throws NetlinkException {
    List<BatchFailure> failures = new ArrayList<>(0);
    int done = 0;
    while (done < requests.size()) {
      done = executeSome(requests, done, failures);
    }
    return failures;
  }

  /** Sends requests from this one on, as many as go into one send, and returns where it stopped. */
  private int executeSome(List<? extends Request> requests, int from, List<BatchFailure> failures)
      throws NetlinkException {
    ThreadBuffers buffers = ThreadBuffers.current();
    MessageWriter writer = buffers.writer();
    int first = sequence + 1;
    int to = from;
    do {
      writer.sequence(++sequence);
      requests.get(to++).write(writer);
    } while (to < requests.size()
        && to - from < BATCH
        && writer.length() < BATCH_BYTES
        && !requests.get(to - 1).alone()
        && !requests.get(to).alone());
    writer.acknowledgeLast();
    List<? extends Request> batch = requests.subList(from, to);
    checkBatch(buffers.send(descriptor.fd()), batch);
    while (true) {
      checkBatch(buffers.receive(descriptor.fd()), batch);
      if (readBatch(buffers.reader(), first, from, batch, failures)) {
        return to;
      }
    }
  }

  /** Reads one datagram, and returns whether the answer to the last request was in it. */
  private static boolean readBatch(
      MessageReader reader,
      int first,
      int from,
      List<? extends Request> batch,
      List<BatchFailure> failures)
      throws NetlinkException {
    try {
      while (reader.next()) {
        int place = reader.sequence() - first;
        if (reader.type() != Reply.NLMSG_ERROR || place < 0 || place >= batch.size()) {
          continue;
        }
        if (Reply.errno(reader) != 0) {
          String action = batch.get(place).describe();
          failures.add(new BatchFailure(from + place, refusal(reader, action)));
        }
        if (place == batch.size() - 1) {
          return true;
        }
      }
      return false;
    } catch (MalformedMessageException e) {
      throw malformed(words(batch), e);
    }
  }

  @Override
  public synchronized <T> List<T> dump(Query<T> query) throws NetlinkException {
    List<T> found = new ArrayList<>();
    for (int attempt = 0; attempt < DUMP_ATTEMPTS; attempt++) {
      found.clear();
      if (query(query, true, found::add)) {
        return found;
      }
      LockSupport.parkNanos(attempt * DUMP_PAUSE_NANOS);
    }
    throw new NetlinkException(
        query.describe(), Errno.EINTR, "interrupted by changes " + DUMP_ATTEMPTS + " times");
  }

  @Override
  public synchronized <T> Optional<T> find(Query<T> query) throws NetlinkException {
    First<T> found = new First<>();
    try {
      query(query, false, found);
    } catch (NetlinkException e) {
      boolean noRoute = e.errno() == Errno.ENETUNREACH || e.errno() == Errno.EHOSTUNREACH;
      if (e.isNotFound() || noRoute) {
        return Optional.empty();
      }
      throw e;
    }
    return Optional.ofNullable(found.value);
  }

  @Override
  public synchronized <T> List<Optional<T>> findAll(List<? extends Query<T>> queries)
      throws NetlinkException {
    List<Optional<T>> answers = new ArrayList<>(queries.size());
    for (int from = 0; from < queries.size(); from += QUERIES) {
      findSome(queries.subList(from, Math.min(from + QUERIES, queries.size())), answers);
    }
    return answers;
  }

  /** Queries in one send. Each query gets one answer: an object or an error. */
  private <T> void findSome(List<? extends Query<T>> queries, List<Optional<T>> answers)
      throws NetlinkException {
    ThreadBuffers buffers = ThreadBuffers.current();
    buffers.makeRoomForDump();
    MessageWriter writer = buffers.writer();
    int first = sequence + 1;
    for (Query<T> query : queries) {
      writer.sequence(++sequence);
      query.write(writer);
    }
    checkQuery(buffers.send(descriptor.fd()), queries.get(0));
    List<First<T>> found = new ArrayList<>(queries.size());
    queries.forEach(query -> found.add(new First<>()));
    MessageReader reader = buffers.reader();
    int open = queries.size();
    while (open > 0) {
      checkQuery(buffers.receive(descriptor.fd()), queries.get(0));
      try {
        while (reader.next()) {
          int place = reader.sequence() - first;
          if (place < 0 || place >= queries.size()) {
            continue;
          }
          open--;
          if (reader.type() != Reply.NLMSG_ERROR) {
            queries.get(place).read(reader, found.get(place));
          }
        }
      } catch (MalformedMessageException e) {
        throw malformed(queries.get(0).describe(), e);
      }
    }
    found.forEach(answer -> answers.add(Optional.ofNullable(answer.value)));
  }

  /** Queries and passes the answer to {@code found}; returns whether no change interrupted it. */
  private <T> boolean query(Query<T> query, boolean dump, Consumer<T> found)
      throws NetlinkException {
    ThreadBuffers buffers = ThreadBuffers.current();
    buffers.makeRoomForDump();
    MessageWriter writer = buffers.writer();
    int mine = ++sequence;
    writer.sequence(mine);
    query.write(writer);
    checkQuery(buffers.send(descriptor.fd()), query);
    MessageReader reader = buffers.reader();
    boolean uninterrupted = true;
    while (true) {
      checkQuery(buffers.receive(descriptor.fd()), query);
      try {
        while (reader.next()) {
          if (reader.sequence() != mine) {
            continue;
          }
          uninterrupted &= (reader.flags() & Reply.NLM_F_DUMP_INTR) == 0;
          if (reader.type() == Reply.NLMSG_ERROR || reader.type() == Reply.NLMSG_DONE) {
            if (Reply.errno(reader) != 0) {
              throw refusal(reader, query.describe());
            }
            return uninterrupted;
          }
          query.read(reader, found);
          if (!dump) {
            return true;
          }
        }
      } catch (MalformedMessageException e) {
        throw malformed(query.describe(), e);
      }
    }
  }

  /** Keeps the first of what it gets. */
  private static final class First<T> implements Consumer<T> {
    private T value;

    @Override
    public void accept(T given) {
      if (value == null) {
        value = given;
      }
    }
  }

  @Override
  public int netlinkPid() {
    return descriptor.netlinkPid();
  }

  @Override
  public synchronized void close() {
    descriptor.close();
  }

  private static NetlinkException refusal(MessageReader reader, String action) {
    return new NetlinkException(action, Reply.errno(reader), Reply.text(reader));
  }

  private static NetlinkException malformed(String action, MalformedMessageException cause) {
    NetlinkException error =
        new NetlinkException(action, Errno.EBADMSG, "malformed reply: " + cause.getMessage());
    error.initCause(cause);
    return error;
  }

  private static void check(int result, Request request) throws NetlinkException {
    if (result < 0) {
      throw failed(request.describe(), -result);
    }
  }

  private static void checkBatch(int result, List<? extends Request> batch)
      throws NetlinkException {
    if (result < 0) {
      throw failed(words(batch), -result);
    }
  }

  private static String words(List<? extends Request> batch) {
    String first = batch.get(0).describe();
    return batch.size() == 1 ? first : first + " and " + (batch.size() - 1) + " more";
  }

  private static void checkQuery(int result, Query<?> query) throws NetlinkException {
    if (result < 0) {
      throw failed(query.describe(), -result);
    }
  }

  private static NetlinkException failed(String action, int errno) {
    return errno == Errno.EAGAIN
        ? new NetlinkException(action, Errno.ETIMEDOUT, "no answer from the kernel in time")
        : new NetlinkException(action, errno, "");
  }
}
