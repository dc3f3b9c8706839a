// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.event;

/**
 * What makes one Event equal another: a repetition raises its count.
 *
 * @param kind of the object that it is about
 * @param namespace of that object; empty where it has none
 * @param name of that object
 * @param uid of that object; empty where it is not known
 * @param reason in one word
 * @param message as a sentence
 */
public record EventSubject(
    String kind, String namespace, String name, String uid, String reason, String message) {}
