// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.kernel;

import dev.weft.agent.dataplane.testing.World;

class KernelDataplaneKernelTest extends DataplaneContract implements World.Kernel {}
