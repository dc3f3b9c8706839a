// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

/** Rules of the schema that several fields share, and what they answer to a user. */
final class Cel {
  /** The text is a range at all (CEL library of Kubernetes 1.31). */
  static final String IS_CIDR = "isCIDR(self)";

  static final String IS_CIDR_MESSAGE =
      "must be an IPv4 or IPv6 range such as 10.244.0.0/16 or fd00:244::/48";

  /** The text is the canonical one (RFC 5952) of a range without host bits. */
  static final String NO_HOST_BITS = "!isCIDR(self) || string(cidr(self).masked()) == self";

  static final String NO_HOST_BITS_MESSAGE =
      "has host bits set or is not in canonical form; write it like 10.244.0.0/16 or fd00:244::/48";

  /**
   * Ranges that are never pods': this network, loopback, link-local, multicast and reserved ones
   * (RFC 6890); of IPv6 the unspecified, loopback, mapped and translated ones too.
   */
  private static final String NEVER_PODS =
      "['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/4', '240.0.0.0/4', '::/8',"
          + " 'fe80::/10', 'ff00::/8']";

  /** The range holds no address that can never be a pod's. */
  static final String FOR_PODS =
      "!isCIDR(self) || "
          + NEVER_PODS
          + ".all(r, !cidr(r).containsCIDR(self) && !cidr(self).containsCIDR(r))";

  static final String FOR_PODS_MESSAGE =
      "overlaps a range that can never be pods' (0.0.0.0/8, 127.0.0.0/8, 169.254.0.0/16,"
          + " 224.0.0.0/4, 240.0.0.0/4, ::/8, fe80::/10 or ff00::/8); choose another, such as"
          + " 10.244.0.0/16 or fd00:244::/48";

  /** A DNS subdomain (RFC 1123), as names of Kubernetes objects are. */
  static final String OBJECT_NAME = "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$";

  private Cel() {}
}
