// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.agent.dataplane.PodNamespace;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Function;

/** A call that a test makes. */
final class FakeExchange implements Exchange {
  private final CniRequest request;
  private final Optional<PodNamespace> pod;
  private boolean dead;
  private Function<String, Integer> enableIpv6 = ifName -> 1;
  private Answer answer;

  FakeExchange(CniRequest request, Optional<PodNamespace> pod) {
    this.request = request;
    this.pod = pod;
  }

  /** From now on the client is gone: no answer reaches it. */
  FakeExchange dead() {
    dead = true;
    return this;
  }

  /** What the plugin does when it shall switch IPv6 on. */
  FakeExchange onEnableIpv6(Function<String, Integer> action) {
    enableIpv6 = action;
    return this;
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
    if (dead) {
      throw new IOException("EPIPE");
    }
    return enableIpv6.apply(ifName);
  }

  @Override
  public void answer(Answer given) throws IOException {
    if (dead) {
      throw new IOException("EPIPE");
    }
    if (answer != null) {
      throw new IllegalStateException("answered twice");
    }
    answer = given;
  }

  boolean succeeded() {
    return answer.exitCode() == 0;
  }

  /** How many bytes were printed. */
  int length() {
    return answer.body().length;
  }

  /** What was printed; the missing node where nothing was. */
  JsonNode json() {
    try {
      return Json.read(answer.body());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** The code of the error object, 0 for success. */
  int code() {
    return succeeded() ? 0 : json().path("code").asInt(-1);
  }

  /** Message and details of the error object. */
  String words() {
    return json().path("msg").asText() + ": " + json().path("details").asText();
  }
}
