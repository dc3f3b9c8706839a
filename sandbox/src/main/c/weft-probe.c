// SPDX-License-Identifier: Apache-2.0
/*
 * What the sandbox does in pods and nodes to see that packets go through; started thousands of
 * times, so it is small and starts at once.
 *
 *   weft-probe ping ADDRESS...           one echo request to each
 *   weft-probe serve PORT                TCP: greets with the caller's address; UDP: echoes; until stdin ends
 *   weft-probe connect PORT ADDRESS...   one TCP connection to each, which must greet
 *   weft-probe seen PORT ADDRESS...      the same, and prints "ADDRESS SOURCE": the address that the server saw
 *   weft-probe sink PORT                 TCP: reads all that a client sends, and answers how many bytes; until stdin ends
 *   weft-probe fill ADDRESS PORT BYTES   sends as many bytes to a sink; prints its answer; fails where it is another number
 *   weft-probe stream ADDRESS PORT RATE  RATE datagrams a second to an echo until stdin ends; counts both ways
 *   weft-probe send ADDRESS PORT HEX     one datagram of these bytes, up to 1,024
 *   weft-probe get ADDRESS PORT PATH     one HTTP request; prints the body; fails when the status is not 200
 *
 * ping and connect print "ADDRESS ok" on a line each; they and seen print "ADDRESS REASON" of one that failed, and fail.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_MS = 2000, TRANSFER_MS = 10000, DATAGRAM = 64, BUFFER = 8 << 20 };

static int fail(const char *what) {
  fprintf(stderr, "weft-probe: %s: %s\n", what, strerror(errno));
  return 1;
}

static int64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

/* Numeric addresses only: no name is ever looked up. */
static struct addrinfo *resolve(const char *address, const char *port, int type, int protocol) {
  struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = type, .ai_protocol = protocol};
  struct addrinfo *found = NULL;
  int error = getaddrinfo(address, port, &hints, &found);
  if (error != 0) {
    fprintf(stderr, "weft-probe: %s %s: %s\n", address, port ? port : "", gai_strerror(error));
    exit(2);
  }
  return found;
}

static int wait_for(int fd, short events, int64_t until_us) {
  struct pollfd p = {.fd = fd, .events = events};
  int64_t left = until_us - now_us();
  return left > 0 && poll(&p, 1, (int)(left / 1000) + 1) > 0;
}

static uint16_t checksum(const uint8_t *bytes, size_t length) {
  uint32_t sum = 0;
  for (size_t i = 0; i + 1 < length; i += 2) sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return htons((uint16_t)~sum);
}

/* Whether a received message is the answer to our request: IPv4 raw sockets also show the IP header. */
static int is_reply(const uint8_t *message, ssize_t length, int v6, uint16_t id) {
  size_t header = v6 || length < 1 ? 0 : (size_t)(message[0] & 15) * 4;
  if (length < (ssize_t)header + 8) return 0;
  uint16_t got;
  memcpy(&got, message + header + 4, 2);
  return message[header] == (v6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY) && got == id;
}

