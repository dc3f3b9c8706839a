// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.policy;

import dev.weft.core.net.IpAddress;
import dev.weft.core.policy.Direction;
import dev.weft.core.policy.PolicyProgram.Member;
import dev.weft.netlink.nft.AddressElement;
import dev.weft.netlink.nft.AddressPair;
import dev.weft.netlink.nft.AddressPort;
import dev.weft.netlink.nft.SetChange;
import dev.weft.netlink.nft.SetElement;
import dev.weft.netlink.nft.SetRef;
import dev.weft.netlink.nft.VerdictElement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The elements of the table's sets and maps as the kernel has them, and the steps that make them
 * others. Not safe for use by several threads.
 */
final class PolicyElements {
  /** Members of each set that is there, by name. */
  private final Map<String, Set<Member>> members = new HashMap<>();

  private final Map<Direction, Map<IpAddress, String>> groups = new EnumMap<>(Direction.class);
  private final Set<AddressPair> pairs = new HashSet<>();

  /** No elements. */
  PolicyElements() {
    for (Direction direction : Direction.values()) {
      groups.put(direction, new HashMap<>());
    }
  }

  /** The sets that are there. */
  Set<String> sets() {
    return members.keySet();
  }

  /**
   * Whether all of it is as in another one.
   *
   * @param unread sets whose members are not compared
   */
  boolean isSameAs(PolicyElements other, Set<String> unread) {
    return members.keySet().equals(other.members.keySet())
        && members.entrySet().stream()
            .filter(set -> !unread.contains(set.getKey()))
            .allMatch(set -> set.getValue().equals(other.members.get(set.getKey())))
        && groups.equals(other.groups)
        && pairs.equals(other.pairs);
  }

  /** A set that is there has these members. */
  void put(String set, Set<Member> now) {
    members.put(set, now);
  }

  /** Sets that are gone. */
  void remove(Collection<String> sets) {
    members.keySet().removeAll(sets);
  }

  void put(Direction direction, Map<IpAddress, String> now) {
    groups.get(direction).putAll(now);
  }

  void put(Set<AddressPair> now) {
    pairs.addAll(now);
  }

  /** The chain that an address leads to. */
  Optional<String> chain(Direction direction, IpAddress address) {
    return Optional.ofNullable(groups.get(direction).get(address));
  }

  /** Addresses that lead to a chain, in any direction. */
  Set<IpAddress> addresses() {
    Set<IpAddress> addresses = new HashSet<>();
    groups.values().forEach(map -> addresses.addAll(map.keySet()));
    pairs.forEach(pair -> addresses.add(pair.source()));
    return addresses;
  }

  /** The chains that addresses lead to. */
  Set<String> chains() {
    Set<String> chains = new HashSet<>();
    groups.values().forEach(map -> chains.addAll(map.values()));
    return chains;
  }

  /** What makes the members of a set these; nothing where they are. */
  List<SetChange.Step> membersTo(String set, Set<Member> wanted) {
    Set<Member> before = members.getOrDefault(set, Set.of());
    List<SetChange.Step> steps = new ArrayList<>();
    if (before != wanted) {
      SetRef ref = PolicyObjects.set(set);
      step(steps, false, ref, elements(before, wanted));
      step(steps, true, ref, elements(wanted, before));
    }
    return steps;
  }

  private static List<SetElement> elements(Set<Member> some, Set<Member> others) {
    List<SetElement> elements = new ArrayList<>();
    for (Member member : some) {
      if (!others.contains(member)) {
        elements.add(element(member));
      }
    }
    return elements;
  }

  private static SetElement element(Member member) {
    return member
        .port()
        .<SetElement>map(
            port -> new AddressPort(member.address(), port.protocol().number(), port.number()))
        .orElseGet(() -> new AddressElement(member.address()));
  }

  /** What an address is to lead to, by direction; nothing where nothing. */
  interface Wanted {
    Optional<String> chain(Direction direction, IpAddress address);
  }

  /**
   * What makes these addresses lead where they are wanted to, and pairs those of them with
   * themselves that lead anywhere.
   */
  List<SetChange.Step> groupsTo(Wanted wanted, Collection<IpAddress> addresses) {
    Lists<SetElement> removed = new Lists<>();
    Lists<SetElement> added = new Lists<>();
    for (IpAddress address : addresses) {
      boolean policed = false;
      for (Direction direction : Direction.values()) {
        Optional<String> before = chain(direction, address);
        Optional<String> after = wanted.chain(direction, address);
        policed |= after.isPresent();
        if (!before.equals(after)) {
          SetRef map = PolicyObjects.groups(direction, address.family());
          before.ifPresent(chain -> removed.add(map, new AddressElement(address)));
          after.ifPresent(chain -> added.add(map, new VerdictElement(address, chain)));
        }
      }
      AddressPair pair = new AddressPair(address, address);
      if (policed != pairs.contains(pair)) {
        (policed ? added : removed).add(PolicyObjects.self(address.family()), pair);
      }
    }
    List<SetChange.Step> steps = new ArrayList<>();
    removed.bySet.forEach((set, elements) -> step(steps, false, set, elements));
    added.bySet.forEach((set, elements) -> step(steps, true, set, elements));
    return steps;
  }

  /** What removes pairs of different addresses, which nobody of ours adds. */
  List<SetChange.Step> strangePairs() {
    Lists<SetElement> removed = new Lists<>();
    for (AddressPair pair : pairs) {
      if (!pair.source().equals(pair.destination())) {
        removed.add(PolicyObjects.self(pair.source().family()), pair);
      }
    }
    List<SetChange.Step> steps = new ArrayList<>();
    removed.bySet.forEach((set, elements) -> step(steps, false, set, elements));
    return steps;
  }

  /** The steps of {@link #groupsTo} were carried out. */
  void groupsChanged(Wanted wanted, Collection<IpAddress> addresses) {
    for (IpAddress address : addresses) {
      boolean policed = false;
      for (Direction direction : Direction.values()) {
        Optional<String> chain = wanted.chain(direction, address);
        policed |= chain.isPresent();
        Map<IpAddress, String> map = groups.get(direction);
        chain.ifPresentOrElse(name -> map.put(address, name), () -> map.remove(address));
      }
      AddressPair pair = new AddressPair(address, address);
      if (policed) {
        pairs.add(pair);
      } else {
        pairs.remove(pair);
      }
    }
  }

  /** The steps of {@link #strangePairs} were carried out. */
  void strangePairsRemoved() {
    pairs.removeIf(pair -> !pair.source().equals(pair.destination()));
  }

  private static void step(
      List<SetChange.Step> steps, boolean add, SetRef set, List<SetElement> elements) {
    if (!elements.isEmpty()) {
      steps.add(new SetChange.Step(add, set, elements));
    }
  }

  /** Lists by set, in the order in which they came. */
  private static final class Lists<T> {
    private final Map<SetRef, List<T>> bySet = new LinkedHashMap<>();

    void add(SetRef set, T element) {
      bySet.computeIfAbsent(set, s -> new ArrayList<>()).add(element);
    }
  }
}
