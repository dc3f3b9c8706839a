// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cel.common.CelFunctionDecl;
import dev.cel.common.CelOverloadDecl;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.extensions.CelExtensions;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelFunctionBinding;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Evaluates the rules of a schema ({@code x-kubernetes-validations}), with Kubernetes' functions on
 * ranges (k8s.io/apiserver, pkg/cel/library/cidr.go) as far as Weft's CRDs use them. Thread-safe.
 */
final class CelRules {
  private static final OpaqueType CIDR = OpaqueType.create("net.CIDR");
  private static final OpaqueType IP = OpaqueType.create("net.IP");

  private final CelCompiler compiler =
      CelCompilerFactory.standardCelCompilerBuilder()
          .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
          .addLibraries(CelExtensions.strings())
          .addVar("self", SimpleType.DYN)
          .addVar("oldSelf", SimpleType.DYN)
          .addFunctionDeclarations(
              function(
                  "isCIDR",
                  CelOverloadDecl.newGlobalOverload("is_cidr", SimpleType.BOOL, SimpleType.STRING)),
              function(
                  "cidr",
                  CelOverloadDecl.newGlobalOverload("string_to_cidr", CIDR, SimpleType.STRING)),
              function(
                  "string",
                  CelOverloadDecl.newGlobalOverload("cidr_to_string", SimpleType.STRING, CIDR)),
              function("masked", CelOverloadDecl.newMemberOverload("cidr_masked", CIDR, CIDR)),
              function(
                  "containsCIDR",
                  CelOverloadDecl.newMemberOverload(
                      "cidr_contains_string", SimpleType.BOOL, CIDR, SimpleType.STRING)),
              function(
                  "prefixLength",
                  CelOverloadDecl.newMemberOverload("cidr_prefix_length", SimpleType.INT, CIDR)),
              function("ip", CelOverloadDecl.newMemberOverload("cidr_ip", IP, CIDR)),
              function(
                  "family", CelOverloadDecl.newMemberOverload("ip_family", SimpleType.INT, IP)))
          .build();

  private final CelRuntime runtime =
      CelRuntimeFactory.standardCelRuntimeBuilder()
          .addLibraries(CelExtensions.strings())
          .addFunctionBindings(
              CelFunctionBinding.from("is_cidr", String.class, CelRules::isRange),
              CelFunctionBinding.from("string_to_cidr", String.class, Range::parse),
              CelFunctionBinding.from("cidr_to_string", Range.class, Range::toString),
              CelFunctionBinding.from("cidr_masked", Range.class, Range::masked),
              CelFunctionBinding.from(
                  "cidr_contains_string",
                  Range.class,
                  String.class,
                  (range, other) -> range.contains(Range.parse(other))),
              CelFunctionBinding.from(
                  "cidr_prefix_length", Range.class, range -> (long) range.length()),
              CelFunctionBinding.from("cidr_ip", Range.class, Range::ip),
              CelFunctionBinding.from(
                  "ip_family", IpAddress.class, ip -> (long) ip.family().version()))
          .build();

  private final Map<String, CelRuntime.Program> programs = new ConcurrentHashMap<>();

  private static CelFunctionDecl function(String name, CelOverloadDecl overload) {
    return CelFunctionDecl.newFunctionDeclaration(name, overload);
  }

  /**
   * Whether a rule holds.
   *
   * @param old the value before; null: there was none, then no rule about {@code oldSelf} is
   *     evaluated
   * @throws IllegalStateException if the rule is none that this class understands
   */
  boolean holds(String rule, JsonNode self, JsonNode old) {
    Map<String, Object> variables = new LinkedHashMap<>();
    variables.put("self", plain(self));
    if (old != null) {
      variables.put("oldSelf", plain(old));
    } else if (rule.contains("oldSelf")) {
      return true;
    }
    try {
      return Boolean.TRUE.equals(programs.computeIfAbsent(rule, this::compile).eval(variables));
    } catch (CelEvaluationException e) {
      throw new IllegalStateException("evaluate the CEL rule " + rule + ": " + e.getMessage(), e);
    }
  }

  private CelRuntime.Program compile(String rule) {
    try {
      return runtime.createProgram(compiler.compile(rule).getAst());
    } catch (CelValidationException | CelEvaluationException e) {
      throw new IllegalStateException("compile the CEL rule " + rule + ": " + e.getMessage(), e);
    }
  }

  private static Object plain(JsonNode node) {
    if (node.isObject()) {
      Map<String, Object> map = new LinkedHashMap<>();
      node.properties().forEach(field -> map.put(field.getKey(), plain(field.getValue())));
      return map;
    }
    if (node.isArray()) {
      List<Object> list = new ArrayList<>();
      node.forEach(element -> list.add(plain(element)));
      return list;
    }
    if (node.isIntegralNumber()) {
      return node.asLong();
    }
    if (node.isNumber()) {
      return node.asDouble();
    }
    return node.isBoolean() ? (Object) node.asBoolean() : node.asText();
  }

  private static boolean isRange(String text) {
    try {
      return Range.parse(text) != null;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /**
   * A range as Kubernetes' functions have it: with host bits, if it was written so.
   *
   * @param ip the address before the slash
   * @param length of the prefix, in bits
   */
  private record Range(IpAddress ip, int length) {
    /** IPv4 addresses written as IPv6 are none, as netip and Kubernetes have it. */
    private static final Range MAPPED = new Range(IpAddress.parse("::ffff:0:0"), 96);

    static Range parse(String text) {
      int slash = text.indexOf('/');
      String length = text.substring(slash + 1);
      if (slash < 0 || !length.matches("0|[1-9]\\d{0,2}")) {
        throw new IllegalArgumentException("\"" + text + "\" is no range");
      }
      Range range = new Range(IpAddress.parse(text.substring(0, slash)), Integer.parseInt(length));
      if (range.length > range.ip.family().bits()
          || range.ip.family() == Family.IPV6 && MAPPED.contains(range.ip)) {
        throw new IllegalArgumentException("\"" + text + "\" is no range");
      }
      return range;
    }

    Range masked() {
      byte[] bytes = ip.bytes();
      for (int bit = length; bit < bytes.length * Byte.SIZE; bit++) {
        bytes[bit / Byte.SIZE] &= (byte) ~(0x80 >>> bit % Byte.SIZE);
      }
      return new Range(IpAddress.ofBytes(bytes), length);
    }

    boolean contains(Range other) {
      return other.length >= length && contains(other.ip);
    }

    private boolean contains(IpAddress other) {
      return other.family() == ip.family()
          && new Range(other, length).masked().ip.equals(masked().ip);
    }

    @Override
    public String toString() {
      return ip + "/" + length;
    }
  }
}
