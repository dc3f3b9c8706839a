// SPDX-License-Identifier: Apache-2.0
/* The one thing this program knows of JSON: where the top-level cniVersion is. */
#ifndef WEFT_JSON_H
#define WEFT_JSON_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Reads a network configuration as strict JSON (RFC 8259, nested at most 128 deep) and copies the
 * top-level "cniVersion" into `version`. `version` is left as it is when the key is absent, or when
 * its value is no string, empty, too long, or of other characters than letters, digits, '.', '-' and '+'.
 * Of a repeated key the last one counts. Returns false when the text is not one JSON object.
 */
bool json_find_version(const char *text, size_t length, char *version, size_t size);

#endif
