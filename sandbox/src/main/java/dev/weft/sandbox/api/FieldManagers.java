// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Who owns which fields of one object, as in its {@code metadata.managedFields}, and server-side
 * apply by it: conflicts, taking over by force, and removal of what a manager applies no more.
 */
final class FieldManagers {
  /**
   * Who writes, and how.
   *
   * @param name of the field manager
   * @param applies whether by server-side apply; every other write is an update
   * @param subresource that was written; empty: the object itself
   */
  record Manager(String name, boolean applies, String subresource) {
    /** As a conflict names it. */
    String text(String apiVersion) {
      return '"'
          + name
          + '"'
          + (subresource.isEmpty() ? "" : " with subresource \"" + subresource + '"')
          + (applies ? "" : " using " + apiVersion);
    }
  }

  /** What a manager owns, and since when it does so unchanged. */
  private record Owned(Set<List<String>> fields, String since) {}

  private final Kind kind;
  private final Map<Manager, Owned> owners = new LinkedHashMap<>();

  /** Reads those of an object; it has none while it is new. */
  FieldManagers(Kind kind, JsonNode object) {
    this.kind = kind;
    for (JsonNode entry : object.at("/metadata/managedFields")) {
      owners.put(
          new Manager(
              entry.path("manager").asText(),
              entry.path("operation").asText().equals("Apply"),
              entry.path("subresource").asText()),
          new Owned(FieldSet.read(entry.path("fieldsV1")), entry.path("time").asText()));
    }
  }

  /** A write that is no apply: the writer owns what it changed, whoever owned it before. */
  void update(Manager writer, JsonNode before, ObjectNode after) {
    Map<List<String>, JsonNode> was = fields(before);
    Map<List<String>, JsonNode> is = fields(after);
    Set<List<String>> changed = changed(was, is);
    Set<List<String>> own = new LinkedHashSet<>(owned(writer));
    own.addAll(changed);
    takeFromOthers(writer, changed);
    owners.keySet().forEach(manager -> set(manager, and(owned(manager), is.keySet())));
    own.retainAll(is.keySet());
    set(writer, own);
    write(after);
  }

  /**
   * Merges what a manager applies into an object.
   *
   * @param object is changed
   * @param force whether to take over what others own
   * @throws ApiException 409 when others own what would change
   */
  void apply(Manager writer, ObjectNode object, ObjectNode configuration, boolean force) {
    Shape shape = Shape.of(kind);
    Map<List<String>, JsonNode> was = fields(object);
    Merge.BY_KEY.into(object, configuration, shape);
    Set<List<String>> changed = changed(was, fields(object));
    Map<Manager, Set<List<String>>> conflicts = new LinkedHashMap<>();
    owners.forEach(
        (manager, owned) -> {
          Set<List<String>> both = and(owned.fields(), changed);
          if (!manager.equals(writer) && !both.isEmpty()) {
            conflicts.put(manager, both);
          }
        });
    if (!conflicts.isEmpty() && !force) {
      throw ApiException.applyConflict(kind, conflicts);
    }
    takeFromOthers(writer, changed);
    Set<List<String>> applied = fields(configuration).keySet();
    Set<List<String>> stale = new LinkedHashSet<>(owned(writer));
    stale.removeAll(applied);
    owners.forEach(
        (manager, owned) -> {
          if (!manager.equals(writer)) {
            stale.removeIf(path -> owned.fields().stream().anyMatch(other -> holds(path, other)));
          }
        });
    // An element before its own fields: without its key it is not found.
    stale.stream()
        .sorted(Comparator.comparingInt(List::size))
        .forEach(path -> FieldSet.remove(object, path));
    set(writer, new LinkedHashSet<>(applied));
    write(object);
  }

  /** Whether a field is another, or lies in it. */
  private static boolean holds(List<String> path, List<String> inner) {
    return inner.size() >= path.size() && inner.subList(0, path.size()).equals(path);
  }

  private Map<List<String>, JsonNode> fields(JsonNode object) {
    return FieldSet.of(object, Shape.of(kind));
  }

  private Set<List<String>> owned(Manager manager) {
    Owned owned = owners.get(manager);
    return owned == null ? Set.of() : owned.fields();
  }

  private static Set<List<String>> changed(
      Map<List<String>, JsonNode> was, Map<List<String>, JsonNode> is) {
    Set<List<String>> changed = new LinkedHashSet<>();
    is.forEach(
        (path, value) -> {
          if (!value.equals(was.get(path))) {
            changed.add(path);
          }
        });
    return changed;
  }

  private void takeFromOthers(Manager writer, Set<List<String>> fields) {
    for (Manager manager : List.copyOf(owners.keySet())) {
      if (!manager.equals(writer)) {
        Set<List<String>> left = new LinkedHashSet<>(owned(manager));
        left.removeAll(fields);
        set(manager, left);
      }
    }
  }

  private static Set<List<String>> and(Set<List<String>> one, Set<List<String>> other) {
    Set<List<String>> both = new LinkedHashSet<>(one);
    both.retainAll(other);
    return both;
  }

  private void set(Manager manager, Set<List<String>> fields) {
    if (!new HashSet<>(fields).equals(owners.containsKey(manager) ? owned(manager) : null)) {
      String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
      owners.put(manager, new Owned(fields, now));
    }
  }

  private void write(ObjectNode object) {
    List<Map.Entry<Manager, Owned>> entries = new ArrayList<>(owners.entrySet());
    entries.removeIf(entry -> entry.getValue().fields().isEmpty());
    entries.sort(
        Comparator.comparing((Map.Entry<Manager, Owned> entry) -> !entry.getKey().applies())
            .thenComparing(entry -> entry.getValue().since())
            .thenComparing(entry -> entry.getKey().name()));
    ObjectNode metadata = Json.child(object, "metadata");
    metadata.remove("managedFields");
    if (entries.isEmpty()) {
      return;
    }
    ArrayNode list = metadata.putArray("managedFields");
    for (Map.Entry<Manager, Owned> entry : entries) {
      Manager manager = entry.getKey();
      ObjectNode written = list.addObject();
      written
          .put("manager", manager.name())
          .put("operation", manager.applies() ? "Apply" : "Update")
          .put("apiVersion", kind.apiVersion())
          .put("time", entry.getValue().since())
          .put("fieldsType", "FieldsV1");
      written.set("fieldsV1", FieldSet.write(entry.getValue().fields()));
      if (!manager.subresource().isEmpty()) {
        written.put("subresource", manager.subresource());
      }
    }
  }
}
