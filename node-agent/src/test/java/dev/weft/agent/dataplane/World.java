// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane;

import dev.weft.core.dataplane.Route;
import dev.weft.core.net.Cidr;

/** A node's network, as a test manipulates it from outside. */
interface World {
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
}
