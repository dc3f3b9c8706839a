// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.agent.dataplane.Dataplane;
import java.util.Optional;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/**
 * The node, as the CNI verbs need it.
 *
 * @param attachments whose each address is
 * @param dataplane the kernel
 * @param notReady why the node cannot serve an ADD now, in words; empty where it can
 * @param mtuBytes the MTU of a new pod's interface
 */
public record CniNode(
    Attachments attachments,
    Dataplane dataplane,
    Supplier<Optional<String>> notReady,
    IntSupplier mtuBytes) {}
