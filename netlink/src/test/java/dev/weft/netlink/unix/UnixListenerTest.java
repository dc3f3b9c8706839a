// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.unix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.netlink.libc.Errno;
import dev.weft.netlink.libc.Sys;
import dev.weft.netlink.libc.TestCalls;
import java.io.File;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnixListenerTest {
  @TempDir private Path folder;
  private Path path;
  private UnixListener listener;

  @BeforeEach
  void listen() throws IOException {
    path = folder.resolve("cni.sock");
    listener = UnixListener.listen(path);
  }

  @AfterEach
  void close() {
    listener.close();
  }

  @Test
  void onlyItsOwnerMayConnect() throws IOException {
    assertThat(Files.getPosixFilePermissions(path))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    assertThat(folder).isDirectoryContaining(file -> file.equals(path));
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(path);
    }
  }

  @Test
  void requestAndAnswerPass() throws IOException {
    byte[] request = bytes(100_000, 1);
    byte[] answer = bytes(300_000, 2);
    try (SocketChannel client = client();
        UnixConnection server = listener.accept().orElseThrow()) {
      CompletableFuture<Void> sent = CompletableFuture.runAsync(() -> write(client, request));
      byte[] received = new byte[request.length];
      assertThat(server.receiveFully(received, 0, received.length)).isTrue();
      assertThat(received).isEqualTo(request);
      assertThat(server.descriptors()).isEmpty();
      sent.join();
      CompletableFuture<byte[]> read =
          CompletableFuture.supplyAsync(() -> read(client, answer.length));
      server.send(answer);
      assertThat(read.join()).isEqualTo(answer);
    }
  }

  @Test
  void theEndOfTheRequestIsReported() throws IOException {
    try (SocketChannel client = client();
        UnixConnection server = listener.accept().orElseThrow()) {
      client.write(ByteBuffer.wrap(new byte[3]));
      client.shutdownOutput();
      byte[] four = new byte[4];
      assertThatThrownBy(() -> server.receiveFully(four, 0, 4))
          .isInstanceOfSatisfying(
              UnixSocketException.class, e -> assertThat(e.peerGone()).isTrue());
      assertThat(server.receive(four, 0, 4)).isEqualTo(-1);
      assertThat(server.receiveFully(four, 0, 4)).isFalse();
    }
  }

  @Test
  void aSilentClientIsNotWaitedForLongerThanAllowed() throws IOException {
    try (SocketChannel client = client();
        UnixConnection server = listener.accept().orElseThrow()) {
      assertThat(client.isConnected()).isTrue();
      server.receiveTimeout(Duration.ofMillis(20));
      assertThatThrownBy(() -> server.receive(new byte[1], 0, 1))
          .isInstanceOfSatisfying(
              UnixSocketException.class, e -> assertThat(e.timedOut()).isTrue());
    }
  }

  @Test
  void aClientThatIsGoneIsNoticedWhenItIsAnswered() throws IOException {
    SocketChannel client = client();
    try (UnixConnection server = listener.accept().orElseThrow()) {
      client.close();
      assertThatThrownBy(() -> server.send(new byte[1]))
          .isInstanceOfSatisfying(
              UnixSocketException.class,
              e -> {
                assertThat(e.errno()).isEqualTo(Errno.EPIPE);
                assertThat(e.peerGone()).isTrue();
              })
          .hasMessage("unix socket: send: EPIPE: Broken pipe");
    }
  }

  @Test
  void thePeerIsThisProcess() throws IOException {
    try (SocketChannel client = client();
        UnixConnection server = listener.accept().orElseThrow()) {
      assertThat(client.isConnected()).isTrue();
      assertThat((long) server.peer().pid()).isEqualTo(ProcessHandle.current().pid());
      assertThat(server.peer().uid()).isEqualTo(Files.getAttribute(path, "unix:uid"));
    }
  }

  @Test
  void twoDescriptorsComeWithTheFirstByteInTheirOrder() throws IOException {
    int zero = TestCalls.open("/dev/zero");
    int nothing = TestCalls.open("/dev/null");
    int client = TestCalls.connect(path.toString());
    try (UnixConnection server = listener.accept().orElseThrow()) {
      assertThat(TestCalls.send(client, new byte[] {1, 2, 3}, zero, nothing)).isEqualTo(3);
      byte[] received = new byte[8];
      assertThat(server.receive(received, 0, 1)).isEqualTo(1);
      assertThat(server.receive(received, 1, 7)).isEqualTo(2);
      assertThat(received).startsWith(1, 2, 3);
      int[] descriptors = server.descriptors();
      assertThat(descriptors).hasSize(2);
      assertThat(targetOf(descriptors[0])).isEqualTo("/dev/zero");
      assertThat(targetOf(descriptors[1])).isEqualTo("/dev/null");
      server.closeDescriptors();
      server.closeDescriptors();
      assertThat(new File("/proc/self/fd/" + descriptors[0])).doesNotExist();
      assertThat(server.descriptors()).isEmpty();
    } finally {
      Sys.close(client);
      Sys.close(zero);
      Sys.close(nothing);
    }
  }

  @Test
  void moreDescriptorsThanAllowedAreRefusedAndNoneStaysOpen() throws IOException {
    int zero = TestCalls.open("/dev/zero");
    for (int count : new int[] {3, 4, 40}) {
      int before = openDescriptors();
      int client = TestCalls.connect(path.toString());
      int[] many = new int[count];
      Arrays.fill(many, zero);
      try (UnixConnection server = listener.accept().orElseThrow()) {
        TestCalls.send(client, new byte[] {1}, many);
        assertThatThrownBy(() -> server.receive(new byte[1], 0, 1))
            .isInstanceOfSatisfying(
                UnixSocketException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EBADMSG));
        assertThat(server.descriptors()).isEmpty();
      }
      Sys.close(client);
      assertThat(openDescriptors()).isEqualTo(before);
    }
    Sys.close(zero);
  }

  @Test
  void descriptorsAfterTheFirstByteAreDropped() throws IOException {
    int zero = TestCalls.open("/dev/zero");
    int client = TestCalls.connect(path.toString());
    try (UnixConnection server = listener.accept().orElseThrow()) {
      int before = openDescriptors();
      TestCalls.send(client, new byte[] {1});
      assertThat(server.receive(new byte[9], 0, 9)).isEqualTo(1);
      TestCalls.send(client, new byte[] {2}, zero);
      assertThat(server.receive(new byte[9], 0, 9)).isEqualTo(1);
      assertThat(server.descriptors()).isEmpty();
      assertThat(openDescriptors()).isEqualTo(before);
    } finally {
      Sys.close(client);
      Sys.close(zero);
    }
  }

  /** Clients that die at any point, send too much, or in single bytes: nothing stays open. */
  @Test
  void hostileClientsLeakNothing() throws IOException {
    int zero = TestCalls.open("/dev/zero");
    int before = openDescriptors();
    Random random = new Random(4711);
    for (int i = 0; i < 2000; i++) {
      int client = TestCalls.connect(path.toString());
      try (UnixConnection server = listener.accept().orElseThrow()) {
        for (int part = random.nextInt(4); part > 0; part--) {
          int[] descriptors = new int[random.nextInt(6)];
          Arrays.fill(descriptors, zero);
          TestCalls.send(client, new byte[1 + random.nextInt(40)], descriptors);
        }
        Sys.close(client);
        serve(server);
      }
    }
    assertThat(openDescriptors()).isEqualTo(before);
    Sys.close(zero);
  }

  @Test
  void manyThreadsServeOneListener() {
    List<CompletableFuture<Integer>> workers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      workers.add(inThread(this::serveUntilClosed));
    }
    List<CompletableFuture<Integer>> clients = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      clients.add(inThread(this::askFiftyTimes));
    }
    clients.forEach(CompletableFuture::join);
    listener.close();
    assertThat(workers.stream().mapToInt(CompletableFuture::join).sum()).isEqualTo(200);
  }

  @Test
  void atTheLimitOfDescriptorsItWaits() throws IOException {
    CompletableFuture<Optional<UnixConnection>> accepted = new CompletableFuture<>();
    Thread thread = new Thread(() -> complete(accepted));
    // What the next lines use must be loaded while files can be opened.
    await().until(() -> !isIn(thread, "pause") && Errno.name(Errno.EMFILE).equals("EMFILE"));
    int client = TestCalls.connect(path.toString());
    long before = TestCalls.descriptorLimit(client + 1);
    try {
      thread.start();
      await().until(() -> isIn(thread, "pause"));
      assertThat(accepted).isNotDone();
    } finally {
      TestCalls.descriptorLimit(before);
    }
    accepted.join().orElseThrow().close();
    Sys.close(client);
  }

  @Test
  void closingWakesThoseThatWaitAndRemovesThePath() throws Exception {
    List<Thread> waiting = new ArrayList<>();
    List<CompletableFuture<Optional<UnixConnection>>> results = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      CompletableFuture<Optional<UnixConnection>> result = new CompletableFuture<>();
      Thread thread = new Thread(() -> complete(result));
      thread.start();
      waiting.add(thread);
      results.add(result);
    }
    await().until(() -> waiting.stream().allMatch(thread -> isIn(thread, "accept4")));
    listener.close();
    for (CompletableFuture<Optional<UnixConnection>> result : results) {
      assertThat(result.join()).isEmpty();
    }
    assertThat(listener.accept()).isEmpty();
    assertThat(path).doesNotExist();
  }

  @Test
  void aDeadProcessesSocketIsReplaced() throws IOException {
    try (UnixListener successor = UnixListener.listen(path);
        SocketChannel client = client();
        UnixConnection server = successor.accept().orElseThrow()) {
      server.send(new byte[] {7});
      assertThat(read(client, 1)).containsExactly(7);
    }
  }

  @Test
  void closingLeavesASuccessorsPath() throws IOException {
    try (UnixListener successor = UnixListener.listen(path)) {
      listener.close();
      try (SocketChannel client = client();
          UnixConnection server = successor.accept().orElseThrow()) {
        server.send(new byte[] {7});
        assertThat(read(client, 1)).containsExactly(7);
      }
    }
    assertThat(path).doesNotExist();
  }

  @Test
  void aFileThatIsNoSocketIsLeftAlone() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "precious");
    assertThatThrownBy(() -> UnixListener.listen(file))
        .isInstanceOf(IOException.class)
        .hasMessage("listen at " + file + ": something is there that is no socket");
    assertThat(file).hasContent("precious");
  }

  @Test
  void aPathThatIsTooLongIsRefusedWithItsLength() {
    Path tooLong = folder.resolve("x".repeat(107 - folder.toString().length() - 1));
    assertThatThrownBy(() -> UnixListener.listen(tooLong))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("the path has 107 bytes, at most 106 are possible");
  }

  @Test
  void aPathOfTheGreatestLengthIsUsed() throws IOException {
    Path longest = folder.resolve("x".repeat(106 - folder.toString().length() - 1));
    try (UnixListener other = UnixListener.listen(longest);
        SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(longest));
        UnixConnection server = other.accept().orElseThrow()) {
      assertThat(client.isConnected()).isTrue();
      assertThat(server.peer().pid()).isPositive();
    }
  }

  @Test
  void aFolderThatIsNotThereIsNamed() {
    Path nowhere = folder.resolve("missing").resolve("cni.sock");
    assertThatThrownBy(() -> UnixListener.listen(nowhere))
        .isInstanceOf(UnixSocketException.class)
        .hasMessage("listen at " + nowhere + ": bind it: ENOENT: No such file or directory");
  }

  private SocketChannel client() throws IOException {
    SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX);
    client.connect(UnixDomainSocketAddress.of(path));
    return client;
  }

  private static void serve(UnixConnection server) {
    try {
      byte[] buffer = new byte[16];
      while (server.receive(buffer, 0, buffer.length) > 0) {
        // All of it.
      }
      server.send(new byte[] {1});
    } catch (UnixSocketException expected) {
      // The client is hostile.
    }
  }

  private int serveUntilClosed() {
    int served = 0;
    try {
      while (true) {
        Optional<UnixConnection> connection = listener.accept();
        if (connection.isEmpty()) {
          return served;
        }
        try (UnixConnection server = connection.get()) {
          byte[] one = new byte[1];
          server.receive(one, 0, 1);
          server.send(one);
          served++;
        }
      }
    } catch (UnixSocketException e) {
      throw new IllegalStateException(e);
    }
  }

  private int askFiftyTimes() {
    for (int i = 0; i < 50; i++) {
      try (SocketChannel client = client()) {
        write(client, new byte[] {(byte) i});
        assertThat(read(client, 1)).containsExactly(i);
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }
    return 50;
  }

  private void complete(CompletableFuture<Optional<UnixConnection>> result) {
    try {
      result.complete(listener.accept());
    } catch (UnixSocketException e) {
      result.completeExceptionally(e);
    }
  }

  private static CompletableFuture<Integer> inThread(IntSupplier work) {
    CompletableFuture<Integer> result = new CompletableFuture<>();
    new Thread(
            () -> {
              try {
                result.complete(work.getAsInt());
              } catch (RuntimeException | AssertionError e) {
                result.completeExceptionally(e);
              }
            })
        .start();
    return result;
  }

  private static boolean isIn(Thread thread, String method) {
    return Arrays.stream(thread.getStackTrace()).anyMatch(e -> e.getMethodName().equals(method));
  }

  private static void write(SocketChannel client, byte[] bytes) {
    try {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        client.write(buffer);
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] read(SocketChannel client, int length) {
    try {
      ByteBuffer buffer = ByteBuffer.allocate(length);
      while (buffer.hasRemaining() && client.read(buffer) >= 0) {
        // Until all is there.
      }
      return buffer.array();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] bytes(int length, int seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private static int openDescriptors() {
    return new File("/proc/self/fd").list().length;
  }

  private static String targetOf(int descriptor) throws IOException {
    return Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
  }
}
