// SPDX-License-Identifier: Apache-2.0
/*
 * An agent for the plugin's tests: `false_agent SOCKET BEHAVIOUR` listens, goes to the background once it
 * does, serves one connection as BEHAVIOUR says and ends.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../frame.h"

static char request[FRAME_HEADER_SIZE + ENVIRONMENT_LIMIT + STDIN_LIMIT];
static size_t request_length;
static int descriptors[8];
static size_t descriptor_count;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static int listen_on(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    unlink(path);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 8) != 0) {
        die(path);
    }
    return listener;
}

static uint32_t number_at(size_t offset) {
    uint32_t number;
    memcpy(&number, request + offset, sizeof number);
    return ntohl(number);
}

static size_t receive_some(int client) {
    char control[256];
    struct iovec space = {.iov_base = request + request_length, .iov_len = sizeof request - request_length};
    struct msghdr message = {
        .msg_iov = &space, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t received = recvmsg(client, &message, 0);
    if (received < 0) {
        die("recvmsg");
    }
    for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part != NULL; part = CMSG_NXTHDR(&message, part)) {
        size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(descriptors + descriptor_count, CMSG_DATA(part), count * sizeof(int));
        descriptor_count += count;
    }
    return (size_t)received;
}

static void receive_request(int client) {
    size_t whole = FRAME_HEADER_SIZE;
    while (request_length < whole) {
        size_t received = receive_some(client);
        if (received == 0) {
            exit(0);
        }
        request_length += received;
        if (request_length >= FRAME_HEADER_SIZE) {
            whole = FRAME_HEADER_SIZE + number_at(8) + number_at(12);
        }
    }
    if (request_length != whole || number_at(0) != FRAME_MAGIC || number_at(4) != (1u << 16 | descriptor_count)) {
        fprintf(stderr, "the plugin's request is malformed\n");
        exit(1);
    }
}

static void send_all(int client, const void *bytes, size_t length) {
    if (send(client, bytes, length, MSG_NOSIGNAL) != (ssize_t)length) {
        exit(0);
    }
}

static size_t put_answer(uint8_t *to, unsigned version, unsigned action, uint32_t code, const char *body) {
    size_t length = strlen(body);
    put_u32(to, FRAME_MAGIC);
    put_u32(to + 4, version << 16 | action);
    put_u32(to + 8, code);
    put_u32(to + 12, (uint32_t)length);
    memcpy(to + FRAME_HEADER_SIZE, body, length);
    return FRAME_HEADER_SIZE + length;
}

static void answer(int client, unsigned version, unsigned action, uint32_t code, const char *body) {
    static uint8_t frame[FRAME_HEADER_SIZE + STDIN_LIMIT + ENVIRONMENT_LIMIT];
    send_all(client, frame, put_answer(frame, version, action, code, body));
}

/* What came, in words: the descriptors, the variables one a line, the input. */
static void echo(int client) {
    static char body[STDIN_LIMIT + ENVIRONMENT_LIMIT];
    int domain = 0;
    socklen_t size = sizeof domain;
    if (descriptor_count == 2) {
        getsockopt(descriptors[1], SOL_SOCKET, SO_DOMAIN, &domain, &size);
    }
    int length = snprintf(body, sizeof body, "descriptors %zu domain %d\n", descriptor_count, domain);
    size_t environment = number_at(8);
    memcpy(body + length, request + FRAME_HEADER_SIZE, environment);
    for (size_t i = 0; i < environment; i++) {
        body[(size_t)length + i] = body[(size_t)length + i] == '\0' ? '\n' : body[(size_t)length + i];
    }
    memcpy(body + (size_t)length + environment, request + FRAME_HEADER_SIZE + environment, number_at(12));
    answer(client, 1, 0, 0, body);
}

static void answer_in_pieces(int client) {
    uint8_t frame[64];
    size_t length = put_answer(frame, 1, 0, 0, "piece by piece");
    for (size_t i = 0; i < length; i++) {
        send_all(client, frame + i, 1);
        usleep(200);
    }
}

static void ask_for_ipv6(int client, const char *interface) {
    uint8_t result[4];
    char body[32];
    answer(client, 1, 1, 0, interface);
    if (recv(client, result, sizeof result, MSG_WAITALL) == sizeof result) {
        snprintf(body, sizeof body, "errno %d", result[0] << 24 | result[1] << 16 | result[2] << 8 | result[3]);
        answer(client, 1, 0, 0, body);
    }
}

static void serve(int client, const char *behaviour) {
    static const uint8_t huge[FRAME_HEADER_SIZE] = {'W', 'E', 'F', 'T', 0, 1, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};
    if (strcmp(behaviour, "close") == 0) {
        return;
    }
    receive_request(client);
    if (strcmp(behaviour, "echo") == 0) {
        echo(client);
    } else if (strcmp(behaviour, "pieces") == 0) {
        answer_in_pieces(client);
    } else if (strcmp(behaviour, "half") == 0) {
        send_all(client, huge, 9);
    } else if (strcmp(behaviour, "garbage") == 0) {
        send_all(client, "HTTP/1.1 400 Bad Request\r\n\r\n", 28);
    } else if (strcmp(behaviour, "huge") == 0) {
        send_all(client, huge, sizeof huge);
        pause();
    } else if (strcmp(behaviour, "silent") == 0) {
        char end;
        recv(client, &end, 1, 0);
    } else if (strcmp(behaviour, "slow") == 0) {
        usleep(300 * 1000);
        answer(client, 1, 0, 0, "slowly");
    } else if (strcmp(behaviour, "refuse") == 0) {
        answer(client, 1, 0, 1, "{\"code\":7}");
    } else if (strcmp(behaviour, "action7") == 0) {
        answer(client, 1, 7, 0, "");
    } else if (strcmp(behaviour, "version9") == 0) {
        answer(client, 9, 0, 0, "of another version");
    } else if (strcmp(behaviour, "version9-error") == 0) {
        answer(client, 9, 0, 1, "{\"code\":1}");
    } else if (strcmp(behaviour, "ipv6") == 0) {
        ask_for_ipv6(client, "eth0");
    } else if (strcmp(behaviour, "ipv6-escape") == 0) {
        ask_for_ipv6(client, "../../x");
    } else {
        fprintf(stderr, "unknown behaviour %s\n", behaviour);
        exit(1);
    }
}

int main(int argc, char **argv) {
    if (argc != 3) {
        return 2;
    }
    int listener = listen_on(argv[1]);
    if (fork() != 0) {
        return 0;
    }
    alarm(20);
    int client = accept(listener, NULL, NULL);
    close(listener);
    unlink(argv[1]);
    serve(client, argv[2]);
    return 0;
}
