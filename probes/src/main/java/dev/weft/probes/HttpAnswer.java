// SPDX-License-Identifier: Apache-2.0
package dev.weft.probes;

import java.util.Optional;

/**
 * What is answered to a request.
 *
 * @param status the HTTP status code
 * @param type the media type of the text
 * @param text the body, sent as UTF-8
 */
public record HttpAnswer(int status, String type, String text) {
  private static final String TEXT = "text/plain; charset=utf-8";
  private static final String METRICS = "text/plain; version=0.0.4; charset=utf-8";

  /** A text for people. */
  public static HttpAnswer text(int status, String text) {
    return new HttpAnswer(status, TEXT, text);
  }

  /** Metrics, as Prometheus reads them. */
  public static HttpAnswer metrics(String text) {
    return new HttpAnswer(200, METRICS, text);
  }

  /** What {@code /healthz} answers: 200 unless the program is stuck, and then why. */
  public static HttpAnswer health(Liveness liveness) {
    Optional<String> stuck = liveness.stuck();
    return text(stuck.isEmpty() ? 200 : 503, stuck.orElse("ok") + "\n");
  }
}
