// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import dev.weft.core.options.Option;
import dev.weft.core.options.OptionException;
import dev.weft.core.options.OptionTable;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * {@code weft-agent policy NAMESPACE/POD}: prints the effective rules of a pod of this node as the
 * agent that runs here knows them, with packets and bytes. Without a pod: what policies have on the
 * node.
 */
final class PolicyVerb {
  static final String NAME = "policy";

  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private static final OptionTable TABLE = new OptionTable();
  private static final Option<Integer> HTTP_PORT = TABLE.add(AgentOptions.HTTP_PORT);
  private static final String PURPOSE =
      "With \"policy NAMESPACE/POD\": prints the network policies of a pod of this node in the order"
          + " in which the kernel tries them, with the packets and bytes of each.";

  private final Map<String, String> environment;
  private final PrintStream out;
  private final PrintStream err;

  PolicyVerb(Map<String, String> environment, PrintStream out, PrintStream err) {
    this.environment = environment;
    this.out = out;
    this.err = err;
  }

  /** Runs it; returns the exit status. */
  int run(List<String> arguments) {
    if (OptionTable.isHelp(arguments)) {
      out.print(TABLE.help("weft-agent policy", PURPOSE));
      return AgentProgram.OK;
    }
    List<String> pods = arguments.stream().filter(one -> !one.startsWith("--")).toList();
    List<String> options = arguments.stream().filter(one -> one.startsWith("--")).toList();
    if (pods.size() > 1) {
      err.println("weft-agent policy: one NAMESPACE/POD is expected, not " + pods);
      return AgentProgram.BAD_OPTIONS;
    }
    try {
      int port = TABLE.parse(options, environment).get(HTTP_PORT);
      return print(port, pods.isEmpty() ? "" : "?pod=" + encoded(pods.get(0)));
    } catch (OptionException e) {
      e.problems().forEach(problem -> err.println("weft-agent policy: " + problem));
      return AgentProgram.BAD_OPTIONS;
    }
  }

  private static String encoded(String pod) {
    return URLEncoder.encode(pod, StandardCharsets.UTF_8);
  }

  private int print(int port, String query) {
    URI uri = URI.create("http://127.0.0.1:%d/v1/policy%s".formatted(port, query));
    try {
      HttpResponse<String> answer =
          HttpClient.newBuilder()
              .connectTimeout(TIMEOUT)
              .version(HttpClient.Version.HTTP_1_1)
              .build()
              .send(
                  HttpRequest.newBuilder(uri).timeout(TIMEOUT).build(),
                  HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() == 200) {
        out.print(answer.body());
        return AgentProgram.OK;
      }
      err.print("weft-agent policy: " + answer.body());
    } catch (IOException e) {
      err.printf(
          "weft-agent policy: get %s: %s; does an agent run on this node? --http-port names its port%n",
          uri, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return AgentProgram.FAILED;
  }
}
