// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.event;

/**
 * How an Event is to be written.
 *
 * @param name of the Event, a DNS subdomain where its object's name is one, 253 characters at most
 * @param count how often it happened so far
 * @param repeated whether there is an Event of that name, whose count is to be raised
 */
public record EventWrite(String name, int count, boolean repeated) {}
