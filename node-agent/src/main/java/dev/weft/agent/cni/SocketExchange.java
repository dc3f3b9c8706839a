// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.agent.dataplane.PodNamespace;
import dev.weft.netlink.unix.UnixConnection;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** A call that came through the unix socket, in frames of protocol 1. */
final class SocketExchange implements Exchange, AutoCloseable {
  private static final int ACTION_PRINT = 0;
  private static final int ACTION_ENABLE_IPV6 = 1;

  /** How long a request may take to come. */
  private static final Duration REQUEST_TIME = Duration.ofSeconds(5);

  /** How long the plugin may take to do what the agent requested. */
  private static final Duration ACTION_TIME = Duration.ofSeconds(10);

  /** What is allocated before the bytes are there: a length alone costs nothing. */
  private static final int FIRST_PART = 8192;

  /** A configuration longer than this is large: a tree of it takes many times its length. */
  private static final int LARGE = 65536;

  private final UnixConnection connection;
  private final CniRequest request;
  private final Optional<PodNamespace> pod;
  private final Optional<Semaphore> held;

  private SocketExchange(
      UnixConnection connection,
      CniRequest request,
      Optional<PodNamespace> pod,
      Optional<Semaphore> held) {
    this.connection = connection;
    this.request = request;
    this.pod = pod;
    this.held = held;
  }

  /**
   * Receives a request.
   *
   * @param large bounds how many large requests are in memory at once
   * @return empty where the client went without a word
   * @throws CniException if it is malformed; the client may get the error
   * @throws IOException if the client is gone, silent, or no plugin of ours
   */
  static Optional<SocketExchange> receive(UnixConnection connection, Semaphore large)
      throws CniException, IOException {
    Receiver receiver = new Receiver(connection, REQUEST_TIME);
    byte[] head = new byte[RequestFrame.HEAD_BYTES];
    int first = receiver.receive(head, 0, head.length);
    if (first < 0) {
      return Optional.empty();
    }
    receiver.receiveFully(head, first);
    RequestFrame frame = RequestFrame.parse(head);
    int[] descriptors = connection.descriptors();
    if (descriptors.length != frame.descriptors()) {
      throw new CniException(
          ErrorCode.IO_FAILURE,
          "the plugin's request is malformed",
          "%d descriptors came, %d are announced"
              .formatted(descriptors.length, frame.descriptors()));
    }
    Optional<PodNamespace> pod =
        descriptors.length == 0
            ? Optional.empty()
            : Optional.of(new PodNamespace(descriptors[0], descriptors[1]));
    if (frame.stdinLength() <= LARGE) {
      CniRequest request = receiver.receiveRequest(frame);
      return Optional.of(new SocketExchange(connection, request, pod, Optional.empty()));
    }
    acquire(large);
    try {
      CniRequest request = receiver.receiveRequest(frame);
      return Optional.of(new SocketExchange(connection, request, pod, Optional.of(large)));
    } catch (CniException | IOException | RuntimeException | Error e) {
      large.release();
      throw e;
    }
  }

  private static void acquire(Semaphore large) throws CniException {
    try {
      if (large.tryAcquire(REQUEST_TIME.toNanos(), TimeUnit.NANOSECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw new CniException(
        ErrorCode.TRY_AGAIN_LATER,
        "too many large network configurations at once",
        "one of more than %d bytes waits for another".formatted(LARGE));
  }

  @Override
  public CniRequest request() {
    return request;
  }

  @Override
  public Optional<PodNamespace> pod() {
    return pod;
  }

  @Override
  public int enableIpv6(String ifName) throws IOException {
    send(connection, ACTION_ENABLE_IPV6, 0, ifName.getBytes(StandardCharsets.UTF_8));
    byte[] errno = new byte[4];
    new Receiver(connection, ACTION_TIME).receiveFully(errno, 0);
    return ByteBuffer.wrap(errno).getInt();
  }

  @Override
  public void answer(Answer answer) throws IOException {
    answer(connection, answer);
  }

  /** Whether the next large request waits until this one is closed. */
  boolean isLarge() {
    return held.isPresent();
  }

  /** Makes room for the next large request. */
  @Override
  public void close() {
    held.ifPresent(Semaphore::release);
  }

  /** Answers a client, also one whose request could not be read. */
  static void answer(UnixConnection connection, Answer answer) throws IOException {
    connection.closeDescriptors();
    send(connection, ACTION_PRINT, answer.exitCode(), answer.body());
  }

  private static void send(UnixConnection connection, int action, int code, byte[] body)
      throws IOException {
    ByteBuffer frame = ByteBuffer.allocate(RequestFrame.HEAD_BYTES + body.length);
    frame.putInt(RequestFrame.MAGIC).putShort((short) RequestFrame.VERSION);
    frame.putShort((short) action).putInt(code).putInt(body.length).put(body);
    connection.send(frame.array());
  }

  /** Receives until a deadline, however the bytes are cut; one wait is the connection's timeout. */
  private static final class Receiver {
    private final UnixConnection connection;
    private final long deadline;

    Receiver(UnixConnection connection, Duration time) {
      this.connection = connection;
      this.deadline = System.nanoTime() + time.toNanos();
    }

    int receive(byte[] into, int from, int length) throws IOException {
      if (System.nanoTime() > deadline) {
        throw new IOException("the client is too slow");
      }
      return connection.receive(into, from, length);
    }

    CniRequest receiveRequest(RequestFrame frame) throws CniException, IOException {
      byte[] environment = receive((int) frame.environmentLength());
      byte[] stdin = receive((int) frame.stdinLength());
      return new CniRequest(RequestFrame.environment(environment), stdin);
    }

    byte[] receive(int length) throws IOException {
      byte[] bytes = new byte[Math.min(length, FIRST_PART)];
      receiveFully(bytes, 0);
      while (bytes.length < length) {
        int have = bytes.length;
        bytes = Arrays.copyOf(bytes, (int) Math.min(length, 2L * have));
        receiveFully(bytes, have);
      }
      return bytes;
    }

    void receiveFully(byte[] into, int from) throws IOException {
      int have = from;
      while (have < into.length) {
        int count = receive(into, have, into.length - have);
        if (count < 0) {
          throw new EOFException("the client went in the middle of its request");
        }
        have += count;
      }
    }
  }
}
