// SPDX-License-Identifier: Apache-2.0
/* The parts of the benchmark's driver. Every failure ends the program with a message: die(). */
#ifndef WEFT_BENCH_H
#define WEFT_BENCH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Prints a message (as printf does) on standard error and ends the program with status 1. */
__attribute__((noreturn, format(printf, 1, 2))) void die(const char *format, ...);

/* Milliseconds of a monotonic clock. */
double now_ms(void);

/* ---- pods.c: network namespaces that stand for pods ---- */

struct pod {
    int namespace;   /* its descriptor; close-on-exec */
    int inet;        /* a datagram socket opened in it, to read its interfaces */
    int netlink;     /* a route netlink socket opened in it */
    char path[40];   /* the value of CNI_NETNS: the descriptor's path under /proc */
};

/* Makes `count` namespaces; the calling thread is back in its own one afterwards. */
void pods_create(struct pod *pods, size_t count);

/* Dies unless eth0 is up in the pod with exactly this IPv4 address ("10.1.2.3"). */
void pod_must_have(const struct pod *pod, const char *address, const char *who);

/* Dies if the pod still has an eth0. */
void pod_must_be_bare(const struct pod *pod, const char *who);

/* ---- calls.c: runs of a plugin ---- */

enum { TEXT_LIMIT = 16384 };

/* A plugin to measure, and how it is called. */
struct side {
    const char *name;
    const char *plugin; /* its path */
    const char *path;   /* CNI_PATH */
    const char *conf;   /* the network configuration, one JSON object */
};

/* One run of a plugin: first what it is given, then what came of it. */
struct call {
    const struct side *side;
    const char *command;    /* CNI_COMMAND; NULL: an empty environment and input */
    const struct pod *pod;
    char container[32];     /* CNI_CONTAINERID */
    char result[TEXT_LIMIT]; /* ADD's answer; goes back as prevResult with CHECK and DEL */
    char output[TEXT_LIMIT]; /* standard output of the last run */
    double started_ms;
    double ended_ms;
    int in;
    int out;
    pid_t pid;
};

/*
 * Runs `count` calls, `threads` of them starting side by side, and waits for all. Only the start of the process
 * to its end is between started_ms and ended_ms. Dies if one fails. Returns the milliseconds from the first start to the last end.
 */
double calls_run(struct call *calls, size_t count, size_t threads);

/* Copies the address of an ADD's result, without its prefix length. */
void call_address(const struct call *call, char address[64]);

/* ---- floor.c: what the kernel itself takes ---- */

/* Makes the floor's own bridge. */
void floor_prepare(void);

/* Makes a pod's veth, bridge port, neighbours, address and routes by netlink. Returns the milliseconds it took. */
double floor_add(const struct pod *pod, unsigned index);

/* Deletes it; returns when the kernel has acknowledged it. */
void floor_delete(unsigned index);

/* ---- agent.c: the agent of this node ---- */

/* Its process. */
pid_t agent_pid(void);

/* The memory it has, in units of 1000 kB. */
double agent_rss_mb(pid_t agent);

/*
 * Starts an agent with what the files hold (as /proc has a process's arguments and environment) and returns the milliseconds
 * until its /readyz answers 200.
 */
double agent_start(const char *arguments_file, const char *environment_file, pid_t *agent);

/* Ends it (SIGTERM) and waits for its end. */
void agent_stop(pid_t agent);

/* ---- samples.c: figures ---- */

struct samples {
    double *values;
    size_t count;
    size_t capacity;
};

void samples_add(struct samples *samples, double value);

/* A percentile of at least one sample. */
double samples_percentile(struct samples *samples, size_t percent);

/* Prints a line "SCENARIO WHAT WHO N P50 P99", tab-separated. */
void samples_print(struct samples *samples, const char *scenario, const char *what, const char *who);

#endif
