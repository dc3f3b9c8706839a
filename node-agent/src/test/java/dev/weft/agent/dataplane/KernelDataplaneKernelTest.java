// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane;

class KernelDataplaneKernelTest extends DataplaneContract implements World.Kernel {}
