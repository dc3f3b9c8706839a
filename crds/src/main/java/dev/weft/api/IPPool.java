// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** A range of addresses that pods draw from. */
@JsonIgnoreProperties(ignoreUnknown = true)
@Group("weft.dev")
@Version("v1alpha1")
@ShortNames("ippool")
@Categories("weft")
@ValidationRule(
    value =
        "!isCIDR(self.spec.cidr) || (has(self.status) && has(self.status.cidr) &&"
            + " isCIDR(self.status.cidr) ? cidr(self.spec.cidr).containsCIDR(self.status.cidr) :"
            + " !isCIDR(oldSelf.spec.cidr) ||"
            + " cidr(self.spec.cidr).containsCIDR(oldSelf.spec.cidr))",
    message =
        "spec.cidr must hold the range in force (status.cidr; before there is one, the old"
            + " spec.cidr): it may be widened, and narrowed back to that; make a second pool for"
            + " another range, and set state Draining on this one")
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
    name = "ACCEPTED",
    jsonPath = ".status.conditions[?(@.type==\"Accepted\")].status",
    priority = 1)
@AdditionalPrinterColumn(name = "STATE", jsonPath = ".spec.state", priority = 1)
@AdditionalPrinterColumn(name = "ROUTING", jsonPath = ".spec.routing", priority = 1)
@AdditionalPrinterColumn(name = "IN-FORCE", jsonPath = ".status.cidr", priority = 1)
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
