// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.nft;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The named objects of tables, as a listing of {@code nft} or our own rules name them. */
final class NftObjects {
  private static final Pattern TABLE = Pattern.compile("table (\\S+ \\S+) \\{");
  private static final Pattern OBJECT = Pattern.compile("\\s+(chain|set|map|counter) (\\S+) \\{.*");

  /** Rules go first, for they name all else; then what may name chains and counters. */
  private static final List<String> REMOVAL_ORDER = List.of("map", "set", "chain", "counter");

  private NftObjects() {}

  /**
   * An object.
   *
   * @param kind chain, set, map or counter
   * @param table family and name of its table
   * @param name its own
   */
  private record Named(String kind, String table, String name) {
    String command(String verb) {
      return verb + " " + kind + " " + table + " " + name + "\n";
    }
  }

  /** Text that removes what a listing has more than these rules; nothing where it has nothing. */
  static String removal(String listing, String rules) {
    Set<Named> unknown = of(listing);
    unknown.removeAll(of(rules));
    List<String> commands = new ArrayList<>();
    unknown.stream()
        .filter(object -> object.kind.equals("chain"))
        .forEach(chain -> commands.add(chain.command("flush")));
    for (String kind : REMOVAL_ORDER) {
      unknown.stream()
          .filter(object -> object.kind.equals(kind))
          .forEach(object -> commands.add(object.command("delete")));
    }
    return String.join("", commands);
  }

  private static Set<Named> of(String text) {
    Set<Named> objects = new LinkedHashSet<>();
    String table = "";
    for (String line : text.lines().toList()) {
      Matcher header = TABLE.matcher(line);
      Matcher object = OBJECT.matcher(line);
      if (header.matches()) {
        table = header.group(1);
      } else if (object.matches()) {
        objects.add(new Named(object.group(1), table, object.group(2)));
      }
    }
    return objects;
  }
}
