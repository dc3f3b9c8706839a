// SPDX-License-Identifier: Apache-2.0
/* Unit tests of the pieces that need neither a namespace nor an agent; run under the sanitizers. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../frame.h"
#include "../json.h"
#include "../kernel.h"
#include "../pod.h"
#include "../port.h"
#include "../sha256.h"
#include "../text.h"

static int failures;

static void check(bool holds, const char *what, int line) {
    if (!holds) {
        printf("unit.c:%d: %s\n", line, what);
        failures++;
    }
}
#define CHECK(condition) check(condition, #condition, __LINE__)

/* Copies to the heap, exactly as long as it is, so that the sanitizer sees each read beyond it. */
static void *exactly(const void *bytes, size_t length) {
    void *copy = malloc(length == 0 ? 1 : length);
    memcpy(copy, bytes, length);
    return length == 0 ? realloc(copy, 1) : copy;
}

static bool is_json(const char *text, const char *expected_version) {
    char version[32] = "absent";
    char *copy = exactly(text, strlen(text));
    bool read = json_find_version(copy, strlen(text), version, sizeof version);
    free(copy);
    return read && strcmp(version, expected_version) == 0;
}

static bool is_no_json(const char *text) {
    char version[32] = "absent";
    char *copy = exactly(text, strlen(text));
    bool read = json_find_version(copy, strlen(text), version, sizeof version);
    free(copy);
    return !read;
}

static void version_is_found_at_the_top_level_only(void) {
    CHECK(is_json("{\"cniVersion\":\"1.0.0\"}", "1.0.0"));
    CHECK(is_json(" { \"a\" : [1, {\"cniVersion\":\"9\"}, \"}\"] , \"cniVersion\" : \"1.1.0\" } \n", "1.1.0"));
    CHECK(is_json("{\"x\":{\"cniVersion\":\"0.4.0\"}}", "absent"));
    CHECK(is_json("{\"x\":\"\\\"cniVersion\\\":\\\"0.4.0\\\"\"}", "absent"));
    CHECK(is_json("{\"cniVersion\":\"0.4.0\",\"cniVersion\":\"1.0.0\"}", "1.0.0"));
    CHECK(is_json("{}", "absent"));
}

static void strange_versions_are_not_taken(void) {
    CHECK(is_json("{\"cniVersion\":1}", "absent"));
    CHECK(is_json("{\"cniVersion\":null}", "absent"));
    CHECK(is_json("{\"cniVersion\":\"\"}", "absent"));
    CHECK(is_json("{\"cniVersion\":\"1.0\\u0022\"}", "absent"));
    CHECK(is_json("{\"cniVersion\":\"1234567890123456789012345678901\"}", "1234567890123456789012345678901"));
    CHECK(is_json("{\"cniVersion\":\"12345678901234567890123456789012\"}", "absent"));
}

static void only_json_is_read(void) {
    static const char *const good[] = {"{\"a\":[]}", "{\"a\":-0.5e+7}", "{\"a\":[true,false,null,0,10]}",
        "{\"a\":\"\\u00e9\\n\\\\\\/\"}", "{\"a\":{\"b\":{}}}"};
    static const char *const bad[] = {"", " ", "{", "}", "[]", "\"x\"", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}",
        "{\"a\":1}x", "{\"a\":01}", "{\"a\":1.}", "{\"a\":.5}", "{\"a\":1e}", "{\"a\":-}", "{\"a\":tru}", "{\"a\":[1,]}",
        "{\"a\":[1 2]}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12g4\"}", "{\"a\":\"\\u12", "{\"a\":\"x", "{\"a\":\"\t\"}",
        "{a:1}", "{'a':1}", "{\"a\":+1}", "{\"a\":NaN}", "{\"cniVersion\":\"1.0.0\""};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        check(is_json(good[i], "absent"), good[i], __LINE__);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        check(is_no_json(bad[i]), bad[i], __LINE__);
    }
    char deep[1024] = "{\"a\":";
    memset(deep + 5, '[', 500);
    memset(deep + 505, ']', 500);
    strcpy(deep + 1005, "}");
    CHECK(is_no_json(deep));
    CHECK(!json_find_version("{\0}", 3, deep, sizeof deep));
}

