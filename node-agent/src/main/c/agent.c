// SPDX-License-Identifier: Apache-2.0
#include "agent.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>

static const struct timespec RETRY_PAUSE = {.tv_sec = 0, .tv_nsec = 10 * 1000 * 1000};

static long milliseconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void set_timeout(int agent, int option, long seconds) {
    struct timeval timeout = {.tv_sec = seconds, .tv_usec = 0};
    setsockopt(agent, SOL_SOCKET, option, &timeout, sizeof timeout);
}

int agent_socket(void) {
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

/* The send timeout also bounds connect() while the agent's queue of connections is full. */
enum agent_state agent_connect(int agent, long wait_seconds) {
    static const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = WEFT_SOCKET};
    set_timeout(agent, SO_SNDTIMEO, wait_seconds);
    long give_up = 0;
    while (connect(agent, (const struct sockaddr *)&address, sizeof address) != 0) {
        if (errno == EAGAIN) {
            return AGENT_AWAY;
        }
        if (errno != ENOENT && errno != ECONNREFUSED && errno != EINTR) {
            return AGENT_REFUSED;
        }
        long now = milliseconds_now();
        if (give_up == 0) {
            give_up = now + wait_seconds * 1000;
        }
        if (now >= give_up) {
            return AGENT_AWAY;
        }
        nanosleep(&RETRY_PAUSE, NULL);
    }
    set_timeout(agent, SO_RCVTIMEO, ANSWER_WAIT_SECONDS);
    return AGENT_ANSWERED;
}

size_t environment_length(const struct request *request) {
    size_t length = 0;
    for (size_t i = 0; i < request->variables; i++) {
        length += strlen(request->environment[i]) + 1;
    }
    return length;
}

static void drop_sent(struct msghdr *message, size_t sent) {
    while (message->msg_iovlen > 0 && sent >= message->msg_iov->iov_len) {
        sent -= message->msg_iov->iov_len;
        message->msg_iov++;
        message->msg_iovlen--;
    }
    if (message->msg_iovlen > 0) {
        message->msg_iov->iov_base = (char *)message->msg_iov->iov_base + sent;
        message->msg_iov->iov_len -= sent;
    }
}

static enum agent_state send_all(int agent, struct msghdr *message) {
    while (message->msg_iovlen > 0) {
        ssize_t sent = sendmsg(agent, message, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent < 0) {
            return AGENT_LOST;
        }
        message->msg_control = NULL;
        message->msg_controllen = 0;
        drop_sent(message, (size_t)sent);
    }
    return AGENT_ANSWERED;
}

static struct iovec part(const void *bytes, size_t length) {
    return (struct iovec){.iov_base = (void *)(uintptr_t)bytes, .iov_len = length};
}

static void attach_descriptors(struct msghdr *message, const int descriptors[2]) {
    struct cmsghdr *control = CMSG_FIRSTHDR(message);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(2 * sizeof(int));
    memcpy(CMSG_DATA(control), descriptors, 2 * sizeof(int));
}

enum agent_state agent_send(int agent, const struct request *request) {
    uint8_t header[FRAME_HEADER_SIZE];
    struct iovec parts[ENVIRONMENT_VARIABLES + 2];
    union {
        struct cmsghdr aligned;
        char bytes[CMSG_SPACE(2 * sizeof(int))];
    } control = {.bytes = {0}};
    int with_descriptors = request->descriptors[0] >= 0;
    struct msghdr message = {.msg_iov = parts};
    frame_put_request(header, with_descriptors ? 2 : 0, environment_length(request), request->input_length);
    parts[message.msg_iovlen++] = part(header, sizeof header);
    for (size_t i = 0; i < request->variables; i++) {
        parts[message.msg_iovlen++] = part(request->environment[i], strlen(request->environment[i]) + 1);
    }
    parts[message.msg_iovlen++] = part(request->input, request->input_length);
    if (with_descriptors) {
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
        attach_descriptors(&message, request->descriptors);
    }
    return send_all(agent, &message);
}

enum agent_state agent_receive(int agent, struct inbox *inbox, struct answer *answer) {
    inbox->length -= inbox->used;
    memmove(inbox->bytes, inbox->bytes + inbox->used, inbox->length);
    inbox->used = 0;
    for (;;) {
        enum frame_state state = frame_get_answer(inbox->bytes, inbox->length, answer);
        if (state == FRAME_BAD) {
            return AGENT_STRANGE;
        }
        if (state == FRAME_WHOLE) {
            inbox->used = FRAME_HEADER_SIZE + answer->body_length;
            return AGENT_ANSWERED;
        }
        ssize_t received = recv(agent, inbox->bytes + inbox->length, sizeof inbox->bytes - inbox->length, 0);
        if (received < 0 && errno == EINTR) {
            continue;
        }
        if (received <= 0) {
            errno = received == 0 ? 0 : errno;
            return AGENT_LOST;
        }
        inbox->length += (size_t)received;
    }
}

enum agent_state agent_report(int agent, int result) {
    uint8_t number[4];
    put_u32(number, (uint32_t)result);
    struct iovec body = part(number, sizeof number);
    struct msghdr message = {.msg_iov = &body, .msg_iovlen = 1};
    return send_all(agent, &message);
}
