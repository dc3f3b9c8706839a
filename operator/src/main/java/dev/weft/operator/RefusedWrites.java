// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** The reconcilers' writes that failed and are tried again. Safe for use by many threads. */
final class RefusedWrites {
  private final Map<String, String> messages = new ConcurrentHashMap<>();

  /** Takes that a write failed, and why. */
  void failed(String what, String message) {
    messages.put(what, String.valueOf(message));
  }

  /** Takes that a write succeeded, or is needed no more. */
  void succeeded(String what) {
    messages.remove(what);
  }

  /** How many there are. */
  int count() {
    return messages.size();
  }

  /** What failed by now, and why. */
  Map<String, String> all() {
    return new TreeMap<>(messages);
  }
}
