// SPDX-License-Identifier: Apache-2.0
#include "text.h"

struct text text_in(char *bytes, size_t capacity) {
    struct text text = {.bytes = bytes, .length = 0, .capacity = capacity};
    bytes[0] = '\0';
    return text;
}

static void add_character(struct text *text, char character) {
    if (text->length + 1 < text->capacity) {
        text->bytes[text->length++] = character;
        text->bytes[text->length] = '\0';
    }
}

void text_add(struct text *text, const char *string) {
    while (*string != '\0') {
        add_character(text, *string++);
    }
}

void text_add_number(struct text *text, uint32_t number) {
    char digits[11];
    size_t at = sizeof digits - 1;
    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    text_add(text, digits + at);
}

static void add_control(struct text *text, unsigned char character) {
    static const char hex[] = "0123456789abcdef";
    text_add(text, "\\u00");
    add_character(text, hex[character >> 4]);
    add_character(text, hex[character & 15]);
}

void text_add_escaped(struct text *text, const char *string, size_t limit) {
    for (size_t i = 0; i < limit && string[i] != '\0'; i++) {
        unsigned char character = (unsigned char)string[i];
        if (character == '"' || character == '\\') {
            add_character(text, '\\');
            add_character(text, (char)character);
        } else if (character < 0x20 || character == 0x7f) {
            add_control(text, character);
        } else {
            add_character(text, character < 0x80 ? (char)character : '?');
        }
    }
}
