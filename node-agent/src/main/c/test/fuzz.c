// SPDX-License-Identifier: Apache-2.0
/*
 * Fuzz target over what reads foreign bytes: the frame reader (fed in pieces), the cniVersion finder, the
 * reader of the kernel's link messages. The first byte chooses. Built with clang's libFuzzer, or with
 * FUZZ_ROUNDS defined as a plain loop over random bytes.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "../agent.h"
#include "../json.h"
#include "../pod.h"

static const uint8_t *stream;
static size_t left;

/* Stands in for recv() in agent.c: each piece is as long as its first byte says. */
ssize_t fuzz_recv(int agent, void *to, size_t size, int flags) {
    (void)agent;
    (void)flags;
    if (left == 0 || size == 0) {
        return 0;
    }
    size_t piece = stream[0] % 32u + 1u;
    piece = piece > left ? left : piece;
    piece = piece > size ? size : piece;
    memcpy(to, stream, piece);
    stream += piece;
    left -= piece;
    return (ssize_t)piece;
}

static void read_answers(void) {
    static struct inbox inbox;
    struct answer answer;
    volatile char last = 0;
    inbox.length = 0;
    inbox.used = 0;
    while (agent_receive(-1, &inbox, &answer) == AGENT_ANSWERED) {
        if ((const uint8_t *)answer.body + answer.body_length > inbox.bytes + inbox.length) {
            abort();
        }
        for (size_t i = 0; i < answer.body_length; i++) {
            last = answer.body[i];
        }
    }
    (void)last;
}

static void find_version(void) {
    char version[32] = "0.1.0";
    json_find_version((const char *)stream, left, version, sizeof version);
    if (memchr(version, '\0', sizeof version) == NULL || strpbrk(version, "\"\\") != NULL) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    int index;
    if (size < 2) {
        return 0;
    }
    uint8_t *copy = malloc(size - 1);
    memcpy(copy, data + 1, size - 1);
    stream = copy;
    left = size - 1;
    switch (data[0] % 4) {
        case 0:
            pod_is_veth(copy, left, &index);
            break;
        case 1:
            find_version();
            break;
        default:
            read_answers();
    }
    free(copy);
    return 0;
}

#ifdef FUZZ_ROUNDS
/* Mostly-valid starts, so that random bytes get past the first check. */
int main(void) {
    static const char *const starts[] = {"", "\1{\"cniVersion\":\"", "\2WEFT\0\1\0\0\0\0\0\0\0\0\0\4", "\1{\"a\":[{\"\\u00"};
    static const size_t lengths[] = {0, 16, 17, 12};
    uint8_t bytes[256];
    srandom(20260101);
    for (long round = 0; round < FUZZ_ROUNDS; round++) {
        size_t start = (size_t)random() % 4;
        size_t size = lengths[start] + (size_t)random() % 128;
        memcpy(bytes, starts[start], lengths[start]);
        for (size_t i = lengths[start]; i < size; i++) {
            bytes[i] = random() % 3 == 0 ? (uint8_t)random() : (uint8_t) "{}[]\",:\\u0tf1 \0\1WEFT"[random() % 20];
        }
        LLVMFuzzerTestOneInput(bytes, size);
    }
    return 0;
}
#endif
