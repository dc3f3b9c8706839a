// SPDX-License-Identifier: Apache-2.0
/*
 * TCP traffic between two pods.
 *
 *   traffic serve                        answers all of the following, until it or its parent ends
 *   traffic streams ADDRESS COUNT MS     sends so many streams side by side: prints Gbit/s
 *   traffic pingpong ADDRESS MS          one request after the other on one connection: prints p50 and p99, us
 *   traffic connect ADDRESS MS           one new connection after the other: prints connections/s
 *
 * A connection begins with a byte that names which. The server is one thread, so that no side gets more of the processors than
 * the other by its threads.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

enum { PORT = 5299, MESSAGE = 64, CHUNK = 1 << 18, MOST_STREAMS = 64, MOST_DESCRIPTORS = 1024, ANSWER_LIMIT_S = 10 };
enum { STREAM = 'S', PING = 'P', CONNECT = 'C' };

static char chunk[CHUNK];

static void no_delay(int socket) {
    int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/* The kernel's default. Some machines have BBR for theirs, whose pace is its own estimate: two measurements of the same path in one
 * second differ by half. */
static void use_cubic(int socket) {
    static const char name[] = "cubic";
    if (setsockopt(socket, IPPROTO_TCP, TCP_CONGESTION, name, sizeof name - 1) != 0) {
        die("congestion control %s: %s; root, and `modprobe tcp_cubic`", name, strerror(errno));
    }
}

/* Closes without TIME_WAIT: else a side would run out of ports. */
static void close_at_once(int socket) {
    struct linger none = {.l_onoff = 1, .l_linger = 0};
    setsockopt(socket, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    close(socket);
}

/* ---- the server ---- */

static int listen_on_all(void) {
    struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(PORT), .sin6_addr = in6addr_any};
    int on = 1;
    int off = 0;
    int server = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(server, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(server, (struct sockaddr *)&any, sizeof any) != 0 || listen(server, 512) != 0) {
        die("listen on port %d: %s", PORT, strerror(errno));
    }
    return server;
}

/* Reads what there is and answers it; returns whether the connection goes on. */
static int serve_one(int client, char *mode) {
    ssize_t got = recv(client, chunk, sizeof chunk, 0);
    if (got <= 0) {
        return 0;
    }
    if (*mode == 0) {
        *mode = chunk[0];
    }
    return *mode == STREAM || send(client, chunk, (size_t)got, MSG_NOSIGNAL) == got;
}

static void serve(void) {
    static char modes[MOST_DESCRIPTORS];
    struct epoll_event ready[64];
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    int server = listen_on_all();
    int poll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = server};
    epoll_ctl(poll, EPOLL_CTL_ADD, server, &event);
    for (;;) {
        int count = epoll_wait(poll, ready, 64, -1);
        for (int i = 0; i < count; i++) {
            int fd = ready[i].data.fd;
            if (fd != server) {
                if (!serve_one(fd, &modes[fd])) {
                    close(fd);
                }
                continue;
            }
            int client = accept4(server, NULL, NULL, SOCK_CLOEXEC);
            if (client < 0) {
                continue;
            }
            if (client >= MOST_DESCRIPTORS) {
                die("more than %d connections", MOST_DESCRIPTORS);
            }
            modes[client] = 0;
            no_delay(client);
            event.data.fd = client;
            epoll_ctl(poll, EPOLL_CTL_ADD, client, &event);
        }
    }
}

/* ---- the clients ---- */

static struct sockaddr_storage target;
static socklen_t target_size;

static void set_target(const char *address) {
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    char port[8];
    snprintf(port, sizeof port, "%d", PORT);
    if (getaddrinfo(address, port, &hints, &found) != 0) {
        die("\"%s\" is no address", address);
    }
    memcpy(&target, found->ai_addr, found->ai_addrlen);
    target_size = found->ai_addrlen;
    freeaddrinfo(found);
}

