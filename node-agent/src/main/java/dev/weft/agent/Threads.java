// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import java.util.concurrent.ThreadFactory;

/** Makes threads that do not keep the program alive. */
final class Threads {
  private Threads() {}

  static ThreadFactory named(String name) {
    return task -> {
      Thread thread = new Thread(task, name);
      thread.setDaemon(true);
      return thread;
    };
  }
}
