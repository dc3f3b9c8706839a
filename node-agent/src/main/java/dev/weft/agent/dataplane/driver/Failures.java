// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.driver;

import dev.weft.agent.dataplane.Dataplane;
import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.core.dataplane.Change;
import dev.weft.netlink.NetlinkException;
import java.util.ArrayList;
import java.util.List;

/** Collects the changes that failed. */
public final class Failures {
  private final List<Dataplane.Failure> failures = new ArrayList<>();

  /** A step that may be refused. */
  public interface Step {
    void run() throws NetlinkException, DataplaneException;
  }

  /** Takes a step of a change; where it is refused, the change failed. */
  public void attempt(Change<?> change, Step step) {
    try {
      step.run();
    } catch (NetlinkException e) {
      add(change, KernelErrors.of(e));
    } catch (DataplaneException e) {
      add(change, e);
    }
  }

  /** Takes a step of several changes; where it is refused, all of them failed. */
  public void attemptAll(List<Change<?>> changes, Step step) {
    try {
      step.run();
    } catch (NetlinkException e) {
      addAll(changes, e);
    } catch (DataplaneException e) {
      changes.forEach(change -> add(change, e));
    }
  }

  /** A change failed. */
  void add(Change<?> change, DataplaneException error) {
    failures.add(new Dataplane.Failure(change, error));
  }

  /** All of these changes failed for one reason. */
  public void addAll(List<? extends Change<?>> changes, NetlinkException error) {
    changes.forEach(change -> add(change, KernelErrors.of(error)));
  }

  /** What failed so far. */
  public List<Dataplane.Failure> all() {
    return List.copyOf(failures);
  }
}
