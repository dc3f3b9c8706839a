// SPDX-License-Identifier: Apache-2.0
#include "port.h"

#include <string.h>

#include "sha256.h"
#include "text.h"

enum { LONGEST_ID = 100, HASH_DIGITS = 11 };

static void add_hexadecimal(struct text *text, const uint8_t *bytes, size_t digits) {
    static const char hexadecimal[] = "0123456789abcdef";
    for (size_t i = 0; i < digits; i++) {
        char digit[2] = {hexadecimal[i % 2 == 0 ? bytes[i / 2] >> 4 : bytes[i / 2] & 15], '\0'};
        text_add(text, digit);
    }
}

void port_name(const char *container, const char *interface, char name[INTERFACE_NAME_SIZE]) {
    uint8_t digest[SHA256_SIZE];
    char key[LONGEST_ID + 1 + INTERFACE_NAME_SIZE];
    struct text text = text_in(key, sizeof key);
    if (strlen(container) > LONGEST_ID) {
        sha256(container, strlen(container), digest);
        text_add(&text, "sha256.");
        add_hexadecimal(&text, digest, 2 * SHA256_SIZE);
    } else {
        text_add(&text, container);
    }
    text_add(&text, "/");
    text_add(&text, interface);
    sha256(key, text.length, digest);
    text = text_in(name, INTERFACE_NAME_SIZE);
    text_add(&text, "wf");
    add_hexadecimal(&text, digest, HASH_DIGITS);
}
