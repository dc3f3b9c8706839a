// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import java.io.IOException;

/** What serves the calls of one verb. */
interface VerbHandler {
  /**
   * Serves a call and answers it.
   *
   * @return what was done, for the log; empty where nothing has changed
   * @throws CniException if it fails; then it is not answered yet
   * @throws IOException if nobody reads the answer any more
   */
  String serve(CniCall call, Exchange exchange) throws CniException, IOException;
}
