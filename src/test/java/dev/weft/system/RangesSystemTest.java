// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

/** On the embedded API server. */
class RangesSystemTest extends RangesContract {}
