// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.core.net.IpAddress;
import dev.weft.core.node.AddressRequest;
import dev.weft.core.node.AttachmentKey;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A request whose every part was checked.
 *
 * @param verb what is to be done
 * @param key which attachment; null for a verb that is about none
 * @param netns the path of the pod's namespace on the host; may be empty
 * @param arguments what is in {@code CNI_ARGS}
 * @param config the network configuration; null for VERSION
 */
record CniCall(
    Verb verb, AttachmentKey key, String netns, CniArguments arguments, NetworkConfig config) {
  /** The longest name of an interface: IFNAMSIZ (linux/if.h) less the NUL. */
  private static final int MAX_IF_NAME_LENGTH = 15;

  /** The kernel takes no "/" and no ":", and numbers an interface where there is a "%d". */
  private static final String NOT_IN_NAMES = "/:%";

  /**
   * Checks a request, in the order in which the reference library does.
   *
   * @param configs reads the network configuration
   */
  static CniCall of(CniRequest request, NetworkConfigReader configs) throws CniException {
    Map<String, String> environment = request.environment();
    Verb verb = verb(environment.getOrDefault(Variables.COMMAND, ""));
    if (verb == Verb.VERSION) {
      return new CniCall(verb, null, "", CniArguments.NONE, null);
    }
    List<String> missing = new ArrayList<>(0);
    for (String name : verb.required()) {
      if (environment.getOrDefault(name, "").isEmpty()) {
        missing.add(name);
      }
    }
    if (!missing.isEmpty()) {
      throw invalid(verb + " needs " + String.join(", ", missing), "not set or empty");
    }
    AttachmentKey key = verb.required().isEmpty() ? null : key(environment);
    CniArguments arguments =
        verb == Verb.ADD
            ? CniArguments.parse(environment.getOrDefault(Variables.ARGS, ""))
            : CniArguments.NONE;
    NetworkConfig config = configs.read(request.stdin());
    if (!config.version().atLeast(verb.since())) {
      throw new CniException(
          ErrorCode.INCOMPATIBLE_VERSION,
          "cniVersion %s has no %s".formatted(config.version(), verb),
          "it came with " + verb.since());
    }
    String netns = environment.getOrDefault(Variables.NETNS, "");
    return new CniCall(verb, key, netns, arguments, config);
  }

  /**
   * What addresses the pod of an ADD is to get. Those that it must have come from {@code CNI_ARGS}
   * and the {@code ips} capability.
   */
  AddressRequest addressRequest() throws CniException {
    Set<IpAddress> requested = new LinkedHashSet<>(arguments.addresses());
    requested.addAll(config.requestedAddresses());
    return AddressRequest.of(arguments.pod(), List.copyOf(requested));
  }

  private static Verb verb(String text) throws CniException {
    Optional<Verb> verb = Verb.of(text);
    if (verb.isEmpty()) {
      throw invalid(
          "unknown %s \"%s\"".formatted(Variables.COMMAND, text),
          "known: " + List.of(Verb.values()));
    }
    return verb.get();
  }

  private static AttachmentKey key(Map<String, String> environment) throws CniException {
    String containerId = environment.get(Variables.CONTAINER_ID);
    if (!NetworkConfig.isName(containerId)) {
      throw invalid(
          "%s \"%s\" is bad".formatted(Variables.CONTAINER_ID, containerId),
          "it is letters, digits, \"_\", \".\", \"-\" and begins with a letter or digit");
    }
    String ifName = environment.get(Variables.IF_NAME);
    String why = whyNotAnIfName(ifName);
    if (!why.isEmpty()) {
      throw invalid("%s \"%s\" is bad".formatted(Variables.IF_NAME, ifName), why);
    }
    return new AttachmentKey(containerId, ifName);
  }

  private static String whyNotAnIfName(String name) {
    if (name.length() > MAX_IF_NAME_LENGTH) {
      return "it is longer than " + MAX_IF_NAME_LENGTH + " characters";
    }
    if (name.equals(".") || name.equals("..")) {
      return "the kernel takes no such name";
    }
    return CniArguments.isPrintable(name)
            && NOT_IN_NAMES.chars().noneMatch(c -> name.indexOf(c) >= 0)
        ? ""
        : "it has a \"/\", a \":\", a \"%\", a space or a character outside of ASCII";
  }

  private static CniException invalid(String msg, String details) {
    return new CniException(ErrorCode.INVALID_ENVIRONMENT, msg, details);
  }
}
