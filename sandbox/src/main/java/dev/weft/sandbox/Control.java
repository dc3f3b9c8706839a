// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/**
 * How commands reach the daemon: one connection each over a unix socket. A request is a line of
 * fields between tabs; the answer is {@code ok} or {@code failed} on a line, then text.
 */
final class Control {
  private Control() {}

  /**
   * Sends a request to a sandbox's daemon.
   *
   * @param name the sandbox
   * @return what it answers
   * @throws SandboxException with the daemon's message when it fails, or when it is not there
   */
  static String request(String name, Path socket, String... words) {
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      Writer writer =
          new OutputStreamWriter(Channels.newOutputStream(channel), StandardCharsets.UTF_8);
      writer.write(String.join("\t", words) + "\n");
      writer.flush();
      BufferedReader reader =
          new BufferedReader(
              new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8));
      String verdict = reader.readLine();
      String text = String.join("\n", reader.lines().toList());
      if (!"ok".equals(verdict)) {
        throw new SandboxException(text.isEmpty() ? "the sandbox's daemon ended" : text);
      }
      return text;
    } catch (IOException e) {
      throw new SandboxException(
          "the sandbox's daemon does not answer ("
              + e.getMessage()
              + "); end it with: "
              + Invocation.of(name, "down"),
          e);
    }
  }

  /** Listens on a socket for ever; each request is served by a thread of its own. */
  static void serve(Path socket, Function<List<String>, String> commands) throws IOException {
    Files.deleteIfExists(socket);
    try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      listener.bind(UnixDomainSocketAddress.of(socket));
      while (true) {
        SocketChannel client = listener.accept();
        Thread thread = new Thread(() -> answer(client, commands), "control");
        thread.setDaemon(true);
        thread.start();
      }
    }
  }

  private static void answer(SocketChannel client, Function<List<String>, String> commands) {
    try (client) {
      BufferedReader reader =
          new BufferedReader(
              new InputStreamReader(Channels.newInputStream(client), StandardCharsets.UTF_8));
      String request = reader.readLine();
      if (request == null) {
        return;
      }
      Writer writer =
          new OutputStreamWriter(Channels.newOutputStream(client), StandardCharsets.UTF_8);
      writer.write(reply(List.of(request.split("\t", -1)), commands));
      writer.flush();
    } catch (IOException e) {
      // The client is gone; the request is done.
    }
  }

  private static String reply(List<String> words, Function<List<String>, String> commands) {
    try {
      return "ok\n" + commands.apply(words);
    } catch (RuntimeException e) {
      return "failed\n" + e.getMessage();
    }
  }
}
