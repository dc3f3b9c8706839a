// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** A range of addresses that pods draw from. */
@Group("weft.dev")
@Version("v1alpha1")
@ShortNames("ippool")
@Categories("weft")
@AdditionalPrinterColumn(name = "CIDR", jsonPath = ".spec.cidr")
@AdditionalPrinterColumn(
    name = "BLOCK",
    jsonPath = ".status.nodePrefixLength",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "ALLOCATED",
    jsonPath = ".status.blocks.allocated",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "FREE",
    jsonPath = ".status.blocks.free",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "READY",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].status")
@AdditionalPrinterColumn(
    name = "AGE",
    jsonPath = ".metadata.creationTimestamp",
    type = AdditionalPrinterColumn.Type.DATE)
@AdditionalPrinterColumn(
    name = "REASON",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].reason",
    priority = 1)
@AdditionalPrinterColumn(
    name = "MESSAGE",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].message",
    priority = 1)
public class IPPool extends CustomResource<IPPoolSpec, IPPoolStatus> {
  @Override
  protected IPPoolSpec initSpec() {
    return null;
  }

  @Override
  protected IPPoolStatus initStatus() {
    return null;
  }
}
