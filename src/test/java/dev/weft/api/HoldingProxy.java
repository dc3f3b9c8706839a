// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.internal.SSLUtils;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.SocketFactory;

/**
 * Stands between one program and the API server, in plain HTTP to the program, counts what passes,
 * and keeps the first request that a test waits for until the test lets it go. HTTP/1.1 without
 * pipelining, bodies with a Content-Length only; after an answer to an upgrade both directions are
 * passed on as they are.
 */
final class HoldingProxy implements AutoCloseable {
  private static final Pattern REQUEST_LINE =
      Pattern.compile(
          "(?<method>[A-Z]+) /(?:api/v1|apis/[^/ ]+/[^/ ]+)(?:/namespaces/[^/ ]+)?"
              + "/(?<resource>[a-z]+)(?<name>/[^/? ]+)?(?<sub>/[a-z]+)?[? ].*");

  private final ServerSocket listener;
  private final URI server;
  private final SocketFactory sockets;
  private final Path kubeconfig;
  private final List<Closeable> open = new CopyOnWriteArrayList<>();
  private final AtomicReference<Predicate<String>> awaited = new AtomicReference<>(any -> false);
  private final Map<String, Long> requests = new ConcurrentHashMap<>();
  private final AtomicLong sent = new AtomicLong();
  private final AtomicLong received = new AtomicLong();
  private final CountDownLatch held = new CountDownLatch(1);
  private final CountDownLatch letGo = new CountDownLatch(1);
  private final CountDownLatch answered = new CountDownLatch(1);
  private volatile String answer = "";

  HoldingProxy(LiveApi api) throws IOException, GeneralSecurityException {
    Config config = Config.fromKubeconfig(api.kubeconfig().toFile());
    server = URI.create(config.getMasterUrl());
    sockets =
        server.getScheme().equals("https")
            ? SSLUtils.sslContext(config).getSocketFactory()
            : SocketFactory.getDefault();
    listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    kubeconfig = api.file("proxy.kubeconfig");
    Files.writeString(
        kubeconfig,
        """
        apiVersion: v1
        kind: Config
        clusters: [{name: proxy, cluster: {server: "http://127.0.0.1:%d"}}]
        users: [{name: proxy, user: {}}]
        contexts: [{name: proxy, context: {cluster: proxy, user: proxy, namespace: default}}]
        current-context: proxy
        """
            .formatted(listener.getLocalPort()));
    start(this::accept);
  }

  /** Leads a program here. */
  Path kubeconfig() {
    return kubeconfig;
  }

  /** Holds the first request from now on that this is true of, as its head and body are sent. */
  void hold(Predicate<String> request) {
    awaited.set(request);
  }

  /** Whether the request came, and is held. */
  boolean isHeld() {
    return held.getCount() == 0;
  }

  /** Sends the held request on. */
  void letGo() {
    letGo.countDown();
  }

  /** Whether the server answered the request that was held. */
  boolean isAnswered() {
    return answered.getCount() == 0;
  }

  /** The status line of the server's answer to the request that was held. */
  String answer() {
    return answer;
  }

  /**
   * What passed so far.
   *
   * @param requests how many, by method, resource and subresource
   * @param sent bytes of requests, heads included
   * @param received bytes of answers, heads and watches included
   */
  record Traffic(Map<String, Long> requests, long sent, long received) {
    /** What passed since another moment. */
    Traffic since(Traffic before) {
      Map<String, Long> more = new TreeMap<>(requests);
      before.requests().forEach((what, count) -> more.merge(what, -count, Long::sum));
      more.values().removeIf(count -> count == 0);
      return new Traffic(more, sent - before.sent(), received - before.received());
    }

    @Override
    public String toString() {
      return "%d requests, %d kB sent, %d kB received: %s"
          .formatted(
              requests.values().stream().mapToLong(Long::longValue).sum(),
              sent / 1000,
              received / 1000,
              requests);
    }
  }

  Traffic traffic() {
    return new Traffic(new TreeMap<>(requests), sent.get(), received.get());
  }

  private void count(String request) {
    Matcher line = REQUEST_LINE.matcher(request);
    if (line.lookingAt()) {
      String method =
          !line.group("method").equals("GET")
              ? line.group("method")
              : line.group(0).contains("watch=true")
                  ? "WATCH"
                  : line.group("name") == null ? "LIST" : "GET";
      String what =
          method + " " + line.group("resource") + Objects.requireNonNullElse(line.group("sub"), "");
      requests.merge(what, 1L, Long::sum);
    }
    sent.addAndGet(request.length());
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket program = listener.accept();
        int port = server.getPort() < 0 ? 443 : server.getPort();
        Socket api;
        try {
          api = sockets.createSocket(server.getHost(), port);
        } catch (IOException e) {
          program.close(); // it tries again
          continue;
        }
        program.setTcpNoDelay(true);
        api.setTcpNoDelay(true);
        open.add(program);
        open.add(api);
        AtomicReference<Boolean> tell = new AtomicReference<>(false);
        start(() -> requests(program, api, tell));
        start(() -> answers(api, program, tell));
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private void requests(Socket program, Socket api, AtomicReference<Boolean> tell) {
    try (program;
        api) {
      InputStream in = new BufferedInputStream(program.getInputStream());
      OutputStream out = api.getOutputStream();
      byte[] head = head(in);
      while (head.length > 0) {
        byte[] body = in.readNBytes(contentLength(head));
        String request =
            new String(head, StandardCharsets.ISO_8859_1)
                + new String(body, StandardCharsets.UTF_8);
        count(request);
        Predicate<String> test = awaited.get();
        if (test.test(request) && awaited.compareAndSet(test, any -> false)) {
          held.countDown();
          letGo.await();
          tell.set(true);
        }
        out.write(head);
        out.write(body);
        out.flush();
        if (request.toLowerCase(Locale.ROOT).contains("upgrade: websocket")) {
          in.transferTo(out);
          return;
        }
        head = head(in);
      }
    } catch (IOException e) {
      return; // either side went
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void answers(Socket api, Socket program, AtomicReference<Boolean> tell) {
    try (api;
        program) {
      InputStream in = api.getInputStream();
      OutputStream out = program.getOutputStream();
      byte[] buffer = new byte[65_536];
      int count = in.read(buffer);
      while (count > 0) {
        if (tell.compareAndSet(true, false)) {
          answer = new String(buffer, 0, count, StandardCharsets.UTF_8).lines().findFirst().get();
          answered.countDown();
        }
        received.addAndGet(count);
        out.write(buffer, 0, count);
        out.flush();
        count = in.read(buffer);
      }
    } catch (IOException e) {
      return; // either side went
    }
  }

  /** A request's head, with the empty line; empty at the end. */
  private static byte[] head(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    int end = 0;
    while (end < 4) {
      int next = in.read();
      if (next < 0) {
        return new byte[0];
      }
      head.write(next);
      end = next == (end % 2 == 0 ? '\r' : '\n') ? end + 1 : next == '\r' ? 1 : 0;
    }
    return head.toByteArray();
  }

  private static int contentLength(byte[] head) {
    return new String(head, StandardCharsets.ISO_8859_1)
        .lines()
        .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("content-length:"))
        .mapToInt(line -> Integer.parseInt(line.substring(line.indexOf(':') + 1).trim()))
        .findFirst()
        .orElse(0);
  }

  private static void start(Runnable work) {
    Thread thread = new Thread(work, "holding-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() {
    letGo();
    try {
      listener.close();
      for (Closeable one : open) {
        one.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("end the proxy", e);
    }
  }
}
