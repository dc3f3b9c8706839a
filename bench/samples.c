// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench.h"

void die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("bench: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

double now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

void samples_add(struct samples *samples, double value) {
    if (samples->count == samples->capacity) {
        samples->capacity = samples->capacity == 0 ? 1024 : 2 * samples->capacity;
        samples->values = realloc(samples->values, samples->capacity * sizeof *samples->values);
        if (samples->values == NULL) {
            die("no memory for samples");
        }
    }
    samples->values[samples->count++] = value;
}

static int by_value(const void *left, const void *right) {
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

static double percentile(const struct samples *sorted, size_t percent) {
    return sorted->values[(sorted->count - 1) * percent / 100];
}

double samples_percentile(struct samples *samples, size_t percent) {
    if (samples->count == 0) {
        die("no samples");
    }
    qsort(samples->values, samples->count, sizeof *samples->values, by_value);
    return percentile(samples, percent);
}

void samples_print(struct samples *samples, const char *scenario, const char *what, const char *who) {
    if (samples->count == 0) {
        die("no samples of %s %s %s", scenario, what, who);
    }
    qsort(samples->values, samples->count, sizeof *samples->values, by_value);
    printf("%s\t%s\t%s\t%zu\t%.3f\t%.3f\n", scenario, what, who, samples->count, percentile(samples, 50),
        percentile(samples, 99));
    fflush(stdout);
}
