// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.core.net.IpAddress;
import dev.weft.core.node.PodName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What is in {@code CNI_ARGS}: {@code KEY=VALUE} pairs with semicolons between them.
 *
 * @param pod the pod that the container belongs to
 * @param podUid its UID, for its Events; empty where nothing usable is there
 * @param addresses that were requested with {@code IP}, at most one of each family
 */
record CniArguments(Optional<PodName> pod, String podUid, List<IpAddress> addresses) {
  /** No arguments. */
  static final CniArguments NONE = new CniArguments(Optional.empty(), "", List.of());

  private static final String NAMESPACE = "K8S_POD_NAMESPACE";
  private static final String NAME = "K8S_POD_NAME";
  private static final String UID = "K8S_POD_UID";
  private static final int MAX_UID = 128;
  private static final String IP = "IP";
  private static final String IGNORE_UNKNOWN = "IgnoreUnknown";
  private static final Set<String> KNOWN =
      Set.of(NAMESPACE, NAME, IP, IGNORE_UNKNOWN, "K8S_POD_INFRA_CONTAINER_ID", UID);

  /**
   * Reads them. An unknown key is an error unless {@code IgnoreUnknown} is true, as the reference
   * plugins have it.
   */
  static CniArguments parse(String text) throws CniException {
    if (text.isEmpty()) {
      return NONE;
    }
    Map<String, String> pairs = pairs(text);
    if (!ignoresUnknown(pairs) && !KNOWN.containsAll(pairs.keySet())) {
      List<String> unknown =
          pairs.keySet().stream().filter(key -> !KNOWN.contains(key)).sorted().toList();
      throw invalid("unknown keys " + unknown, "IgnoreUnknown=1 would let them pass");
    }
    String namespace = pairs.getOrDefault(NAMESPACE, "");
    String name = pairs.getOrDefault(NAME, "");
    Optional<PodName> pod =
        namespace.isEmpty() || name.isEmpty()
            ? Optional.empty()
            : Optional.of(new PodName(printable(namespace), printable(name)));
    return new CniArguments(
        pod, uid(pairs.getOrDefault(UID, "")), addresses(pairs.getOrDefault(IP, "")));
  }

  private static Map<String, String> pairs(String text) throws CniException {
    Map<String, String> pairs = new HashMap<>();
    for (String pair : text.split(";")) {
      int equals = pair.indexOf('=');
      if (equals <= 0) {
        throw invalid("\"" + pair + "\" is no KEY=VALUE pair", "");
      }
      pairs.put(pair.substring(0, equals), pair.substring(equals + 1));
    }
    return pairs;
  }

  private static boolean ignoresUnknown(Map<String, String> pairs) throws CniException {
    String value = pairs.getOrDefault(IGNORE_UNKNOWN, "false");
    return switch (value.toLowerCase(java.util.Locale.ROOT)) {
      case "1", "true" -> true;
      case "0", "false" -> false;
      default -> throw invalid("IgnoreUnknown=" + value + " is neither true nor false", "");
    };
  }

  private static List<IpAddress> addresses(String text) throws CniException {
    List<IpAddress> addresses = new ArrayList<>();
    for (String part : text.isEmpty() ? new String[0] : text.split(",")) {
      try {
        addresses.add(RequestedAddress.parse(part));
      } catch (IllegalArgumentException e) {
        throw invalid("IP=" + text, e.getMessage());
      }
    }
    return addresses;
  }

  /** It is for display only: a bad one fails nothing. */
  private static String uid(String text) {
    return text.length() <= MAX_UID && isPrintable(text) ? text : "";
  }

  /** A pod's name goes into a link's alias, which is split at spaces. */
  private static String printable(String name) throws CniException {
    if (!isPrintable(name) || name.indexOf('/') >= 0) {
      throw invalid("\"" + name + "\" is no name of a Kubernetes object", "");
    }
    return name;
  }

  /** Whether a text is of ASCII characters that show, no spaces. */
  static boolean isPrintable(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) <= ' ' || text.charAt(i) >= 127) {
        return false;
      }
    }
    return true;
  }

  private static CniException invalid(String what, String details) {
    return new CniException(
        ErrorCode.INVALID_ENVIRONMENT, "read " + Variables.ARGS + ": " + what, details);
  }
}
