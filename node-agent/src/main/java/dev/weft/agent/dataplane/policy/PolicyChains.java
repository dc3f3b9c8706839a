// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.policy;

import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.nft.NftProgram;
import dev.weft.agent.dataplane.policy.PolicyReader.Mark;
import dev.weft.core.policy.PolicyProgram.MemberSet;
import dev.weft.netlink.NetlinkException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The chains that this process wrote, and whether they are still so. What another process wrote is
 * written again, in its place, for a kernel's rules do not show which text they are of. Not safe
 * for use by several threads, but for {@link #written} and {@link #isOwn}.
 */
final class PolicyChains {
  /** Of a program that is refused as a whole, to find out which groups are. */
  private static final int MOST_RUNS = 40;

  private static final int MOST_PROCESSES = 64;
  private static final int LONGEST_REASON = 400;

  private final NftProgram nft;
  private final PolicyReader reader;

  /** Process ids of the last runs of nft. */
  private final Set<Long> processes = new LinkedHashSet<>();

  private Map<String, Mark> found = Map.of();
  private volatile Map<String, Written> written = Map.of();

  PolicyChains(NftProgram nft, PolicyReader reader) {
    this.nft = nft;
    this.reader = reader;
  }

  /** A chain and what it is recognised by. */
  record Written(PolicyChain chain, Mark mark) {}

  /** By name, what this process wrote and the kernel has. */
  Map<String, Written> written() {
    return written;
  }

  /** Names of all chains that the kernel has, whoever wrote them. */
  Set<String> names() {
    return found.keySet();
  }

  /** Whether a change of nftables was made by a run of ours. */
  boolean isOwn(int netlinkPid) {
    synchronized (processes) {
      return processes.contains((long) netlinkPid);
    }
  }

  /** There are none. */
  void forget() {
    found = Map.of();
    written = Map.of();
  }

  /** Chains that are gone. */
  void removed(Collection<String> chains) {
    Map<String, Mark> marks = new HashMap<>(found);
    marks.keySet().removeAll(chains);
    found = marks;
    written = stillThere();
  }

  /** Reads what is there; whether it is what was there at the last read or write. */
  boolean read() throws NetlinkException {
    Map<String, Mark> before = found;
    found = reader.chains();
    written = stillThere();
    return found.equals(before);
  }

  private Map<String, Written> stillThere() {
    Map<String, Written> still = new HashMap<>(written);
    still.values().removeIf(chain -> !chain.mark.equals(found.get(chain.chain.name())));
    return Map.copyOf(still);
  }

  /** Those that the kernel has not, or not as they are to be. */
  List<PolicyChain> differing(Collection<PolicyChain> wanted) {
    return wanted.stream()
        .filter(
            chain -> {
              Written as = written.get(chain.name());
              return as == null || !as.chain.equals(chain);
            })
        .toList();
  }

  /**
   * Writes chains in one transaction: new ones, and others in their place.
   *
   * @param before text that comes before all
   * @param objects text in the table's block that comes before them
   * @param after text that comes behind all
   */
  void write(
      String before,
      String objects,
      List<PolicyChain> chains,
      Collection<MemberSet> sets,
      String after)
      throws DataplaneException, NetlinkException {
    nft(before + text(objects, chains, sets) + after);
    wrote(chains);
  }

  /**
   * Writes chains, those that the kernel does not refuse.
   *
   * @param sets the program's, by name
   * @return why it refuses the others, by name
   */
  Map<String, String> writeEach(List<PolicyChain> chains, Map<String, MemberSet> sets)
      throws NetlinkException {
    Map<String, String> refused = new LinkedHashMap<>();
    List<PolicyChain> accepted = new ArrayList<>();
    List<List<PolicyChain>> parts = new ArrayList<>(List.of(chains));
    for (int run = 0; !parts.isEmpty(); run++) {
      List<PolicyChain> part = parts.remove(parts.size() - 1);
      try {
        nft(text("", part, named(part, sets)));
        accepted.addAll(part);
      } catch (DataplaneException e) {
        if (part.size() == 1 || run >= MOST_RUNS) {
          part.forEach(chain -> refused.put(chain.name(), reason(e)));
        } else {
          int half = part.size() / 2;
          parts.add(part.subList(half, part.size()));
          parts.add(part.subList(0, half));
        }
      }
    }
    wrote(accepted);
    return refused;
  }

  /** The sets that chains name, as far as the program has them. */
  static List<MemberSet> named(Collection<PolicyChain> chains, Map<String, MemberSet> sets) {
    return chains.stream()
        .flatMap(chain -> chain.sets().stream())
        .distinct()
        .filter(sets::containsKey)
        .map(sets::get)
        .toList();
  }

  private static String reason(DataplaneException e) {
    String message = e.getMessage();
    return message.length() <= LONGEST_REASON
        ? message
        : message.substring(0, LONGEST_REASON) + "...";
  }

  /** All in one block: nft takes a multiple of the time for as many blocks and commands. */
  private String text(String objects, List<PolicyChain> chains, Collection<MemberSet> sets) {
    StringBuilder text = new StringBuilder("add table " + PolicyObjects.TABLE + "\n");
    chains.stream()
        .filter(chain -> found.containsKey(chain.name()))
        .forEach(chain -> text.append(chain.flush()));
    text.append("table ").append(PolicyObjects.TABLE).append(" {\n").append(objects);
    sets.forEach(set -> text.append(PolicyRules.block(set)));
    chains.forEach(chain -> text.append(chain.block()));
    return text.append("}\n").toString();
  }

  private void nft(String script) throws DataplaneException {
    try {
      nft.apply(script, this::started);
    } catch (DataplaneException e) {
      throw new DataplaneException(
          e.reason(),
          "write nftables table %s: %s".formatted(PolicyObjects.TABLE, e.getMessage()),
          e);
    }
  }

  private void started(long process) {
    synchronized (processes) {
      if (processes.size() == MOST_PROCESSES) {
        processes.remove(processes.iterator().next());
      }
      processes.add(process);
    }
  }

  /** One that has not the rules that it was given was changed meanwhile: it is written again. */
  private void wrote(List<PolicyChain> chains) throws NetlinkException {
    found = reader.chains();
    Map<String, Written> now = new HashMap<>(stillThere());
    for (PolicyChain chain : chains) {
      Mark mark = found.get(chain.name());
      if (mark != null && mark.rules().size() == chain.rules().size()) {
        now.put(chain.name(), new Written(chain, mark));
      }
    }
    written = Map.copyOf(now);
  }
}
