// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.netlink.Request;
import dev.weft.netlink.codec.MessageWriter;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Changes a link that exists, found by its index. Settings are carried out one after the other: on
 * a failure those before it stay.
 *
 * @param link which
 * @param settings what to change
 */
public record SetLink(LinkRef link, List<LinkSetting> settings) implements Request {
  /** The list does not change with the caller's. */
  public SetLink {
    settings = List.copyOf(settings);
  }

  /** A change of these settings. */
  public static SetLink of(LinkRef link, LinkSetting... settings) {
    return new SetLink(link, List.of(settings));
  }

  /** Sets a link up. */
  public static SetLink up(LinkRef link) {
    return of(link, new LinkSetting.Up(true));
  }

  @Override
  public String describe() {
    return settings.stream()
        .map(LinkSetting::describe)
        .collect(Collectors.joining(", ", "set link " + link + " ", ""));
  }

  @Override
  public void write(MessageWriter out) {
    int flags = 0;
    int change = 0;
    for (LinkSetting setting : settings) {
      if (setting instanceof LinkSetting.Up up) {
        change = Rtnetlink.IFF_UP;
        flags = up.up() ? Rtnetlink.IFF_UP : 0;
      }
    }
    out.begin(Rtnetlink.RTM_NEWLINK, Rtnetlink.NLM_F_REQUEST);
    Headers.link(out, 0, link.index(), flags, change);
    for (LinkSetting setting : settings) {
      setting.write(out);
    }
    out.end();
  }
}
