// SPDX-License-Identifier: Apache-2.0
/* The name of an attachment's port: the host end of its veth. */
#ifndef WEFT_PORT_H
#define WEFT_PORT_H

#include "kernel.h"

/*
 * As the agent makes it: "wf" and the first 11 hexadecimal digits of the SHA-256 of "ID/INTERFACE", where a
 * container's id of over 100 bytes stands as "sha256." and the hexadecimal digits of its own. Of an interface's
 * name 15 bytes are taken.
 */
void port_name(const char *container, const char *interface, char name[INTERFACE_NAME_SIZE]);

#endif
