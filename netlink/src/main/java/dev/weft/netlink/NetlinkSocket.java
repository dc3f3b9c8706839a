// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A netlink socket in one network namespace. One exchange at a time: calls of several threads wait
 * for each other.
 */
public interface NetlinkSocket extends AutoCloseable {
  /**
   * Carries out one request and waits for the kernel's acknowledgement.
   *
   * @throws NetlinkException if it is refused
   */
  void execute(Request request) throws NetlinkException;

  /**
   * Carries out requests in their order, up to 1,024 of them in one send, but for those that are
   * {@link Request#alone}. One that fails does not keep the others from being carried out.
   *
   * @return what failed, in the order of the requests; empty where all succeeded
   * @throws NetlinkException if the socket itself fails: some may have been carried out then
   */
  List<BatchFailure> executeAll(List<? extends Request> requests) throws NetlinkException;

  /**
   * As {@link #executeAll}, for a caller that undoes everything on the first failure.
   *
   * @throws NetlinkException the first failure, the others as suppressed
   */
  default void executeOrThrow(List<? extends Request> requests) throws NetlinkException {
    List<BatchFailure> failures = executeAll(requests);
    if (failures.isEmpty()) {
      return;
    }
    NetlinkException first = failures.get(0).error();
    failures.stream().skip(1).forEach(failure -> first.addSuppressed(failure.error()));
    throw first;
  }

  /**
   * Lists everything that the query is for, as it was at one moment: a dump that a change
   * interrupted (NLM_F_DUMP_INTR) is made again.
   *
   * @throws NetlinkException if it is refused, or was interrupted every time
   */
  <T> List<T> dump(Query<T> query) throws NetlinkException;

  /**
   * Reads one object.
   *
   * @return empty where the kernel has none ({@link NetlinkException#isNotFound}), or answers that
   *     nothing is reached so: ENETUNREACH, EHOSTUNREACH
   * @throws NetlinkException if it is refused for another reason
   */
  <T> Optional<T> find(Query<T> query) throws NetlinkException;

  /**
   * Reads one object by each of many queries, many of them in one send.
   *
   * @return the answers in the order of the queries; empty where the kernel has none, or refuses
   *     that query
   * @throws NetlinkException if the socket itself fails
   */
  default <T> List<Optional<T>> findAll(List<? extends Query<T>> queries) throws NetlinkException {
    List<Optional<T>> answers = new ArrayList<>(queries.size());
    for (Query<T> query : queries) {
      answers.add(find(query));
    }
    return answers;
  }

  /**
   * The socket's netlink port ID (nl_pid): {@link Notification#netlinkPid()} of changes made
   * through it.
   */
  int netlinkPid();

  /** Closes the socket. */
  @Override
  void close();
}
