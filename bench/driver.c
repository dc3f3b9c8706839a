// SPDX-License-Identifier: Apache-2.0
/*
 * Runs CNI plugins as a container runtime does and takes the time of each whole process. Every ADD and DEL is
 * verified outside the timed part. Weft and the reference take turns within each scenario.
 *
 *   driver serial N WARMUP     VERSION, ADD, CHECK, DEL one at a time; the kernel's floor, an empty program
 *   driver four N WARMUP       ADD and DEL, four at a time
 *   driver storm PODS ROUNDS   all ADDs at once, then all DELs: pods per second
 *   driver churn PAIRS         Weft only: the agent's memory over many ADDs and DELs
 *   driver restart ROUNDS      Weft only: starts the agent, which must not run: its time to readiness, the first ADD
 *   driver once                one ADD and DEL of each, to be traced
 *
 * It runs in the network namespace of a node. The environment has what to run: WEFT_PLUGIN, WEFT_CONF,
 * REFERENCE_PLUGIN, REFERENCE_CONF, REFERENCE_PATH, EMPTY_PROGRAM, AGENT_ARGUMENTS, AGENT_ENVIRONMENT. It prints lines of tab-separated fields:
 * scenario, what, who, n, p50, p99 (milliseconds; pods per second for storm; MB for churn).
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

enum { WEFT, REFERENCE, SIDES, FOUR = 4, STORM_LIMIT = 250, LAUNCHERS = 4 };

static struct side sides[SIDES];
static struct samples adds[SIDES];
static struct samples deletes[SIDES];
static unsigned long containers;

static const char *setting(const char *name) {
    const char *value = getenv(name);
    if (value == NULL) {
        die("%s is not set", name);
    }
    return value;
}

static void read_settings(void) {
    sides[WEFT] = (struct side){"weft", setting("WEFT_PLUGIN"), "/opt/cni/bin", setting("WEFT_CONF")};
    sides[REFERENCE] = (struct side){
        "reference", setting("REFERENCE_PLUGIN"), setting("REFERENCE_PATH"), setting("REFERENCE_CONF")};
}

/* New containers for a side, one in each pod. */
static void renew(struct call *calls, size_t count, const struct side *side, const struct pod *pods) {
    for (size_t i = 0; i < count; i++) {
        calls[i].side = side;
        calls[i].pod = &pods[i];
        calls[i].result[0] = '\0';
        snprintf(calls[i].container, sizeof calls[i].container, "bench-%lu", ++containers);
    }
}

static double run(struct call *calls, size_t count, size_t threads, const char *command) {
    char address[64];
    for (size_t i = 0; i < count; i++) {
        calls[i].command = command;
    }
    double elapsed = calls_run(calls, count, threads);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(command, "ADD") == 0) {
            call_address(&calls[i], address);
            pod_must_have(calls[i].pod, address, calls[i].side->name);
        } else if (strcmp(command, "DEL") == 0) {
            pod_must_be_bare(calls[i].pod, calls[i].side->name);
        }
    }
    return elapsed;
}

static void keep(struct samples *samples, const struct call *calls, size_t count) {
    for (size_t i = 0; i < count; i++) {
        samples_add(samples, calls[i].ended_ms - calls[i].started_ms);
    }
}

static void print_adds_and_deletes(const char *scenario) {
    for (int side = 0; side < SIDES; side++) {
        samples_print(&adds[side], scenario, "ADD", sides[side].name);
    }
    for (int side = 0; side < SIDES; side++) {
        samples_print(&deletes[side], scenario, "DEL", sides[side].name);
    }
}

static void serial(size_t n, size_t warmup) {
    static struct call call;
    static struct pod pods[SIDES + 1];
    static struct samples versions[SIDES];
    static struct samples checks[SIDES];
    static struct samples floors;
    static struct samples empties;
    struct side empty = {"empty", setting("EMPTY_PROGRAM"), "", ""};
    pods_create(pods, SIDES + 1);
    floor_prepare();
    for (size_t i = 0; i < warmup + n; i++) {
        int counts = i >= warmup;
        for (size_t turn = 0; turn < SIDES; turn++) {
            size_t side = (i + turn) % SIDES;
            renew(&call, 1, &sides[side], &pods[side]);
            run(&call, 1, 1, "VERSION");
            keep(&versions[side], &call, counts);
            run(&call, 1, 1, "ADD");
            keep(&adds[side], &call, counts);
            run(&call, 1, 1, "CHECK");
            keep(&checks[side], &call, counts);
            run(&call, 1, 1, "DEL");
            keep(&deletes[side], &call, counts);
        }
        double floor = floor_add(&pods[SIDES], 0);
        floor_delete(0);
        call.side = &empty;
        call.command = NULL;
        calls_run(&call, 1, 1);
        keep(&empties, &call, counts);
        if (counts) {
            samples_add(&floors, floor);
        }
    }
    print_adds_and_deletes("one");
    for (int side = 0; side < SIDES; side++) {
        samples_print(&checks[side], "one", "CHECK", sides[side].name);
    }
    for (int side = 0; side < SIDES; side++) {
        samples_print(&versions[side], "one", "VERSION", sides[side].name);
    }
    samples_print(&floors, "one", "ADD", "floor");
    samples_print(&empties, "one", "start", "empty");
}

