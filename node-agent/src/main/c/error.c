// SPDX-License-Identifier: Apache-2.0
#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

/* An escaped byte takes up to 6; a message has at most 12 pieces, and there are the details. */
enum { PIECE_LIMIT = 512, OBJECT_SIZE = 13 * 6 * PIECE_LIMIT + 256 };

char error_version[VERSION_SIZE] = "0.1.0";

/* Ends the process where its result reaches nobody. */
__attribute__((noreturn)) static void fail_unwritten(const char *details) {
    char line[PIECE_LIMIT];
    struct text text = text_in(line, sizeof line);
    text_add(&text, "weft: write the result to standard output: ");
    text_add(&text, details);
    text_add(&text, "\n");
    ssize_t written = write(STDERR_FILENO, text.bytes, text.length);
    (void)written;
    _exit(1);
}

void print_bytes(const void *bytes, size_t length) {
    const char *at = bytes;
    while (length > 0) {
        ssize_t written = write(STDOUT_FILENO, at, length);
        if (written < 0 && errno != EINTR) {
            fail_unwritten(strerror(errno));
        }
        if (written > 0) {
            at += written;
            length -= (size_t)written;
        }
    }
}

void fail(enum cni_error code, const char *details, ...) {
    static char object[OBJECT_SIZE];
    struct text text = text_in(object, sizeof object);
    text_add(&text, "{\"cniVersion\":\"");
    text_add_escaped(&text, error_version, VERSION_SIZE);
    text_add(&text, "\",\"code\":");
    text_add_number(&text, code);
    text_add(&text, ",\"msg\":\"");
    va_list pieces;
    va_start(pieces, details);
    for (const char *piece; (piece = va_arg(pieces, const char *)) != NULL;) {
        text_add_escaped(&text, piece, PIECE_LIMIT);
    }
    va_end(pieces);
    text_add(&text, "\",\"details\":\"");
    text_add_escaped(&text, details, PIECE_LIMIT);
    text_add(&text, "\"}\n");
    print_bytes(text.bytes, text.length);
    _exit(1);
}