static enum frame_state parse(const char *bytes, size_t length, struct answer *answer) {
    uint8_t *copy = exactly(bytes, length);
    enum frame_state state = frame_get_answer(copy, length, answer);
    answer->body = bytes + FRAME_HEADER_SIZE;
    free(copy);
    return state;
}

static void answers_are_read_as_they_come(void) {
    static const char frame[] = "WEFT\0\1\0\1\0\0\1\2\0\0\0\3abcREST";
    struct answer answer;
    for (size_t length = 0; length < 19; length++) {
        CHECK(parse(frame, length, &answer) == FRAME_PARTIAL);
    }
    CHECK(parse(frame, 19, &answer) == FRAME_WHOLE);
    CHECK(parse(frame, 23, &answer) == FRAME_WHOLE);
    CHECK(answer.version == 1 && answer.action == 1 && answer.code == 258 && answer.body_length == 3);
    CHECK(memcmp(answer.body, "abc", 3) == 0);
    CHECK(parse("WEFU\0\1\0\1\0\0\1\2\0\0\0\0", 16, &answer) == FRAME_BAD);
    CHECK(parse("WEFT\0\1\0\0\0\0\0\0\0\x10\0\0", 16, &answer) == FRAME_PARTIAL);
    CHECK(parse("WEFT\0\1\0\0\0\0\0\0\0\x10\0\1", 16, &answer) == FRAME_BAD);
    CHECK(parse("WEFT\0\1\0\0\0\0\0\0\xff\xff\xff\xff", 16, &answer) == FRAME_BAD);
}

static void requests_are_big_endian(void) {
    uint8_t header[FRAME_HEADER_SIZE];
    frame_put_request(header, 2, 0x1234, 0x0a0b0c);
    CHECK(memcmp(header, "WEFT\0\1\0\2\0\0\x12\x34\0\x0a\x0b\x0c", sizeof header) == 0);
}

static void text_never_leaves_its_buffer(void) {
    char *bytes = malloc(8);
    struct text text = text_in(bytes, 8);
    text_add(&text, "abc");
    text_add_number(&text, 4294967295u);
    CHECK(strcmp(bytes, "abc4294") == 0 && text.length == 7);
    text_add_escaped(&text, "\"", 1);
    CHECK(strcmp(bytes, "abc4294") == 0);
    free(bytes);
    char large[64];
    text = text_in(large, sizeof large);
    text_add_escaped(&text, "a\"\\\n\x7f\xc3\xa9z", 64);
    CHECK(strcmp(large, "a\\\"\\\\\\u000a\\u007f??z") == 0);
    text = text_in(large, sizeof large);
    text_add_escaped(&text, "abcdef", 3);
    text_add_number(&text, 0);
    CHECK(strcmp(large, "abc0") == 0);
}

static void interface_names_are_what_the_kernel_takes(void) {
    static const char *const good[] = {"eth0", "a", "...", "123456789012345", "net-1.5"};
    static const char *const bad[] = {"", ".", "..", "1234567890123456", "a/b", "a b", "a:1", "a\n", "\ta"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        check(pod_is_interface_name(good[i], strlen(good[i])), good[i], __LINE__);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        check(!pod_is_interface_name(bad[i], strlen(bad[i])), bad[i], __LINE__);
    }
    CHECK(!pod_is_interface_name("a\0b", 3));
}

/* An RTM_NEWLINK of index 7 with a name and LINKINFO{KIND}. */
struct link_message {
    struct nlmsghdr header;
    struct ifinfomsg link;
    struct nlattr name_attribute;
    char name[8];
    struct nlattr info;
    struct nlattr kind_attribute;
    char kind[8];
};

static struct link_message link_message(const char *kind) {
    struct link_message message = {
        .header = {.nlmsg_len = sizeof message, .nlmsg_type = RTM_NEWLINK},
        .link = {.ifi_index = 7},
        .name_attribute = {.nla_len = 4 + 5, .nla_type = IFLA_IFNAME},
        .name = "eth0",
        .info = {.nla_len = 4 + 4 + 8, .nla_type = IFLA_LINKINFO | 0x8000},
        .kind_attribute = {.nla_len = (uint16_t)(4 + strlen(kind) + 1), .nla_type = IFLA_INFO_KIND},
    };
    strcpy(message.kind, kind);
    return message;
}

