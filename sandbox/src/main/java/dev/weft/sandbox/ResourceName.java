// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import java.util.regex.Pattern;

/** Names that a Kubernetes API server accepts: RFC 1123, as in its own validation. */
final class ResourceName {
  private static final String LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
  private static final Pattern LABELS = Pattern.compile(LABEL + "(\\." + LABEL + ")*");
  private static final Pattern ONE_LABEL = Pattern.compile(LABEL);
  private static final int MAX_LABEL = 63;
  private static final int MAX_SUBDOMAIN = 253;

  /** A pod's namespace, an underscore and its name are one file's name: linux/limits.h NAME_MAX. */
  private static final int MAX_FILE_NAME = 255;

  private ResourceName() {}

  /**
   * Checks a pod's names.
   *
   * @throws SandboxException that names the rule which one of them breaks
   */
  static void requirePod(String namespace, String name) {
    if (namespace.length() > MAX_LABEL || !ONE_LABEL.matcher(namespace).matches()) {
      throw new SandboxException(
          "namespace \""
              + namespace
              + "\" is not a DNS-1123 label: use lower-case letters, digits and '-', beginning and"
              + " ending with a letter or digit, at most "
              + MAX_LABEL);
    }
    if (name.length() > MAX_SUBDOMAIN || !LABELS.matcher(name).matches()) {
      throw new SandboxException(
          "pod name \""
              + name
              + "\" is not a DNS-1123 subdomain: use lower-case letters, digits, '-' and '.',"
              + " beginning and ending with a letter or digit, at most "
              + MAX_SUBDOMAIN);
    }
    if (namespace.length() + 1 + name.length() > MAX_FILE_NAME) {
      throw new SandboxException(
          "namespace and pod name are longer than "
              + (MAX_FILE_NAME - 1)
              + " together, which the sandbox needs for a file name");
    }
  }
}
