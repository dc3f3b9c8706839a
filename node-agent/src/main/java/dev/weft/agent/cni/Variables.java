// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

/** Names of the environment variables of the CNI specification, "Parameters". */
final class Variables {
  static final String COMMAND = "CNI_COMMAND";
  static final String CONTAINER_ID = "CNI_CONTAINERID";
  static final String NETNS = "CNI_NETNS";
  static final String IF_NAME = "CNI_IFNAME";
  static final String ARGS = "CNI_ARGS";

  private Variables() {}
}
