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

/**
 * A block of addresses and the node that owns it. Named after its CIDR, so that the API server
 * itself refuses a second owner of a block.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@Group("weft.dev")
@Version("v1alpha1")
@ShortNames("ipalloc")
@Categories("weft")
@ValidationRule(
    value =
        "self.metadata.name =="
            + " self.spec.cidr.replace('.', '-').replace(':', '-').replace('/', '-')",
    message =
        "metadata.name must be spec.cidr with each '.', ':' and '/' as '-', such as 10-244-1-0-24:"
            + " the name is the claim on the block")
@AdditionalPrinterColumn(name = "NODE", jsonPath = ".spec.node")
@AdditionalPrinterColumn(name = "CIDR", jsonPath = ".spec.cidr")
@AdditionalPrinterColumn(name = "POOL", jsonPath = ".spec.pool")
@AdditionalPrinterColumn(
    name = "USED",
    jsonPath = ".status.addresses.used",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "FREE",
    jsonPath = ".status.addresses.free",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(name = "PHASE", jsonPath = ".status.phase")
@AdditionalPrinterColumn(
    name = "AGE",
    jsonPath = ".metadata.creationTimestamp",
    type = AdditionalPrinterColumn.Type.DATE)
@AdditionalPrinterColumn(name = "STATE", jsonPath = ".spec.state", priority = 1)
@AdditionalPrinterColumn(name = "ROUTING", jsonPath = ".status.routing", priority = 1)
@AdditionalPrinterColumn(name = "ENDPOINT", jsonPath = ".status.endpoint.addresses", priority = 1)
@AdditionalPrinterColumn(
    name = "PROGRAMMED",
    jsonPath = ".status.conditions[?(@.type==\"Programmed\")].status",
    priority = 1)
@AdditionalPrinterColumn(
    name = "DEGRADED",
    jsonPath = ".status.conditions[?(@.type==\"Degraded\")].status",
    priority = 1)
public class IPAllocation extends CustomResource<IPAllocationSpec, IPAllocationStatus> {
  @Override
  protected IPAllocationSpec initSpec() {
    return null;
  }

  @Override
  protected IPAllocationStatus initStatus() {
    return null;
  }
}