static bool is_veth(struct link_message message, size_t length) {
    int index = 0;
    void *copy = exactly(&message, length);
    bool veth = pod_is_veth(copy, length, &index);
    free(copy);
    return veth && index == 7;
}

static void only_a_veth_is_a_veth(void) {
    struct link_message veth = link_message("veth");
    CHECK(is_veth(veth, sizeof veth));
    CHECK(!is_veth(link_message("vethx"), sizeof veth));
    CHECK(!is_veth(link_message("bridge"), sizeof veth));
    for (size_t length = 0; length < sizeof veth; length++) {
        CHECK(!is_veth(veth, length));
    }
    veth.name_attribute.nla_len = 3;
    CHECK(!is_veth(veth, sizeof veth));
    veth.name_attribute.nla_len = 0xffff;
    CHECK(!is_veth(veth, sizeof veth));
    veth = link_message("veth");
    veth.kind_attribute.nla_len = 200;
    CHECK(!is_veth(veth, sizeof veth));
    veth = link_message("veth");
    veth.header.nlmsg_len = 4;
    CHECK(!is_veth(veth, sizeof veth));
}

static bool has_digest(const char *text, size_t length, const uint8_t *first) {
    uint8_t digest[SHA256_SIZE];
    char *copy = exactly(text, length);
    sha256(copy, length, digest);
    free(copy);
    return memcmp(digest, first, 4) == 0;
}

static void digests_are_those_of_sha_256(void) {
    char text[128];
    memset(text, 'x', sizeof text);
    CHECK(has_digest(text, 0, (const uint8_t[]){0xe3, 0xb0, 0xc4, 0x42}));
    CHECK(has_digest(text, 1, (const uint8_t[]){0x2d, 0x71, 0x16, 0x42}));
    CHECK(has_digest(text, 55, (const uint8_t[]){0xd5, 0xe2, 0x85, 0x68}));
    CHECK(has_digest(text, 56, (const uint8_t[]){0x04, 0xc2, 0x62, 0x61}));
    CHECK(has_digest(text, 63, (const uint8_t[]){0x75, 0x22, 0x0b, 0x47}));
    CHECK(has_digest(text, 64, (const uint8_t[]){0x7c, 0xe1, 0x00, 0x97}));
    CHECK(has_digest(text, 65, (const uint8_t[]){0x95, 0x37, 0xc5, 0xfd}));
    CHECK(has_digest(text, 119, (const uint8_t[]){0x00, 0x0b, 0x48, 0xd4}));
    CHECK(has_digest(text, 120, (const uint8_t[]){0x13, 0xf0, 0x5a, 0x0b}));
    CHECK(has_digest(text, 128, (const uint8_t[]){0x24, 0xda, 0x1b, 0x81}));
}

/* What AttachmentKey.hostVeth() of the agent makes of the same. */
static void ports_are_named_as_the_agent_names_them(void) {
    char name[INTERFACE_NAME_SIZE];
    char id[102];
    port_name("c1", "eth0", name);
    CHECK(strcmp(name, "wfd72e032fedd") == 0);
    memset(id, 'x', 101);
    id[101] = '\0';
    port_name(id, "net1", name);
    CHECK(strcmp(name, "wf794bf8f0680") == 0);
    id[100] = '\0';
    port_name(id, "a-15-byte-name0", name);
    CHECK(strcmp(name, "wf9e626036401") == 0);
}

int main(void) {
    version_is_found_at_the_top_level_only();
    strange_versions_are_not_taken();
    only_json_is_read();
    answers_are_read_as_they_come();
    requests_are_big_endian();
    text_never_leaves_its_buffer();
    interface_names_are_what_the_kernel_takes();
    only_a_veth_is_a_veth();
    digests_are_those_of_sha_256();
    ports_are_named_as_the_agent_names_them();
    printf(failures == 0 ? "unit tests: all hold\n" : "unit tests: %d FAILED\n", failures);
    return failures == 0 ? 0 : 1;
}
