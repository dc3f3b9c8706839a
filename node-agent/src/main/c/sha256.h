// SPDX-License-Identifier: Apache-2.0
/* SHA-256, as FIPS 180-4 defines it. */
#ifndef WEFT_SHA256_H
#define WEFT_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { SHA256_SIZE = 32 };

/* The digest of a few bytes; made for names, not for speed. */
void sha256(const void *bytes, size_t length, uint8_t digest[SHA256_SIZE]);

#endif
