// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * How an API server is reached.
 *
 * @param url where it is
 * @param certificate what it shows, and the only one to believe; empty: plain HTTP
 * @param token who one is; empty: anybody
 */
record ApiAccess(String url, Optional<Path> certificate, Optional<String> token) {
  /** Reaches one that authenticates nobody. */
  static ApiAccess plain(String url) {
    return new ApiAccess(url, Optional.empty(), Optional.empty());
  }

  /**
   * Reaches a sandbox's API server by another way, as one who may do everything.
   *
   * @param port of the way, on this machine's loopback
   */
  static ApiAccess byLoopback(StateDir state, int port) {
    if (!Files.exists(state.apiToken())) {
      return plain("http://127.0.0.1:" + port);
    }
    // The certificate is for localhost, not for 127.0.0.1.
    return secured(state, "https://localhost:" + port);
  }

  /** Reaches a kube-apiserver as one who may do everything. */
  static ApiAccess secured(StateDir state, String url) {
    try {
      String token = Files.readString(state.apiToken()).strip();
      return new ApiAccess(url, Optional.of(state.apiCertificate()), Optional.of(token));
    } catch (IOException e) {
      throw new SandboxException("read " + state.apiToken() + ": " + e.getMessage(), e);
    }
  }

  /** The kubeconfig for programs in the sandbox. */
  String kubeconfig() {
    return """
    apiVersion: v1
    kind: Config
    current-context: sandbox
    clusters: [{name: sandbox, cluster: {server: "%s"%s}}]
    users: [{name: sandbox, user: {%s}}]
    contexts: [{name: sandbox, context: {cluster: sandbox, user: sandbox, namespace: default}}]
    """
        .formatted(
            url,
            certificate.map(file -> ", certificate-authority: \"" + file + "\"").orElse(""),
            token.map(text -> "token: \"" + text + "\"").orElse(""));
  }

  /** Believes the one certificate; Java's own where there is none. */
  SSLContext tls() {
    try {
      if (certificate.isEmpty()) {
        return SSLContext.getDefault();
      }
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      store.setCertificateEntry("api", read(certificate.get()));
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(store);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new SandboxException("believe " + certificate + ": " + e.getMessage(), e);
    }
  }

  private static Certificate read(Path file) throws IOException, GeneralSecurityException {
    try (InputStream stream = Files.newInputStream(file)) {
      return CertificateFactory.getInstance("X.509").generateCertificate(stream);
    }
  }
}
