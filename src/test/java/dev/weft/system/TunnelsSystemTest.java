// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import org.junit.jupiter.api.Tag;

/** On the embedded API server. */
@Tag("system")
class TunnelsSystemTest extends TunnelsContract {}
