// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.testing;

import dev.weft.agent.dataplane.Dataplane;
import dev.weft.agent.dataplane.PodNamespace;
import dev.weft.core.dataplane.Route;
import dev.weft.core.net.Cidr;
import org.junit.jupiter.api.Tag;

/** A node's network, as a test manipulates it from outside. */
public interface World {
  Dataplane dataplane();

  PodNamespace newPod() throws Exception;

  void endPod(PodNamespace pod) throws Exception;

  void setIpv6(PodNamespace pod, boolean on) throws Exception;

  void addForeignLink(String name) throws Exception;

  void addForeignRoute(Cidr destination) throws Exception;

  void takeOffBridge(String port) throws Exception;

  void setBridgeDown() throws Exception;

  void deleteBridge() throws Exception;

  void deleteTables() throws Exception;

  void deleteRoute(Route route) throws Exception;

  void end() throws Exception;

  /** What makes the world that a test runs on. */
  interface Source {
    World newWorld() throws Exception;
  }

  /** The test runs on the twin. */
  interface Twin extends Source {
    @Override
    default World newWorld() {
      return new MemoryWorld();
    }
  }

  /** The test runs on the kernel. */
  @Tag("kernel")
  interface Kernel extends Source {
    @Override
    default World newWorld() throws Exception {
      return new KernelWorld();
    }
  }
}
