// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.netlink.codec.Attributes;
import dev.weft.netlink.codec.MessageWriter;
import java.util.EnumMap;
import java.util.Map;

/**
 * Settings of {@code /proc/sys/net/ipv4/conf/DEVICE}, by netlink: it needs no writable /proc/sys.
 *
 * @param values the settings to be set or, when read, the value of every one we know
 */
public record Ipv4Settings(Map<Ipv4Setting, Integer> values) implements LinkSetting {
  /** Copies the map. */
  public Ipv4Settings {
    values = Map.copyOf(values);
  }

  @Override
  public String describe() {
    return "ipv4 settings";
  }

  @Override
  public void write(MessageWriter out) {
    int spec = out.nest(Rtnetlink.IFLA_AF_SPEC);
    int inet = out.nest(Rtnetlink.AF_INET);
    int conf = out.nest(Rtnetlink.IFLA_INET_CONF);
    values.forEach((setting, value) -> out.attributeInt(setting.number(), value));
    out.endNest(conf);
    out.endNest(inet);
    out.endNest(spec);
  }

  /** Reads the payload of IFLA_AF_SPEC: the kernel reports the settings as an array, from 1. */
  static Ipv4Settings read(Attributes spec) {
    Map<Ipv4Setting, Integer> values = new EnumMap<>(Ipv4Setting.class);
    while (spec.next()) {
      if (spec.type() != Rtnetlink.AF_INET) {
        continue;
      }
      Attributes inet = spec.nested();
      while (inet.next()) {
        if (inet.type() == Rtnetlink.IFLA_INET_CONF) {
          for (Ipv4Setting setting : Ipv4Setting.values()) {
            values.put(setting, inet.intAt(setting.number() - 1));
          }
        }
      }
    }
    return new Ipv4Settings(values);
  }
}
