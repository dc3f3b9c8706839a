// SPDX-License-Identifier: Apache-2.0
/*
 * The frames between plugin and agent, protocol 1. Integers are big-endian.
 *
 *   request: u32 magic | u16 version | u16 descriptors | u32 environment length | u32 stdin length
 *            | environment (KEY=VALUE, each ended by a zero byte) | stdin
 *   answer:  u32 magic | u16 version | u16 action | u32 code | u32 body length | body
 *
 * The answer's header, and action 0, are the same in every version of the protocol.
 */
#ifndef WEFT_FRAME_H
#define WEFT_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define FRAME_MAGIC 0x57454654u /* "WEFT" */

enum {
    FRAME_VERSION = 1,
    FRAME_HEADER_SIZE = 16,
    ENVIRONMENT_LIMIT = 65536,
    STDIN_LIMIT = 1 << 20,
    BODY_LIMIT = 1 << 20,
};

/* What an answer requests of the plugin. */
enum frame_action {
    ACTION_PRINT = 0,       /* print the body, exit with the code */
    ACTION_ENABLE_IPV6 = 1, /* set disable_ipv6 of the interface named by the body to 0 */
};

/* One answer; `body` points into the bytes it was parsed from. */
struct answer {
    uint16_t version;
    uint16_t action;
    uint32_t code;
    const char *body;
    size_t body_length;
};

enum frame_state {
    FRAME_WHOLE,   /* the answer is filled; it takes FRAME_HEADER_SIZE + body_length bytes */
    FRAME_PARTIAL, /* more bytes are needed */
    FRAME_BAD,     /* wrong magic, or a body that is too long */
};

/* Writes a request's header. */
void frame_put_request(
    uint8_t header[FRAME_HEADER_SIZE], uint16_t descriptors, size_t environment_length, size_t stdin_length);

/* Reads an answer from the first `length` bytes, and nothing beyond them. */
enum frame_state frame_get_answer(const uint8_t *bytes, size_t length, struct answer *answer);

/* Writes a big-endian number. */
void put_u32(uint8_t *to, uint32_t number);

#endif
