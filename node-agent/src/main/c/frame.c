// SPDX-License-Identifier: Apache-2.0
#include "frame.h"

static void put_u16(uint8_t *to, uint16_t number) {
    to[0] = (uint8_t)(number >> 8);
    to[1] = (uint8_t)number;
}

void put_u32(uint8_t *to, uint32_t number) {
    put_u16(to, (uint16_t)(number >> 16));
    put_u16(to + 2, (uint16_t)number);
}

static uint16_t get_u16(const uint8_t *from) {
    return (uint16_t)(from[0] << 8 | from[1]);
}

static uint32_t get_u32(const uint8_t *from) {
    return (uint32_t)get_u16(from) << 16 | get_u16(from + 2);
}

void frame_put_request(
    uint8_t header[FRAME_HEADER_SIZE], uint16_t descriptors, size_t environment_length, size_t stdin_length) {
    put_u32(header, FRAME_MAGIC);
    put_u16(header + 4, FRAME_VERSION);
    put_u16(header + 6, descriptors);
    put_u32(header + 8, (uint32_t)environment_length);
    put_u32(header + 12, (uint32_t)stdin_length);
}

enum frame_state frame_get_answer(const uint8_t *bytes, size_t length, struct answer *answer) {
    if (length < FRAME_HEADER_SIZE) {
        return FRAME_PARTIAL;
    }
    if (get_u32(bytes) != FRAME_MAGIC) {
        return FRAME_BAD;
    }
    answer->version = get_u16(bytes + 4);
    answer->action = get_u16(bytes + 6);
    answer->code = get_u32(bytes + 8);
    answer->body_length = get_u32(bytes + 12);
    answer->body = (const char *)bytes + FRAME_HEADER_SIZE;
    if (answer->body_length > BODY_LIMIT) {
        return FRAME_BAD;
    }
    return length - FRAME_HEADER_SIZE < answer->body_length ? FRAME_PARTIAL : FRAME_WHOLE;
}
