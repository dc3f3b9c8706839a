// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import java.io.IOException;

/** What came is no request of the plugin: there is no way to answer it. */
final class NotOurProtocolException extends IOException {
  NotOurProtocolException(String message) {
    super(message);
  }
}
