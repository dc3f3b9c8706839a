// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.IpAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MetricsServingTest {
  private static final List<IpAddress> ADDRESSES =
      List.of(IpAddress.parse("192.168.1.11"), IpAddress.parse("fd01::11"));

  private final List<String> listened = new ArrayList<>();
  private boolean full;

  @Test
  void metrics_are_served_once_on_the_first_address_of_the_node() {
    MetricsServing serving = new MetricsServing(9471, this::listen);
    serving.serve(List.of());
    assertThat(listened).isEmpty();

    serving.serve(ADDRESSES);
    serving.serve(ADDRESSES);
    assertThat(listened).containsExactly("192.168.1.11");
  }

  @Test
  void a_start_that_fails_is_tried_again() {
    MetricsServing serving = new MetricsServing(9471, this::listen);
    full = true;
    serving.serve(ADDRESSES);
    serving.serve(ADDRESSES);
    full = false;
    serving.serve(ADDRESSES);

    assertThat(listened).hasSize(3);
  }

  private void listen(InetAddress address) throws IOException {
    listened.add(address.getHostAddress());
    if (full) {
      throw new IOException("too many open files");
    }
  }
}
