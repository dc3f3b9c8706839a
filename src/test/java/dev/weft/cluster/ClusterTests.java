// SPDX-License-Identifier: Apache-2.0
package dev.weft.cluster;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A theme of the tests on a real cluster. Weft and the tests' pods are there when it begins; the
 * classes run in the order of {@code @Order}, one after another, and so do their tests. Those with
 * the tag {@code smoke} are run for every family and kube-proxy mode, the others for one.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("cluster")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@ExtendWith({Witness.class, Installation.class})
@interface ClusterTests {}
