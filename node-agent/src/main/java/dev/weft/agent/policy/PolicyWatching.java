// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.policy;

import dev.weft.agent.cluster.PolicyInformers;
import dev.weft.agent.cluster.PolicyInformers.Listed;
import dev.weft.core.node.PodName;
import dev.weft.core.policy.PolicyWatches;
import java.util.List;

/** The watches of policies and what they name. It never blocks. */
public interface PolicyWatching {
  /** Before there is a client. */
  PolicyWatching NONE =
      new PolicyWatching() {
        @Override
        public Listed listed() {
          return new Listed(false, false, false, false);
        }

        @Override
        public void want(PolicyWatches wanted) {}

        @Override
        public void request(PodName pod) {}

        @Override
        public List<PolicyInformers.Row> rows() {
          return List.of();
        }
      };

  /** Those of an API server. */
  static PolicyWatching of(PolicyInformers informers) {
    return new PolicyWatching() {
      @Override
      public Listed listed() {
        return informers.listed();
      }

      @Override
      public void want(PolicyWatches wanted) {
        informers.want(wanted);
      }

      @Override
      public void request(PodName pod) {
        informers.request(pod);
      }

      @Override
      public List<PolicyInformers.Row> rows() {
        return informers.rows();
      }
    };
  }

  /** Which first lists are in. */
  Listed listed();

  /** Which watches there are to be, beside that of policies. */
  void want(PolicyWatches wanted);

  /** Requests a pod by its name. */
  void request(PodName pod);

  /** What is watched. */
  List<PolicyInformers.Row> rows();
}