static int ping_one(const char *address) {
  struct addrinfo *to = resolve(address, NULL, SOCK_RAW, 0);
  int v6 = to->ai_family == AF_INET6;
  int fd = socket(to->ai_family, SOCK_RAW | SOCK_CLOEXEC, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
  if (fd < 0) exit(fail("raw socket"));
  uint16_t id = (uint16_t)getpid();
  uint8_t request[DATAGRAM] = {v6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO};
  memcpy(request + 4, &id, 2);
  if (!v6) {
    uint16_t sum = checksum(request, sizeof request);
    memcpy(request + 2, &sum, 2);
  }
  const char *verdict = "no reply";
  if (sendto(fd, request, sizeof request, 0, to->ai_addr, to->ai_addrlen) < 0) verdict = strerror(errno);
  int64_t until = now_us() + WAIT_MS * 1000;
  uint8_t reply[1500];
  while (verdict[0] == 'n' && wait_for(fd, POLLIN, until))
    if (is_reply(reply, recv(fd, reply, sizeof reply, 0), v6, id)) verdict = "ok";
  printf("%s %s\n", address, verdict);
  close(fd);
  freeaddrinfo(to);
  return strcmp(verdict, "ok") != 0;
}

/* A connected TCP socket; -1 with errno set. */
static int dial(const char *address, const char *port) {
  struct addrinfo *to = resolve(address, port, SOCK_STREAM, 0);
  int fd = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int error = 0;
  if (fd < 0) exit(fail("socket"));
  if (connect(fd, to->ai_addr, to->ai_addrlen) < 0 && errno != EINPROGRESS) {
    error = errno;
  } else if (!wait_for(fd, POLLOUT, now_us() + WAIT_MS * 1000)) {
    error = ETIMEDOUT;
  } else {
    socklen_t size = sizeof error;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  }
  freeaddrinfo(to);
  if (error == 0) return fd;
  close(fd);
  errno = error;
  return -1;
}

static int connect_one(const char *address, const char *port, int seen) {
  char greeting[128] = "";
  ssize_t n = -1;
  int fd = dial(address, port);
  if (fd >= 0) {
    if (!wait_for(fd, POLLIN, now_us() + WAIT_MS * 1000)) errno = ETIMEDOUT;
    else n = recv(fd, greeting, sizeof greeting - 1, 0);
    if (n == 0) errno = ECONNRESET;
    int kept = errno;
    close(fd);
    errno = kept;
  }
  greeting[strcspn(greeting, "\n")] = 0;
  const char *source = strncmp(greeting, "::ffff:", 7) == 0 ? greeting + 7 : greeting;
  printf("%s %s\n", address, n <= 0 ? strerror(errno) : seen ? source : "ok");
  return n <= 0;
}

/* A socket bound to a port of every address of both families. */
static int bound(int type, const char *port) {
  struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)atoi(port))};
  int off = 0, on = 1;
  int fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0);
  if (fd < 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) < 0 ||
      setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
      bind(fd, (struct sockaddr *)&any, sizeof any) < 0)
    exit(fail(port));
  return fd;
}

static void greet(int listener) {
  struct sockaddr_storage from;
  socklen_t size = sizeof from;
  char host[64] = "?", line[80];
  int fd = accept(listener, (struct sockaddr *)&from, &size);
  if (fd < 0) return;
  getnameinfo((struct sockaddr *)&from, size, host, sizeof host, NULL, 0, NI_NUMERICHOST);
  int n = snprintf(line, sizeof line, "%s\n", host);
  (void)!send(fd, line, (size_t)n, MSG_NOSIGNAL);
  close(fd);
}

/* Room for what comes while this process is not let run; without the right to it, what the system gives. */
static void widen(int fd) {
  int bytes = BUFFER;
  (void)!setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
}

static void echo(int fd) {
  struct sockaddr_storage from;
  socklen_t size = sizeof from;
  uint8_t datagram[2048];
  ssize_t n = recvfrom(fd, datagram, sizeof datagram, MSG_DONTWAIT, (struct sockaddr *)&from, &size);
  if (n >= 0) (void)!sendto(fd, datagram, (size_t)n, MSG_DONTWAIT, (struct sockaddr *)&from, size);
}

static int serve(const char *port) {
  int tcp = bound(SOCK_STREAM, port), udp = bound(SOCK_DGRAM, port);
  if (listen(tcp, 128) < 0) return fail("listen");
  widen(udp);
  puts("ready");
  fflush(stdout);
  struct pollfd p[] = {{.fd = 0, .events = POLLIN}, {.fd = tcp, .events = POLLIN}, {.fd = udp, .events = POLLIN}};
  for (;;) {
    if (poll(p, 3, -1) < 0 && errno != EINTR) return fail("poll");
    if (p[0].revents != 0) return 0;
    if (p[1].revents != 0) greet(tcp);
    if (p[2].revents != 0) echo(udp);
  }
}

