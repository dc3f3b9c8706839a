// SPDX-License-Identifier: Apache-2.0
package dev.weft.probes;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers GET and HEAD on one address, in one thread, whoever its clients are.
 *
 * <ul>
 *   <li>It holds at most {@value #MAX_CONNECTIONS} connections. One more closes the oldest that has
 *       not sent its request yet, or else the oldest, so that silent clients cost nobody an answer.
 *   <li>A connection lives for 10 seconds at most and carries one request, whose head has at most
 *       8,192 bytes.
 *   <li>Answers that clients do not take hold at most 4 MiB; the oldest are dropped for new ones.
 *   <li>An address that cannot be listened on, because its port is taken for one, is tried again
 *       every 5 seconds; {@link #trouble} is why meanwhile, and each change is logged.
 * </ul>
 *
 * <p>Its handlers run in its thread: they must answer from memory. The bounds hold for each server,
 * so what is open to the network and what is the node's own are two of them.
 */
public final class HttpServer implements AutoCloseable {
  /** How many connections it holds, each a descriptor. */
  public static final int MAX_CONNECTIONS = 128;

  private static final Logger LOG = LoggerFactory.getLogger(HttpServer.class);

  /** The kernel's message for EADDRINUSE. */
  private static final String IN_USE = "Address already in use";

  private static final int BACKLOG = 1024;
  private static final int ACCEPTS_IN_A_ROW = 32; // what they evict is given back at the next turn
  private static final int MAX_ANSWER_BYTES = 4 << 20;
  private static final Duration CONNECTION_TIME = Duration.ofSeconds(10);
  private static final Duration RETRY_PAUSE = Duration.ofSeconds(5);
  private static final long CLOSE_MILLIS = 2_000;

  private final Endpoint endpoint;
  private final Map<String, Function<HttpRequest, HttpAnswer>> handlers;
  private final Runnable changed;
  private final long connectionNanos;
  private final long retryNanos;
  private final Selector selector;
  private final Thread thread;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(HttpConnection.MAX_HEAD_BYTES);

  /** In the order of their coming, which is that of their deadlines. */
  private final Set<HttpConnection> connections = new LinkedHashSet<>();

  private ServerSocketChannel listener;

  /** Of the listener; null while its port cannot be had. */
  private SelectionKey listening;

  private long retryAtNanos;
  private String acceptTrouble = "";
  private volatile int port;
  private volatile Optional<String> trouble = Optional.empty();
  private volatile boolean closed;

  /**
   * Who answers, and where.
   *
   * @param program the value of the header {@code Server} of each answer
   * @param address where it listens; port 0: any free one
   * @param portOption what chooses another port, for who reads that this one is taken
   */
  public record Endpoint(String program, InetSocketAddress address, String portOption) {
    /** What cannot be in a header becomes "?". */
    public Endpoint {
      program = program.replaceAll("[^ -~]", "?");
    }

    String text() {
      return address.getHostString() + " port " + address.getPort();
    }
  }

  private HttpServer(
      Endpoint endpoint,
      Map<String, Function<HttpRequest, HttpAnswer>> handlers,
      Runnable changed,
      Duration connectionTime,
      Duration retryPause)
      throws IOException {
    this.endpoint = endpoint;
    this.port = endpoint.address().getPort();
    this.handlers = new LinkedHashMap<>(handlers);
    this.changed = changed;
    this.connectionNanos = connectionTime.toNanos();
    this.retryNanos = retryPause.toNanos();
    this.selector = Selector.open();
    this.thread = new Thread(this::run, "http-" + port);
    thread.setDaemon(true);
  }

  /**
   * Begins to listen, or to try.
   *
   * @param handlers the answer for each path
   * @param changed called when {@link #trouble} changed, also before this method returns
   * @throws IOException if the process may open no more descriptors
   */
  public static HttpServer start(
      Endpoint endpoint, Map<String, Function<HttpRequest, HttpAnswer>> handlers, Runnable changed)
      throws IOException {
    return start(endpoint, handlers, changed, CONNECTION_TIME, RETRY_PAUSE);
  }

  static HttpServer start(
      Endpoint endpoint,
      Map<String, Function<HttpRequest, HttpAnswer>> handlers,
      Runnable changed,
      Duration connectionTime,
      Duration retryPause)
      throws IOException {
    HttpServer server = new HttpServer(endpoint, handlers, changed, connectionTime, retryPause);
    server.listen();
    server.thread.start();
    return server;
  }

  /** The port that it listens on, or tries to. */
  public int port() {
    return port;
  }

  /** Why it does not listen, the kernel's message; empty while it does. */
  public Optional<String> trouble() {
    return trouble;
  }

  /** Closes every connection and gives the port back. */
  @Override
  public void close() {
    closed = true;
    selector.wakeup();
    try {
      thread.join(CLOSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    try {
      while (!closed) {
        try {
          selector.select(this::serve, millisToWait());
          closeExpired();
          if (isAway() && retryAtNanos - System.nanoTime() <= 0) {
            comeBack();
          }
        } catch (IOException | RuntimeException | Error e) {
          LOG.error("serve HTTP on {}", endpoint.text(), e);
          LockSupport.parkNanos(retryNanos);
        }
      }
    } finally {
      connections.forEach(HttpConnection::close);
      closeQuietly(listener);
      closeQuietly(selector);
    }
  }

  /** Until the next deadline; at least 1 ms, at most 5 s. */
  private long millisToWait() {
    long nanos = retryNanos;
    if (isAway()) {
      nanos = retryAtNanos - System.nanoTime();
    }
    if (!connections.isEmpty()) {
      nanos = Math.min(nanos, connections.iterator().next().nanosLeft());
    }
    return Math.max(1, nanos / 1_000_000);
  }

  private boolean isAway() {
    return listening == null || listening.interestOps() == 0;
  }

  private void comeBack() {
    if (listening == null) {
      listen();
    } else {
      listening.interestOps(SelectionKey.OP_ACCEPT);
    }
  }

  private void listen() {
    ServerSocketChannel channel = null;
    try {
      channel = ServerSocketChannel.open();
      channel.configureBlocking(false);
      channel.bind(endpoint.address(), BACKLOG);
      port = ((InetSocketAddress) channel.getLocalAddress()).getPort();
      listener = channel;
      listening = channel.register(selector, SelectionKey.OP_ACCEPT);
      LOG.info("listening on {} port {}", endpoint.address().getHostString(), port);
      setTrouble(Optional.empty());
    } catch (IOException e) {
      closeQuietly(channel);
      retryAtNanos = System.nanoTime() + retryNanos;
      setTrouble(
          Optional.of("listen on %s: %s".formatted(endpoint.text(), e.getMessage()) + remedy(e)));
    }
  }

  private String remedy(IOException e) {
    boolean taken = e instanceof BindException && e.getMessage().contains(IN_USE);
    return taken
        ? "; stop the program that has it (ss -ltnp) or choose another port: "
            + endpoint.portOption()
        : "";
  }

  private void setTrouble(Optional<String> now) {
    if (now.equals(trouble)) {
      return;
    }
    trouble = now;
    now.ifPresent(message -> LOG.error("{}; trying again", message));
    changed.run();
  }

  private void serve(SelectionKey key) {
    if (!key.isValid()) {
      return;
    }
    if (key.isAcceptable()) {
      accept();
      return;
    }
    HttpConnection connection = (HttpConnection) key.attachment();
    try {
      if (key.isWritable()) {
        connection.write();
      } else {
        read(connection);
      }
    } catch (IOException e) {
      close(connection);
    }
  }

  private void accept() {
    try {
      for (int i = 0; i < ACCEPTS_IN_A_ROW; i++) {
        SocketChannel channel = listener.accept();
        if (channel == null) {
          return;
        }
        if (connections.size() == MAX_CONNECTIONS) {
          close(leastWorthKeeping());
        }
        add(channel);
        acceptTrouble = "";
      }
    } catch (IOException e) {
      pauseAccepting(e);
    }
  }

  private void add(SocketChannel channel) throws IOException {
    try {
      channel.configureBlocking(false);
      SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
      HttpConnection connection =
          new HttpConnection(channel, key, System.nanoTime() + connectionNanos);
      connections.add(connection);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /** There may be no descriptor left: a listener that stays ready would keep the thread busy. */
  private void pauseAccepting(IOException e) {
    listening.interestOps(0);
    retryAtNanos = System.nanoTime() + retryNanos;
    if (!connections.isEmpty()) {
      close(leastWorthKeeping());
    }
    if (!e.toString().equals(acceptTrouble)) {
      LOG.warn("accept on {}: {}; trying again", endpoint.text(), e.getMessage());
    }
    acceptTrouble = e.toString();
  }

  private HttpConnection leastWorthKeeping() {
    for (HttpConnection connection : connections) {
      if (!connection.isAnswering()) {
        return connection;
      }
    }
    return connections.iterator().next();
  }

  private void read(HttpConnection connection) throws IOException {
    HttpAnswer answer;
    boolean withBody = true;
    try {
      Optional<String> head = connection.read(buffer);
      if (head.isEmpty()) {
        return;
      }
      HttpRequest request = HttpRequest.parse(head.get());
      withBody = !request.method().equals("HEAD");
      answer = answer(request);
    } catch (IllegalArgumentException e) {
      answer = HttpAnswer.text(400, e.getMessage() + "\n");
    }
    byte[] bytes = bytes(answer, withBody);
    makeRoom(bytes.length);
    connection.answer(bytes);
  }

  private HttpAnswer answer(HttpRequest request) {
    Function<HttpRequest, HttpAnswer> handler = handlers.get(request.path());
    if (handler == null) {
      return HttpAnswer.text(404, "not found: " + request.path() + "\n");
    }
    if (!request.method().equals("GET") && !request.method().equals("HEAD")) {
      return HttpAnswer.text(405, "only GET\n");
    }
    try {
      return handler.apply(request);
    } catch (RuntimeException e) {
      LOG.error("answer GET {}", request.path(), e);
      return HttpAnswer.text(500, "this failed; the log has the cause\n");
    }
  }

  private byte[] bytes(HttpAnswer answer, boolean withBody) {
    byte[] body = answer.text().getBytes(StandardCharsets.UTF_8);
    String head =
        "HTTP/1.1 "
            + answer.status()
            + " \r\nServer: "
            + endpoint.program()
            + "\r\nContent-Type: "
            + answer.type()
            + "\r\nContent-Length: "
            + body.length
            + "\r\nConnection: close\r\n\r\n";
    byte[] headBytes = head.getBytes(StandardCharsets.US_ASCII);
    if (!withBody) {
      return headBytes;
    }
    byte[] all = new byte[headBytes.length + body.length];
    System.arraycopy(headBytes, 0, all, 0, headBytes.length);
    System.arraycopy(body, 0, all, headBytes.length, body.length);
    return all;
  }

  /** Drops the oldest answers that are under way until there is room for one more. */
  private void makeRoom(int bytes) {
    long held = bytes + answerBytes();
    Iterator<HttpConnection> oldest = connections.iterator();
    while (held > MAX_ANSWER_BYTES && oldest.hasNext()) {
      HttpConnection connection = oldest.next();
      if (connection.isAnswering()) {
        held -= connection.answerBytes();
        connection.close();
        oldest.remove();
      }
    }
  }

  /** What the answers under way hold; exact for the server's own thread only. */
  private long answerBytes() {
    long held = 0;
    for (HttpConnection connection : connections) {
      held += connection.answerBytes();
    }
    return held;
  }

  private void closeExpired() {
    Iterator<HttpConnection> oldest = connections.iterator();
    while (oldest.hasNext()) {
      HttpConnection connection = oldest.next();
      if (connection.nanosLeft() > 0) {
        return;
      }
      connection.close();
      oldest.remove();
    }
  }

  private void close(HttpConnection connection) {
    connection.close();
    connections.remove(connection);
  }

  private static void closeQuietly(AutoCloseable closeable) {
    try {
      if (closeable != null) {
        closeable.close();
      }
    } catch (Exception e) {
      LOG.debug("close", e);
    }
  }
}
