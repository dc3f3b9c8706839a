// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink;

import dev.weft.netlink.codec.MessageReader;
import dev.weft.netlink.codec.MessageWriter;
import java.util.function.Consumer;

/**
 * A question to the kernel: a value, with its words and its bytes.
 *
 * @param <T> what the answer is made of
 */
public interface Query<T> {
  /** What is queried, such as {@code list links}. */
  String describe();

  /** Writes its message. */
  void write(MessageWriter out);

  /**
   * Reads one message of the answer and passes what it holds to {@code out}: nothing where the
   * message is not what was queried.
   *
   * @throws dev.weft.netlink.codec.MalformedMessageException if it makes no sense
   */
  void read(MessageReader message, Consumer<? super T> out);
}
