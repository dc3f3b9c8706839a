// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.demo;

/** A line of the demo does not hold; the message has what was seen instead. */
final class DemoFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  DemoFailure(String message) {
    super(message);
  }

  DemoFailure(String message, Throwable cause) {
    super(message, cause);
  }
}
