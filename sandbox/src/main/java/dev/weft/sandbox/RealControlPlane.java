// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import dev.weft.core.net.Family;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.function.BooleanSupplier;

/**
 * etcd and kube-apiserver, as processes in the sandbox's own network. Whoever has the token of
 * {@link StateDir#apiToken} may do everything.
 */
final class RealControlPlane implements ControlPlane {
  private static final String ETCD = "http://127.0.0.1:2379";
  private static final String ETCD_PEERS = "http://127.0.0.1:2380";

  private final StateDir state;
  private final String url;
  private final Program etcd;
  private final Program server;

  /**
   * Makes one that does not run yet.
   *
   * @param binaries the directory with {@code etcd} and {@code kube-apiserver}
   * @param port where it listens
   */
  RealControlPlane(StateDir state, Path binaries, Lan lan, int port) {
    this.state = state;
    String address = lan.ownAddress();
    boolean six = !lan.families().contains(Family.IPV4);
    this.url = "https://" + (six ? "[" + address + "]" : address) + ":" + port;
    this.etcd =
        new Program(
            "etcd",
            List.of(
                binaries.resolve("etcd").toString(),
                "--data-dir=" + state.root().resolve("etcd"),
                "--listen-client-urls=" + ETCD,
                "--advertise-client-urls=" + ETCD,
                "--listen-peer-urls=" + ETCD_PEERS,
                "--initial-advertise-peer-urls=" + ETCD_PEERS,
                "--initial-cluster=default=" + ETCD_PEERS),
            state);
    this.server =
        new Program(
            "kube-apiserver",
            List.of(
                binaries.resolve("kube-apiserver").toString(),
                "--etcd-servers=" + ETCD,
                "--bind-address=" + (six ? "::" : "0.0.0.0"),
                "--advertise-address=" + address,
                "--secure-port=" + port,
                // It makes a certificate of its own there, for the address above and localhost.
                "--cert-dir=" + state.api(),
                "--token-auth-file=" + users(),
                "--authorization-mode=RBAC",
                "--service-account-issuer=https://kubernetes.default.svc",
                "--service-account-signing-key-file=" + key(),
                "--service-account-key-file=" + key(),
                "--service-cluster-ip-range=" + (six ? "fd00:96::/112" : "10.96.0.0/16"),
                // Nobody makes service accounts here, and no Service leads to the API server.
                "--disable-admission-plugins=ServiceAccount",
                "--endpoint-reconciler-type=none"),
            state);
  }

  @Override
  public void start() {
    try {
      prepare();
    } catch (IOException | NoSuchAlgorithmException e) {
      throw new SandboxException("write " + state.api() + ": " + e.getMessage(), e);
    }
    etcd.start();
    server.start();
    await("make its certificate", () -> Files.exists(state.apiCertificate()));
    ApiClient client = new ApiClient(access());
    // Its own first act is to make this namespace.
    await("answer", () -> client.answers("/api/v1/namespaces/default"));
  }

  private void await(String what, BooleanSupplier condition) {
    Sandbox.await(
        "kube-apiserver to " + what + "; see " + state.log("kube-apiserver"),
        () -> {
          require(etcd);
          require(server);
          return condition.getAsBoolean();
        });
  }

  private static void require(Program program) {
    if (!program.isRunning()) {
      throw new SandboxException(program.name() + " " + program.status());
    }
  }

  private void prepare() throws IOException, NoSuchAlgorithmException {
    if (Files.exists(state.apiToken())) {
      return;
    }
    Files.createDirectories(state.api());
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    byte[] encoded = generator.generateKeyPair().getPrivate().getEncoded();
    String pem = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(encoded);
    Files.writeString(
        key(), "-----BEGIN PRIVATE KEY-----\n" + pem + "\n-----END PRIVATE KEY-----\n");
    String token = UUID.randomUUID().toString();
    Files.writeString(users(), token + ",sandbox,sandbox,system:masters\n");
    Files.writeString(state.apiToken(), token + "\n");
  }

  private Path users() {
    return state.api().resolve("users.csv");
  }

  private Path key() {
    return state.api().resolve("service-accounts.key");
  }

  @Override
  public void stop() {
    server.end(true);
    // Its files can be copied or replaced then.
    etcd.end(true);
  }

  @Override
  public boolean isRunning() {
    return server.isRunning();
  }

  @Override
  public ApiAccess access() {
    return ApiAccess.secured(state, url);
  }
}
