// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import dev.weft.sandbox.api.ApiServer;

/** The API server that is part of the sandbox, in this process. */
record EmbeddedControlPlane(ApiServer server) implements ControlPlane {
  @Override
  public void start() {
    server.start();
  }

  @Override
  public void stop() {
    server.stop();
  }

  @Override
  public boolean isRunning() {
    return server.isRunning();
  }

  @Override
  public ApiAccess access() {
    return ApiAccess.plain(server.url());
  }
}
