// SPDX-License-Identifier: Apache-2.0
package dev.weft.probes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpServerTest {
  private static final int CLIENTS = 1_000;
  private static final String LONG = "x".repeat(1 << 20);

  private final List<Socket> sockets = new ArrayList<>();
  private final AtomicInteger changes = new AtomicInteger();
  private Duration connectionTime = Duration.ofMinutes(1);
  private HttpServer server;

  @AfterEach
  void end() throws IOException {
    if (server != null) {
      server.close();
    }
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  @Test
  void answers_a_request_and_says_who_answers() throws Exception {
    start(0);
    assertThat(ask("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n"))
        .startsWith("HTTP/1.1 200 ")
        .contains("\r\nServer: weft-test (pod ?)\r\n", "\r\nConnection: close\r\n")
        .endsWith("\r\nContent-Length: 6\r\nConnection: close\r\n\r\nready\n");
    assertThat(ask("HEAD /readyz HTTP/1.1\r\n\r\n"))
        .contains("Content-Length: 6\r\n")
        .endsWith("\r\n\r\n");
    assertThat(ask("GET /echo?format=json HTTP/1.0\naccept: text/html\n\n"))
        .endsWith("\r\n\r\nformat=json text/html");
  }

  @Test
  void refuses_what_it_does_not_know() throws Exception {
    start(0);
    assertThat(ask("GET /readyz/x HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 404 ");
    assertThat(ask("POST /readyz HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"))
        .startsWith("HTTP/1.1 405 ");
    assertThat(ask("GET /broken HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 500 ");
    assertThat(ask("\r\n\r\n")).startsWith("HTTP/1.1 400 ");
    assertThat(ask("GET /readyz\r\n\r\n")).startsWith("HTTP/1.1 400 ");
    assertThat(ask("GET /%zz HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 400 ");
    assertThat(ask("GET /" + "x".repeat(9000) + " HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 400 ");
    assertThat(ask("GET /readyz HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 200 ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "G", "GET /readyz HTTP/1.1\r\nHost: x\r\n"})
  void clients_that_send_no_whole_request_cost_no_other_its_answer(String sent) throws Exception {
    start(0);
    long before = descriptorsOfServer();
    for (int i = 0; i < CLIENTS; i++) {
      connect().getOutputStream().write(sent.getBytes(StandardCharsets.US_ASCII));
    }
    assertThat(ask("GET /readyz HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 200 ");
    await()
        .untilAsserted(() -> assertThat(descriptorsOfServer()).isLessThanOrEqualTo(before + 128));
  }

  @Test
  void clients_that_take_no_answer_cost_no_other_its_answer() throws Exception {
    start(0);
    for (int i = 0; i < 300; i++) {
      connect(1024)
          .getOutputStream()
          .write("GET /long HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    }
    assertThat(ask("GET /readyz HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 200 ");
    assertThat(ask("GET /long HTTP/1.1\r\n\r\n")).endsWith(LONG);
  }

  @Test
  void a_client_that_goes_on_to_send_after_its_request_is_cut_off() throws Exception {
    start(0);
    Socket client = connect();
    client.setSoTimeout(60_000);
    OutputStream out = client.getOutputStream();
    out.write("GET /readyz HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    byte[] more = new byte[8192];
    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 10_000; i++) { // 80 MB: more than any socket buffer
                out.write(more);
              }
            })
        .isInstanceOf(IOException.class);
  }

  @Test
  void a_client_that_stays_silent_is_sent_away() throws Exception {
    connectionTime = Duration.ofMillis(50);
    start(0);
    Socket silent = connect();
    silent.setSoTimeout(60_000);
    assertThat(silent.getInputStream().read()).isEqualTo(-1);
  }

  @Test
  void a_port_that_is_taken_is_told_and_taken_over_when_it_is_free() throws Exception {
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      start(other.getLocalPort());
      assertThat(server.trouble())
          .contains(
              "listen on 127.0.0.1 port %d: Address already in use; stop the program that has it (ss -ltnp) or choose another port: --test-port"
                  .formatted(other.getLocalPort()));
      assertThat(changes).hasValue(1);
    }
    await().until(() -> changes.get() == 2);
    assertThat(server.trouble()).isEmpty();
    assertThat(ask("GET /readyz HTTP/1.1\r\n\r\n")).endsWith("ready\n");
  }

  private void start(int port) throws IOException {
    Map<String, Function<HttpRequest, HttpAnswer>> handlers =
        Map.of(
            "/readyz", request -> HttpAnswer.text(200, "ready\n"),
            "/long", request -> HttpAnswer.text(200, LONG),
            "/echo", request -> HttpAnswer.text(200, request.query() + " " + request.accept()),
            "/broken",
                request -> {
                  throw broken();
                });
    server =
        HttpServer.start(
            new HttpServer.Endpoint(
                "weft-test (pod \n)", new InetSocketAddress("127.0.0.1", port), "--test-port"),
            handlers,
            changes::incrementAndGet,
            connectionTime,
            Duration.ofMillis(50));
  }

  private Socket connect() throws IOException {
    return connect(65536);
  }

  private Socket connect(int receiveBufferBytes) throws IOException {
    Socket socket = new Socket();
    sockets.add(socket);
    socket.setReceiveBufferSize(receiveBufferBytes);
    socket.connect(new InetSocketAddress("127.0.0.1", server.port()));
    return socket;
  }

  /** All that is answered until the server closes. */
  private String ask(String request) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", server.port())) {
      socket.setSoTimeout(60_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      InputStream answer = socket.getInputStream();
      return new String(answer.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** Of the process, without those of the clients here. */
  private long descriptorsOfServer() {
    return new File("/proc/self/fd").list().length - sockets.size();
  }

  /** What is logged of it is one line: a stack trace in a green run means a bug. */
  private static RuntimeException broken() {
    RuntimeException fault = new IllegalStateException("broken");
    fault.setStackTrace(new StackTraceElement[0]);
    return fault;
  }
}
