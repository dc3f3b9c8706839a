// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

enum { READY_PORT = 9470, READY_LIMIT_MS = 30000 };

/* The process that listens, by the credentials of its socket. */
pid_t agent_pid(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/weft/cni.sock"};
    struct ucred credentials;
    socklen_t size = sizeof credentials;
    int agent = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(agent, (struct sockaddr *)&address, sizeof address) != 0 ||
        getsockopt(agent, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
        die("find the agent behind %s: %s", address.sun_path, strerror(errno));
    }
    close(agent);
    return credentials.pid;
}

double agent_rss_mb(pid_t agent) {
    char path[64];
    char line[256];
    double rss_kb = 0;
    snprintf(path, sizeof path, "/proc/%d/status", agent);
    FILE *status = fopen(path, "re");
    if (status == NULL) {
        die("open %s: %s", path, strerror(errno));
    }
    while (fgets(line, sizeof line, status) != NULL) {
        sscanf(line, "VmRSS: %lf", &rss_kb);
    }
    fclose(status);
    return rss_kb / 1000;
}

/* A file of zero-terminated strings, such as /proc has, as an array that ends with NULL. */
static char **read_strings(const char *path) {
    enum { SIZE = 1 << 17, COUNT = 512 };
    char *text = calloc(1, SIZE + 1);
    char **strings = calloc(COUNT + 1, sizeof *strings);
    FILE *file = fopen(path, "re");
    if (file == NULL || text == NULL || strings == NULL) {
        die("open %s: %s", path, strerror(errno));
    }
    size_t length = fread(text, 1, SIZE, file);
    fclose(file);
    size_t count = 0;
    for (char *at = text; at < text + length && count < COUNT; at += strlen(at) + 1) {
        strings[count++] = at;
    }
    return strings;
}

static int is_ready(void) {
    static const char request[] = "GET /readyz HTTP/1.0\r\n\r\n";
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(READY_PORT), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    char answer[64] = "";
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int ready = connect(client, (struct sockaddr *)&address, sizeof address) == 0 &&
        send(client, request, sizeof request - 1, MSG_NOSIGNAL) > 0 && recv(client, answer, sizeof answer - 1, 0) > 0 &&
        strstr(answer, " 200") != NULL;
    close(client);
    return ready;
}

void agent_stop(pid_t agent) {
    kill(agent, SIGTERM);
    if (waitpid(agent, NULL, 0) != agent) {
        die("wait for the end of the agent: %s", strerror(errno));
    }
}

double agent_start(const char *arguments_file, const char *environment_file, pid_t *agent) {
    char **arguments = read_strings(arguments_file);
    char **environment = read_strings(environment_file);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    double start = now_ms();
    int error = posix_spawnp(agent, arguments[0], &actions, NULL, arguments, environment);
    if (error != 0) {
        die("start %s: %s", arguments[0], strerror(error));
    }
    while (!is_ready()) {
        if (now_ms() - start > READY_LIMIT_MS || waitpid(*agent, NULL, WNOHANG) != 0) {
            die("the agent does not become ready after its start");
        }
        usleep(1000);
    }
    return now_ms() - start;
}
