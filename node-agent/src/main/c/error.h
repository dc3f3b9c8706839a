// SPDX-License-Identifier: Apache-2.0
/* CNI results on standard output: the error object and plain bytes. */
#ifndef WEFT_ERROR_H
#define WEFT_ERROR_H

#include <stddef.h>

/* Error codes: CNI specification 1.1.0, "Error"; from 100 on they are ours. */
enum cni_error {
    CNI_UNKNOWN_CONTAINER = 3,
    CNI_BAD_ENVIRONMENT = 4,
    CNI_IO_FAILURE = 5,
    CNI_NOT_DECODED = 6,
    CNI_BAD_CONFIG = 7,
    CNI_TRY_AGAIN = 11,
    CNI_NOT_AVAILABLE = 50,
    CNI_PROTOCOL = 100,
};

enum { VERSION_SIZE = 32 };

/* The cniVersion that errors carry; "0.1.0" (the specification's word for "absent") until set. */
extern char error_version[VERSION_SIZE];

/* Writes all bytes to standard output; if that fails it ends the process with status 1 and the reason on standard error. */
void print_bytes(const void *bytes, size_t length);

/*
 * Prints a CNI error object and ends the process with status 1. The message is the
 * concatenation of the strings after `details`, up to a NULL; of each at most 512 bytes are shown.
 */
__attribute__((noreturn, sentinel)) void fail(enum cni_error code, const char *details, ...);

#endif
