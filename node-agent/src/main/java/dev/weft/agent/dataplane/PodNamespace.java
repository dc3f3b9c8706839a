// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane;

/**
 * A pod's network namespace as the plugin hands it over: two descriptors of this process. Whoever
 * received them closes them, in every path, before the plugin is answered.
 *
 * @param namespace descriptor of the namespace
 * @param routeSocket descriptor of a NETLINK_ROUTE socket that was opened in it
 */
public record PodNamespace(int namespace, int routeSocket) {}
