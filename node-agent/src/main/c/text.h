// SPDX-License-Identifier: Apache-2.0
/* Text put together in a caller's buffer: never past its end, never unterminated. */
#ifndef WEFT_TEXT_H
#define WEFT_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* A growing text. What does not fit is left out; `capacity` counts the terminating zero. */
struct text {
    char *bytes;
    size_t length;
    size_t capacity;
};

/* An empty text in `bytes`; `capacity` is at least 1. */
struct text text_in(char *bytes, size_t capacity);

/* Appends a string as it is. */
void text_add(struct text *text, const char *string);

/* Appends a number in decimal digits. */
void text_add_number(struct text *text, uint32_t number);

/*
 * Appends a string as the inside of a JSON string: quotes, backslashes and control characters
 * escaped, bytes beyond ASCII as '?'. At most `limit` bytes of it are taken.
 */
void text_add_escaped(struct text *text, const char *string, size_t limit);

#endif
