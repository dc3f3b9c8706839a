// SPDX-License-Identifier: Apache-2.0
// weft-agent and weft-operator inside the image, where there is no shell: runs Java with the arguments that
// image/build put into /opt/weft/{agent,operator}.args, and its own after them.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
    static char java[] = "/opt/java/bin/java";
    static char agent[] = "@/opt/weft/agent.args", operator[] = "@/opt/weft/operator.args";
    const char *slash = strrchr(argv[0], '/'), *name = slash ? slash + 1 : argv[0];
    char **arguments = calloc(argc + 2, sizeof *arguments);
    if (!arguments) {
        perror(name);
        return 1;
    }
    arguments[0] = (char *)name; // what a process list shows
    arguments[1] = strcmp(name, "weft-operator") == 0 ? operator : agent;
    memcpy(arguments + 2, argv + 1, argc * sizeof *argv);
    execv(java, arguments);
    fprintf(stderr, "%s: run %s: %s\n", name, java, strerror(errno));
    return 1;
}
