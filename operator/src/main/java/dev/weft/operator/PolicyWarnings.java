// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.core.net.Cidr;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reports what is wrong with NetworkPolicies as Events on them, each once. Policies are watched;
 * pods are not: they are searched for one with a named port a minute after the policy came or
 * changed, one policy a second, and again every ten minutes until a pod has it.
 */
final class PolicyWarnings implements AutoCloseable {
  /** How long pods may come later than the policy. */
  static final Duration FIRST_SEARCH = Duration.ofMinutes(1);

  /** How long until the next search for a port. */
  static final Duration NEXT_SEARCH = Duration.ofMinutes(10);

  private static final Logger LOG = LoggerFactory.getLogger(PolicyWarnings.class);
  private static final long PAGE = 500; // objects in an answer to a list
  private static final long PAUSE_SECONDS = 1;

  /**
   * A policy's named ports.
   *
   * @param ports which they are
   * @param dueNanos when the search is due; empty: never again, a pod has each of them
   * @param missing that no pod has one of them
   */
  private record Search(
      List<PolicyReview.NamedPort> ports, Optional<Long> dueNanos, Optional<Warning> missing) {}

  private final PolicyReviews reviews = new PolicyReviews();
  private final Map<String, Search> searches = new HashMap<>(); // by the policy's UID
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread made = new Thread(task, "policy-warnings");
            made.setDaemon(true);
            return made;
          });
  private final PodPorts pods;
  private final Supplier<List<Cidr>> pools;
  private final StandingWarnings standing;
  private final LongSupplier nanoTime;
  private boolean more;
  private volatile SharedIndexInformer<NetworkPolicy> informer;

  /**
   * @param pools the ranges that pods' addresses are of; none: that is not known
   * @param nanoTime time that never goes back
   */
  PolicyWarnings(PodPorts pods, Supplier<List<Cidr>> pools, Events events, LongSupplier nanoTime) {
    this.pods = pods;
    this.pools = pools;
    this.standing = new StandingWarnings(events, (what, write) -> write.run());
    this.nanoTime = nanoTime;
  }

  /** Begins to follow the policies, once; returns at once. To be called by who leads. */
  void follow(KubernetesClient client) {
    if (informer != null) {
      return;
    }
    SharedIndexInformer<NetworkPolicy> following =
        client
            .network()
            .v1()
            .networkPolicies()
            .inAnyNamespace()
            .withLimit(PAGE)
            .runnableInformer(0)
            .itemStore(reviews)
            .exceptionHandler((started, failure) -> retry(failure));
    following.start();
    informer = following;
    thread.scheduleWithFixedDelay(this::runSafely, PAUSE_SECONDS, PAUSE_SECONDS, TimeUnit.SECONDS);
  }

  private static boolean retry(Throwable failure) {
    LOG.warn(
        "watch NetworkPolicies: {}; trying again, until then nothing is reported on them",
        failure.getMessage());
    return true;
  }

  private void runSafely() {
    try {
      run();
    } catch (KubernetesClientException e) {
      LOG.warn(
          "list pods for the named ports of NetworkPolicies: {}; trying again", e.getMessage());
    } catch (RuntimeException e) {
      LOG.error("review NetworkPolicies; trying again", e);
    }
  }

  /** What is reviewed. */
  PolicyReviews reviews() {
    return reviews;
  }

  /**
   * Reports what is wrong now, after a search for the ports of at most one policy. To be called by
   * one thread at a time.
   *
   * @throws KubernetesClientException if pods cannot be listed: there is another search later
   */
  void run() {
    boolean changed = reviews.takeChanged();
    if (!changed && !more && due().isEmpty()) {
      return;
    }
    Map<String, PolicyReview> all =
        reviews.all().stream().collect(Collectors.toMap(PolicyWarnings::uid, review -> review));
    plan(all);
    try {
      due().map(all::get).ifPresent(this::search);
    } finally {
      more = standing.report(warnings(all.values()));
    }
  }

  /** A search for each policy that names ports; another where it names others than before. */
  private void plan(Map<String, PolicyReview> all) {
    searches.keySet().retainAll(all.keySet());
    all.forEach(
        (uid, review) -> {
          Search before = searches.get(uid);
          if (review.ports().stream().allMatch(port -> port.pods().isEmpty())) {
            searches.remove(uid);
          } else if (before == null || !before.ports().equals(review.ports())) {
            searches.put(uid, new Search(review.ports(), in(FIRST_SEARCH), Optional.empty()));
          }
        });
  }

  /** The UID of the policy whose search is due, the longest overdue first. */
  private Optional<String> due() {
    long now = nanoTime.getAsLong();
    return searches.entrySet().stream()
        .filter(search -> search.getValue().dueNanos().filter(due -> due - now <= 0).isPresent())
        .min(Comparator.comparingLong(search -> search.getValue().dueNanos().orElseThrow() - now))
        .map(Map.Entry::getKey);
  }

  private void search(PolicyReview review) {
    Search before = searches.get(uid(review));
    searches.put(
        uid(review), new Search(review.ports(), in(NEXT_SEARCH), before.missing())); // if it fails
    List<String> missing = new ArrayList<>();
    boolean again = false;
    for (PolicyReview.NamedPort port : review.ports()) {
      if (port.pods().isEmpty() || !port.blocks().isEmpty()) {
        continue; // a pod of a block may have it
      }
      PodPorts.Answer answer = pods.find(review.about().getMetadata().getNamespace(), port);
      again |= answer != PodPorts.Answer.FOUND;
      if (answer == PodPorts.Answer.MISSING) {
        missing.add(
            "%s: none of the pods that it is about has a %s, so it accepts nothing by it: name a container's port so, or give its number"
                .formatted(port.rule(), port));
      }
    }
    Optional<Warning> warning =
        missing.isEmpty()
            ? Optional.empty()
            : Optional.of(
                new Warning(review.about(), "NamedPortMissing", String.join("; ", missing)));
    searches.put(
        uid(review),
        new Search(review.ports(), again ? in(NEXT_SEARCH) : Optional.empty(), warning));
  }

  private List<Warning> warnings(Collection<PolicyReview> all) {
    List<Cidr> ranges = pools.get();
    return Stream.of(
            all.stream().flatMap(review -> review.problems().stream()),
            all.stream().flatMap(review -> podless(review, ranges).stream()),
            searches.values().stream().flatMap(search -> search.missing().stream()))
        .flatMap(Function.identity())
        .toList();
  }

  /** Only pods' ports have names. */
  private static Optional<Warning> podless(PolicyReview review, List<Cidr> ranges) {
    List<String> messages = new ArrayList<>();
    for (PolicyReview.NamedPort port : review.ports()) {
      port.blocks().stream()
          .filter(block -> !ranges.isEmpty() && ranges.stream().noneMatch(block::overlaps))
          .forEach(
              block ->
                  messages.add(
                      "%s: %s is a name, and no pod has an address of ipBlock %s, so it accepts nothing there: give its number"
                          .formatted(port.rule(), port, block)));
    }
    return messages.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Warning(review.about(), "RuleUnenforceable", String.join("; ", messages)));
  }

  private Optional<Long> in(Duration time) {
    return Optional.of(nanoTime.getAsLong() + time.toNanos());
  }

  private static String uid(PolicyReview review) {
    return review.about().getMetadata().getUid();
  }

  @Override
  public void close() {
    thread.shutdownNow();
    SharedIndexInformer<NetworkPolicy> following = informer;
    if (following != null) {
      following.close();
    }
  }
}