/* Reads a connection to its end, and answers how much that was. */
static void swallow(int listener) {
  static uint8_t bytes[1 << 16];
  char line[32];
  long total = 0;
  int fd = accept(listener, NULL, NULL);
  if (fd < 0) return;
  for (ssize_t n; wait_for(fd, POLLIN, now_us() + TRANSFER_MS * 1000) && (n = recv(fd, bytes, sizeof bytes, 0)) > 0;)
    total += n;
  int length = snprintf(line, sizeof line, "%ld\n", total);
  (void)!send(fd, line, (size_t)length, MSG_NOSIGNAL);
  close(fd);
}

static int sink(const char *port) {
  int tcp = bound(SOCK_STREAM, port);
  if (listen(tcp, 16) < 0) return fail("listen");
  puts("ready");
  fflush(stdout);
  struct pollfd p[] = {{.fd = 0, .events = POLLIN}, {.fd = tcp, .events = POLLIN}};
  for (;;) {
    if (poll(p, 2, -1) < 0 && errno != EINTR) return fail("poll");
    if (p[0].revents != 0) return 0;
    if (p[1].revents != 0) swallow(tcp);
  }
}

static int fill(const char *address, const char *port, const char *count) {
  static const uint8_t bytes[1 << 16];
  char answer[32] = "";
  long left = atol(count);
  int fd = dial(address, port);
  if (fd < 0) return fail(address);
  while (left > 0) {
    size_t part = left < (long)sizeof bytes ? (size_t)left : sizeof bytes;
    ssize_t n = send(fd, bytes, part, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN) return fail(address);
    if (n > 0) left -= n;
    else if (!wait_for(fd, POLLOUT, now_us() + TRANSFER_MS * 1000)) return errno = ETIMEDOUT, fail(address);
  }
  shutdown(fd, SHUT_WR);
  if (!wait_for(fd, POLLIN, now_us() + TRANSFER_MS * 1000)) return errno = ETIMEDOUT, fail(address);
  if (recv(fd, answer, sizeof answer - 1, 0) < 0) return fail(address);
  fputs(answer, stdout);
  return atol(answer) != atol(count);
}

/* What a stream counted, and its longest silence: where packets were lost, that is when. */
struct count {
  long sent, received, refused;
  int64_t start_us, heard_us, silence_us, silent_from_us;
};

static void hear(struct count *count) {
  int64_t now = now_us(), silence = now - count->heard_us;
  if (silence > count->silence_us) {
    count->silence_us = silence;
    count->silent_from_us = count->heard_us - count->start_us;
  }
  count->heard_us = now;
}

static void drain(int fd, struct count *count) {
  uint8_t datagram[DATAGRAM];
  while (recv(fd, datagram, sizeof datagram, MSG_DONTWAIT) > 0) {
    count->received++;
    hear(count);
  }
  if (errno != EAGAIN && errno != EINTR) count->refused++;
}

static int stream(const char *address, const char *port, const char *rate) {
  struct addrinfo *to = resolve(address, port, SOCK_DGRAM, 0);
  int fd = socket(to->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, to->ai_addr, to->ai_addrlen) < 0) return fail(address);
  freeaddrinfo(to);
  widen(fd);
  int64_t gap_us = 1000000 / (atoi(rate) > 0 ? atoi(rate) : 1);
  struct count count = {.start_us = now_us()};
  count.heard_us = count.start_us;
  uint8_t datagram[DATAGRAM] = {0};
  for (int64_t next = now_us() + gap_us; !wait_for(0, POLLIN, next);) {
    if (send(fd, datagram, sizeof datagram, MSG_DONTWAIT) < 0) count.refused++;
    count.sent++;
    drain(fd, &count);
    /* After not being let run it does not catch up: a burst would overrun the buffers on the way. */
    next = next + gap_us > now_us() ? next + gap_us : now_us() + gap_us;
  }
  for (int64_t until = now_us() + WAIT_MS * 1000; count.received < count.sent && wait_for(fd, POLLIN, until);)
    drain(fd, &count);
  printf("sent %ld received %ld refused %ld", count.sent, count.received, count.refused);
  if (count.received != count.sent) {
    hear(&count);
    printf(" silent %" PRId64 " ms after %" PRId64 " ms", count.silence_us / 1000, count.silent_from_us / 1000);
  }
  puts("");
  return count.received != count.sent;
}