static void four(size_t n, size_t warmup) {
    static struct call calls[FOUR];
    static struct pod pods[SIDES][FOUR];
    pods_create(pods[0], SIDES * FOUR);
    for (size_t i = 0; i < warmup + n; i++) {
        size_t counted = i >= warmup ? FOUR : 0;
        for (size_t turn = 0; turn < SIDES; turn++) {
            size_t side = (i + turn) % SIDES;
            renew(calls, FOUR, &sides[side], pods[side]);
            run(calls, FOUR, FOUR, "ADD");
            keep(&adds[side], calls, counted);
            run(calls, FOUR, FOUR, "DEL");
            keep(&deletes[side], calls, counted);
        }
    }
    print_adds_and_deletes("four");
}

static void storm(size_t count, size_t rounds) {
    static struct call calls[STORM_LIMIT];
    static struct pod pods[SIDES][STORM_LIMIT];
    if (count > STORM_LIMIT) {
        die("at most %d pods", STORM_LIMIT);
    }
    for (size_t side = 0; side < SIDES; side++) {
        pods_create(pods[side], count);
    }
    for (size_t i = 0; i <= rounds; i++) {
        for (size_t turn = 0; turn < SIDES; turn++) {
            size_t side = (i + turn) % SIDES;
            renew(calls, count, &sides[side], pods[side]);
            double add = run(calls, count, LAUNCHERS, "ADD");
            double delete = run(calls, count, LAUNCHERS, "DEL");
            if (i > 0) {
                samples_add(&adds[side], (double)count * 1e3 / add);
                samples_add(&deletes[side], (double)count * 1e3 / delete);
            }
        }
    }
    print_adds_and_deletes("storm");
}

static void churn(size_t pairs) {
    enum { STEPS = 5 };
    static struct call calls[FOUR];
    static struct pod pods[FOUR];
    pid_t agent = agent_pid();
    pods_create(pods, FOUR);
    for (size_t step = 1; step <= STEPS; step++) {
        for (size_t done = 0; done < pairs / STEPS; done += FOUR) {
            renew(calls, FOUR, &sides[WEFT], pods);
            run(calls, FOUR, FOUR, "ADD");
            run(calls, FOUR, FOUR, "DEL");
        }
        double rss = agent_rss_mb(agent);
        printf("churn\tRSS-%zu\tagent\t%zu\t%.1f\t%.1f\n", step, step * pairs / STEPS, rss, rss);
        fflush(stdout);
    }
}

static void restart(size_t rounds) {
    static struct call call;
    static struct pod pod;
    static struct samples readies;
    static struct samples firsts;
    pods_create(&pod, 1);
    for (size_t i = 0; i < rounds; i++) {
        pid_t agent;
        samples_add(&readies, agent_start(setting("AGENT_ARGUMENTS"), setting("AGENT_ENVIRONMENT"), &agent));
        renew(&call, 1, &sides[WEFT], &pod);
        run(&call, 1, 1, "ADD");
        keep(&firsts, &call, 1);
        run(&call, 1, 1, "DEL");
        agent_stop(agent);
    }
    samples_print(&readies, "restart", "ready", "agent");
    samples_print(&firsts, "restart", "first-ADD", "weft");
}

static void once(void) {
    static struct call call;
    static struct pod pods[SIDES];
    pods_create(pods, SIDES);
    for (size_t side = 0; side < SIDES; side++) {
        renew(&call, 1, &sides[side], &pods[side]);
        run(&call, 1, 1, "ADD");
        run(&call, 1, 1, "DEL");
    }
}

static size_t number(int argc, char **argv, int index) {
    char *end = "";
    long value = index < argc ? strtol(argv[index], &end, 10) : 0;
    if (value <= 0 || *end != '\0') {
        die("usage: driver serial|four N WARMUP | storm PODS ROUNDS | churn PAIRS | restart ROUNDS | once");
    }
    return (size_t)value;
}

int main(int argc, char **argv) {
    const char *scenario = argc > 1 ? argv[1] : "";
    signal(SIGPIPE, SIG_IGN);
    read_settings();
    if (strcmp(scenario, "serial") == 0) {
        serial(number(argc, argv, 2), number(argc, argv, 3));
    } else if (strcmp(scenario, "four") == 0) {
        four(number(argc, argv, 2), number(argc, argv, 3));
    } else if (strcmp(scenario, "storm") == 0) {
        storm(number(argc, argv, 2), number(argc, argv, 3));
    } else if (strcmp(scenario, "churn") == 0) {
        churn(number(argc, argv, 2));
    } else if (strcmp(scenario, "restart") == 0) {
        restart(number(argc, argv, 2));
    } else if (strcmp(scenario, "once") == 0) {
        once();
    } else {
        number(0, NULL, 0);
    }
    return 0;
}
