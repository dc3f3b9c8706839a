// SPDX-License-Identifier: Apache-2.0
#include "json.h"

#include <string.h>

enum { DEPTH_LIMIT = 128 };

/* A place in the text; every read of it goes through peek(), which answers 0 at the end. */
struct cursor {
    const char *at;
    const char *end;
};

/* The bytes between a string's quotes, escapes untouched. */
struct slice {
    const char *start;
    size_t length;
};

static char peek(const struct cursor *cursor) {
    return cursor->at < cursor->end ? *cursor->at : '\0';
}

static bool skip(struct cursor *cursor, char expected) {
    if (peek(cursor) != expected || cursor->at == cursor->end) {
        return false;
    }
    cursor->at++;
    return true;
}

static void skip_space(struct cursor *cursor) {
    while (peek(cursor) == ' ' || peek(cursor) == '\t' || peek(cursor) == '\n' || peek(cursor) == '\r') {
        cursor->at++;
    }
}

static bool is_digit(char character) {
    return character >= '0' && character <= '9';
}

static bool is_hex(char character) {
    return is_digit(character) || (character >= 'a' && character <= 'f') || (character >= 'A' && character <= 'F');
}

static bool is_letter(char character) {
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
}

static bool skip_escape(struct cursor *cursor) {
    if (skip(cursor, 'u')) {
        for (int i = 0; i < 4; i++, cursor->at++) {
            if (!is_hex(peek(cursor))) {
                return false;
            }
        }
        return true;
    }
    char character = peek(cursor);
    if (character == '\0' || strchr("\"\\/bfnrt", character) == NULL) {
        return false;
    }
    cursor->at++;
    return true;
}

static bool scan_string(struct cursor *cursor, struct slice *inside) {
    if (!skip(cursor, '"')) {
        return false;
    }
    inside->start = cursor->at;
    while (cursor->at < cursor->end && *cursor->at != '"') {
        if ((unsigned char)*cursor->at < 0x20) {
            return false;
        }
        if (*cursor->at++ == '\\' && !skip_escape(cursor)) {
            return false;
        }
    }
    inside->length = (size_t)(cursor->at - inside->start);
    return skip(cursor, '"');
}

static bool skip_digits(struct cursor *cursor) {
    if (!is_digit(peek(cursor))) {
        return false;
    }
    while (is_digit(peek(cursor))) {
        cursor->at++;
    }
    return true;
}

static bool skip_number(struct cursor *cursor) {
    skip(cursor, '-');
    if (!skip(cursor, '0') && !skip_digits(cursor)) {
        return false;
    }
    if (skip(cursor, '.') && !skip_digits(cursor)) {
        return false;
    }
    if (skip(cursor, 'e') || skip(cursor, 'E')) {
        if (!skip(cursor, '+')) {
            skip(cursor, '-');
        }
        return skip_digits(cursor);
    }
    return true;
}

static bool skip_word(struct cursor *cursor, const char *word) {
    size_t length = strlen(word);
    if ((size_t)(cursor->end - cursor->at) < length || memcmp(cursor->at, word, length) != 0) {
        return false;
    }
    cursor->at += length;
    return true;
}

static bool is_plain_version(const struct slice *value, size_t size) {
    for (size_t i = 0; i < value->length; i++) {
        char character = value->start[i];
        if (!is_digit(character) && !is_letter(character) && strchr(".-+", character) == NULL) {
            return false;
        }
    }
    return value->length > 0 && value->length < size;
}

/* What json_find_version() fills; absent below the top level. */
struct version {
    char *text;
    size_t size;
};

static bool scan_value(struct cursor *cursor, int depth);

static bool scan_member(struct cursor *cursor, int depth, const struct version *version) {
    struct slice key;
    struct slice value;
    if (!scan_string(cursor, &key)) {
        return false;
    }
    skip_space(cursor);
    if (!skip(cursor, ':')) {
        return false;
    }
    skip_space(cursor);
    bool wanted = version != NULL && key.length == 10 && memcmp(key.start, "cniVersion", 10) == 0;
    if (!wanted || peek(cursor) != '"') {
        return scan_value(cursor, depth);
    }
    if (!scan_string(cursor, &value)) {
        return false;
    }
    if (is_plain_version(&value, version->size)) {
        memcpy(version->text, value.start, value.length);
        version->text[value.length] = '\0';
    }
    return true;
}

static bool scan_object(struct cursor *cursor, int depth, const struct version *version) {
    if (!skip(cursor, '{')) {
        return false;
    }
    skip_space(cursor);
    if (skip(cursor, '}')) {
        return true;
    }
    do {
        skip_space(cursor);
        if (!scan_member(cursor, depth, version)) {
            return false;
        }
        skip_space(cursor);
    } while (skip(cursor, ','));
    return skip(cursor, '}');
}

static bool scan_array(struct cursor *cursor, int depth) {
    if (!skip(cursor, '[')) {
        return false;
    }
    skip_space(cursor);
    if (skip(cursor, ']')) {
        return true;
    }
    do {
        skip_space(cursor);
        if (!scan_value(cursor, depth)) {
            return false;
        }
        skip_space(cursor);
    } while (skip(cursor, ','));
    return skip(cursor, ']');
}

static bool scan_value(struct cursor *cursor, int depth) {
    struct slice ignored;
    if (depth >= DEPTH_LIMIT) {
        return false;
    }
    switch (peek(cursor)) {
        case '{':
            return scan_object(cursor, depth + 1, NULL);
        case '[':
            return scan_array(cursor, depth + 1);
        case '"':
            return scan_string(cursor, &ignored);
        case 't':
            return skip_word(cursor, "true");
        case 'f':
            return skip_word(cursor, "false");
        case 'n':
            return skip_word(cursor, "null");
        default:
            return skip_number(cursor);
    }
}

bool json_find_version(const char *text, size_t length, char *version, size_t size) {
    struct cursor cursor = {.at = text, .end = text + length};
    struct version wanted = {.text = version, .size = size};
    skip_space(&cursor);
    if (!scan_object(&cursor, 1, &wanted)) {
        return false;
    }
    skip_space(&cursor);
    return cursor.at == cursor.end;
}
