// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

enum { VARIABLES = 8, VARIABLE_SIZE = 256 };

static void make_pipe(int ends[2]) {
    if (pipe2(ends, O_CLOEXEC) != 0) {
        die("make a pipe: %s", strerror(errno));
    }
}

/* The configuration, with the result of ADD for what comes after it. */
static size_t put_input(const struct call *call, char *to, size_t size) {
    const char *conf = call->side->conf;
    if (call->command == NULL) {
        return 0;
    }
    if (call->result[0] == '\0' || strcmp(call->command, "ADD") == 0) {
        return (size_t)snprintf(to, size, "%s", conf);
    }
    int inside = (int)(strrchr(conf, '}') - conf);
    return (size_t)snprintf(to, size, "%.*s,\"prevResult\":%s}", inside, conf, call->result);
}

/* Fills the pipe that will be standard input; a configuration fits its buffer. */
static void prepare(struct call *call) {
    char input[2 * TEXT_LIMIT];
    int in[2];
    make_pipe(in);
    size_t length = put_input(call, input, sizeof input);
    if (length >= sizeof input || write(in[1], input, length) != (ssize_t)length) {
        die("write the configuration of %s", call->side->name);
    }
    close(in[1]);
    call->in = in[0];
}

static void start(struct call *call) {
    static const char *const keys[] = {"CNI_COMMAND", "CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_ARGS", "CNI_PATH", "PATH"};
    char arguments[128];
    char variables[VARIABLES][VARIABLE_SIZE];
    char *environment[VARIABLES] = {NULL};
    char *argv[] = {(char *)(uintptr_t)call->side->plugin, NULL};
    int out[2];
    posix_spawn_file_actions_t actions;
    if (call->command != NULL) {
        snprintf(arguments, sizeof arguments, "IgnoreUnknown=1;K8S_POD_NAMESPACE=bench;K8S_POD_NAME=%s", call->container);
        const char *values[] = {call->command, call->container, call->pod->path, "eth0", arguments, call->side->path, getenv("PATH")};
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
            snprintf(variables[i], VARIABLE_SIZE, "%s=%s", keys[i], values[i]);
            environment[i] = variables[i];
        }
    }
    make_pipe(out);
    call->out = out[0];
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, call->in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    call->started_ms = now_ms();
    int error = posix_spawn(&call->pid, call->side->plugin, &actions, NULL, argv, environment);
    if (error != 0) {
        die("start %s: %s", call->side->plugin, strerror(error));
    }
    posix_spawn_file_actions_destroy(&actions);
    close(call->in);
    close(out[1]);
}

static void finish(struct call *call) {
    int status;
    if (waitpid(call->pid, &status, 0) < 0) {
        die("wait for %s: %s", call->side->plugin, strerror(errno));
    }
    call->ended_ms = now_ms();
    ssize_t length = read(call->out, call->output, sizeof call->output - 1);
    close(call->out);
    call->output[length > 0 ? length : 0] = '\0';
    if (status != 0) {
        die("%s %s %s failed with status %d: %s", call->side->name, call->command, call->container, status, call->output);
    }
    if (call->command != NULL && strcmp(call->command, "ADD") == 0) {
        memcpy(call->result, call->output, sizeof call->result);
    }
}

/* The part of the calls that one thread starts, one after the other. */
struct share {
    struct call *calls;
    size_t count;
    pthread_barrier_t *barrier;
};

static void *run_share(void *argument) {
    struct share *share = argument;
    pthread_barrier_wait(share->barrier);
    for (size_t i = 0; i < share->count; i++) {
        start(&share->calls[i]);
    }
    for (size_t i = 0; i < share->count; i++) {
        finish(&share->calls[i]);
    }
    return NULL;
}

static void run_side_by_side(struct call *calls, size_t count, size_t threads) {
    pthread_t ids[threads];
    struct share shares[threads];
    pthread_barrier_t barrier;
    size_t first = 0;
    pthread_barrier_init(&barrier, NULL, (unsigned)threads);
    for (size_t i = 0; i < threads; i++) {
        size_t share = count / threads + (i < count % threads);
        shares[i] = (struct share){.calls = calls + first, .count = share, .barrier = &barrier};
        first += share;
        if (pthread_create(&ids[i], NULL, run_share, &shares[i]) != 0) {
            die("start a thread");
        }
    }
    for (size_t i = 0; i < threads; i++) {
        pthread_join(ids[i], NULL);
    }
    pthread_barrier_destroy(&barrier);
}

double calls_run(struct call *calls, size_t count, size_t threads) {
    for (size_t i = 0; i < count; i++) {
        prepare(&calls[i]);
    }
    run_side_by_side(calls, count, threads);
    double first = calls[0].started_ms;
    double last = 0;
    for (size_t i = 0; i < count; i++) {
        first = calls[i].started_ms < first ? calls[i].started_ms : first;
        last = calls[i].ended_ms > last ? calls[i].ended_ms : last;
    }
    return last - first;
}

void call_address(const struct call *call, char address[64]) {
    const char *at = strstr(call->result, "\"address\"");
    if (at == NULL || sscanf(at, "\"address\" : \"%63[0-9.]/", address) != 1) {
        die("%s: no address in the result %s", call->side->name, call->result);
    }
}