static int open_connection(char mode, size_t bytes) {
    char first[MESSAGE];
    struct timeval limit = {.tv_sec = ANSWER_LIMIT_S};
    int client = socket(target.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    memset(first, mode, sizeof first);
    no_delay(client);
    use_cubic(client);
    if (connect(client, (struct sockaddr *)&target, target_size) != 0) {
        die("connect: %s", strerror(errno));
    }
    if (send(client, first, bytes, MSG_NOSIGNAL) != (ssize_t)bytes) {
        die("send: %s", strerror(errno));
    }
    return client;
}

static void receive_all(int client, size_t bytes) {
    char answer[MESSAGE];
    for (size_t got = 0; got < bytes;) {
        ssize_t now = recv(client, answer, bytes - got, 0);
        if (now <= 0) {
            die("receive: %s", now == 0 ? "the other side closed" : strerror(errno));
        }
        got += (size_t)now;
    }
}

/* All that was sent has arrived when the server, which has read it, closes its side. */
static void streams(size_t count, double duration_ms) {
    int clients[MOST_STREAMS];
    char closed[1];
    double bytes = 0;
    int poll = epoll_create1(EPOLL_CLOEXEC);
    if (count == 0 || count > MOST_STREAMS) {
        die("1 to %d streams", MOST_STREAMS);
    }
    for (size_t i = 0; i < count; i++) {
        clients[i] = open_connection(STREAM, 1);
        struct epoll_event event = {.events = EPOLLOUT, .data.fd = clients[i]};
        epoll_ctl(poll, EPOLL_CTL_ADD, clients[i], &event);
    }
    double start = now_ms();
    while (now_ms() - start < duration_ms) {
        struct epoll_event ready[MOST_STREAMS];
        int writable = epoll_wait(poll, ready, MOST_STREAMS, ANSWER_LIMIT_S * 1000);
        if (writable <= 0) {
            die("no stream took anything for %d s", ANSWER_LIMIT_S);
        }
        for (int i = 0; i < writable; i++) {
            ssize_t sent = send(ready[i].data.fd, chunk, sizeof chunk, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent < 0 && errno != EAGAIN) {
                die("send: %s", strerror(errno));
            }
            bytes += sent > 0 ? (double)sent : 0;
        }
    }
    for (size_t i = 0; i < count; i++) {
        shutdown(clients[i], SHUT_WR);
    }
    for (size_t i = 0; i < count; i++) {
        if (recv(clients[i], closed, 1, 0) != 0) {
            die("the other side did not close");
        }
        close(clients[i]);
    }
    printf("%.4f\n", bytes * 8 / (now_ms() - start) / 1e6);
}

static void pingpong(double duration_ms) {
    struct samples times = {0};
    char request[MESSAGE] = {PING};
    int client = open_connection(PING, sizeof request);
    receive_all(client, sizeof request);
    double start = now_ms();
    for (double before = start; before - start < duration_ms;) {
        if (send(client, request, sizeof request, MSG_NOSIGNAL) != sizeof request) {
            die("send: %s", strerror(errno));
        }
        receive_all(client, sizeof request);
        double after = now_ms();
        samples_add(&times, (after - before) * 1e3);
        before = after;
    }
    close_at_once(client);
    printf("%.3f %.3f\n", samples_percentile(&times, 50), samples_percentile(&times, 99));
}

static void connections(double duration_ms) {
    double start = now_ms();
    double count = 0;
    while (now_ms() - start < duration_ms) {
        int client = open_connection(CONNECT, 1);
        receive_all(client, 1);
        close_at_once(client);
        count++;
    }
    printf("%.1f\n", count / (now_ms() - start) * 1e3);
}

int main(int argc, char **argv) {
    signal(SIGPIPE, SIG_IGN);
    if (argc == 2 && strcmp(argv[1], "serve") == 0) {
        serve();
    }
    if (argc < 4) {
        die("usage: traffic serve | streams ADDRESS COUNT MS | pingpong ADDRESS MS | connect ADDRESS MS");
    }
    set_target(argv[2]);
    double duration_ms = atof(argv[argc - 1]);
    if (strcmp(argv[1], "streams") == 0 && argc == 5) {
        streams((size_t)atoi(argv[3]), duration_ms);
    } else if (strcmp(argv[1], "pingpong") == 0) {
        pingpong(duration_ms);
    } else if (strcmp(argv[1], "connect") == 0) {
        connections(duration_ms);
    } else {
        die("no mode %s", argv[1]);
    }
    return 0;
}
