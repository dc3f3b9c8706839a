// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import java.io.IOException;

/** What came is no request of the plugin: it cannot be answered. */
final class NotOurProtocolException extends IOException {
  NotOurProtocolException(String message) {
    super(message);
  }
}