static int send_one(const char *address, const char *port, const char *hex) {
  uint8_t datagram[1024];
  size_t length = strlen(hex) / 2;
  if (strlen(hex) % 2 != 0 || length > sizeof datagram) return fputs("HEX: too long, or half a byte\n", stderr), 2;
  for (size_t i = 0; i < length; i++)
    if (sscanf(hex + 2 * i, "%2hhx", &datagram[i]) != 1) return fputs("HEX: not hexadecimal\n", stderr), 2;
  struct addrinfo *to = resolve(address, port, SOCK_DGRAM, 0);
  int fd = socket(to->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || sendto(fd, datagram, length, 0, to->ai_addr, to->ai_addrlen) < 0) return fail(address);
  freeaddrinfo(to);
  return 0;
}

static int get(const char *address, const char *port, const char *path) {
  char buffer[8192];
  int fd = dial(address, port);
  if (fd < 0) return fail(path);
  int n = snprintf(buffer, sizeof buffer, "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", path, address);
  if (n >= (int)sizeof buffer || send(fd, buffer, (size_t)n, MSG_NOSIGNAL) != n) return fail(path);
  size_t length = 0, capacity = 0;
  char *text = NULL;
  for (;;) {
    if (!wait_for(fd, POLLIN, now_us() + WAIT_MS * 1000)) return fail(path);
    ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    if (got < 0) return fail(path);
    if (got == 0) break;
    if (length + (size_t)got + 1 > capacity && (text = realloc(text, capacity = 2 * (length + (size_t)got) + 1)) == NULL)
      return fail(path);
    memcpy(text + length, buffer, (size_t)got);
    length += (size_t)got;
  }
  if (text == NULL) return 1;
  text[length] = 0;
  char *body = strstr(text, "\r\n\r\n");
  int ok = strncmp(text, "HTTP/1.", 7) == 0 && strncmp(text + 8, " 200", 4) == 0;
  if (body != NULL) fputs(body + 4, stdout);
  free(text);
  return !ok;
}

int main(int argc, char **argv) {
  int failures = 0;
  if (argc > 2 && strcmp(argv[1], "ping") == 0) {
    for (int i = 2; i < argc; i++) failures += ping_one(argv[i]);
    return failures != 0;
  }
  if (argc > 3 && strcmp(argv[1], "connect") == 0) {
    for (int i = 3; i < argc; i++) failures += connect_one(argv[i], argv[2], 0);
    return failures != 0;
  }
  if (argc > 3 && strcmp(argv[1], "seen") == 0) {
    for (int i = 3; i < argc; i++) failures += connect_one(argv[i], argv[2], 1);
    return failures != 0;
  }
  if (argc == 3 && strcmp(argv[1], "sink") == 0) return sink(argv[2]);
  if (argc == 5 && strcmp(argv[1], "fill") == 0) return fill(argv[2], argv[3], argv[4]);
  if (argc == 3 && strcmp(argv[1], "serve") == 0) return serve(argv[2]);
  if (argc == 5 && strcmp(argv[1], "stream") == 0) return stream(argv[2], argv[3], argv[4]);
  if (argc == 5 && strcmp(argv[1], "send") == 0) return send_one(argv[2], argv[3], argv[4]);
  if (argc == 5 && strcmp(argv[1], "get") == 0) return get(argv[2], argv[3], argv[4]);
  fputs("usage: weft-probe ping ADDRESS... | connect PORT ADDRESS... | seen PORT ADDRESS... | serve PORT | sink "
        "PORT | fill ADDRESS PORT BYTES | stream ADDRESS PORT RATE | send ADDRESS PORT HEX | get ADDRESS PORT PATH\n", stderr);
  return 2;
}
