// SPDX-License-Identifier: Apache-2.0
/*
 * weft: the CNI plugin. It takes what the runtime gave it (environment, configuration, the pod's
 * namespace) to the node agent and prints what the agent answers. It decides nothing; without an
 * agent it can do one thing, the deletion of a pod's interface.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "error.h"
#include "json.h"
#include "pod.h"
#include "port.h"
#include "text.h"

static const char SUPPORTED_VERSIONS[] = "[\"0.3.1\",\"0.4.0\",\"1.0.0\",\"1.1.0\"]";

enum { COMMAND, CONTAINER, NAMESPACE, INTERFACE, ARGUMENTS, PLUGIN_PATH };

static const char *const VARIABLES[ENVIRONMENT_VARIABLES] = {
    "CNI_COMMAND", "CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_ARGS", "CNI_PATH"};

/* What the commands differ in. */
struct command {
    const char *name;
    unsigned required;   /* a bit for each variable that must be set */
    long wait_seconds;   /* for an agent that is not there */
    enum cni_error away; /* the error when it stays away */
};

enum { NEEDS_POD = 1 << CONTAINER | 1 << NAMESPACE | 1 << INTERFACE };

static const struct command ADD = {"ADD", NEEDS_POD, AGENT_WAIT_SECONDS, CNI_TRY_AGAIN};
static const struct command DEL = {"DEL", 1 << CONTAINER | 1 << INTERFACE, 1, CNI_TRY_AGAIN};
static const struct command CHECK = {"CHECK", NEEDS_POD, AGENT_WAIT_SECONDS, CNI_TRY_AGAIN};
static const struct command GC = {"GC", 0, AGENT_WAIT_SECONDS, CNI_TRY_AGAIN};
static const struct command STATUS = {"STATUS", 0, AGENT_WAIT_SECONDS, CNI_NOT_AVAILABLE};
static const struct command VERSION = {"VERSION", 0, 0, CNI_TRY_AGAIN};

static char input[STDIN_LIMIT + 1];
static const char *values[ENVIRONMENT_VARIABLES];
static struct inbox inbox;
static struct request request = {.input = input, .descriptors = {-1, -1}};

static const struct command *find_command(void) {
    static const struct command *const all[] = {&ADD, &DEL, &CHECK, &GC, &STATUS, &VERSION};
    if (values[COMMAND] == NULL) {
        fail(CNI_BAD_ENVIRONMENT, "a container runtime sets it", "CNI_COMMAND is not set", NULL);
    }
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (strcmp(values[COMMAND], all[i]->name) == 0) {
            return all[i];
        }
    }
    return NULL;
}

/* An empty variable counts as not set. */
static void read_environment(void) {
    for (size_t i = 0; i < ENVIRONMENT_VARIABLES; i++) {
        char *value = getenv(VARIABLES[i]);
        if (value != NULL && *value != '\0') {
            values[i] = value;
            request.environment[request.variables++] = value - strlen(VARIABLES[i]) - 1;
        }
    }
}

static void read_input(void) {
    ssize_t length;
    do {
        length = read(STDIN_FILENO, input + request.input_length, sizeof input - request.input_length);
        if (length > 0) {
            request.input_length += (size_t)length;
        }
    } while (length > 0 || (length < 0 && errno == EINTR));
    if (length < 0) {
        fail(CNI_IO_FAILURE, strerror(errno), "read the network configuration from standard input", NULL);
    }
}

static void check_input(void) {
    if (request.input_length == 0) {
        fail(CNI_NOT_DECODED, "standard input is empty", "no network configuration on standard input", NULL);
    }
    if (request.input_length > STDIN_LIMIT) {
        fail(CNI_BAD_CONFIG, "the limit is 1 MiB", "the network configuration is too long", NULL);
    }
    if (!json_find_version(input, request.input_length, error_version, VERSION_SIZE)) {
        fail(CNI_NOT_DECODED, "standard input is not one well-formed JSON object of at most 128 levels",
            "the network configuration cannot be read", NULL);
    }
}

static void check_environment(const struct command *command) {
    char missing[128];
    struct text text = text_in(missing, sizeof missing);
    for (size_t i = 0; i < ENVIRONMENT_VARIABLES; i++) {
        if ((command->required & 1u << i) != 0 && values[i] == NULL) {
            text_add(&text, text.length == 0 ? "" : ", ");
            text_add(&text, VARIABLES[i]);
        }
    }
    if (text.length > 0) {
        fail(CNI_BAD_ENVIRONMENT, missing, command->name, " without ", missing, NULL);
    }
    if (environment_length(&request) > ENVIRONMENT_LIMIT) {
        fail(CNI_BAD_ENVIRONMENT, "the limit is 64 KiB", "the CNI_ variables are too long", NULL);
    }
    if (command->required & 1 << INTERFACE &&
        !pod_is_interface_name(values[INTERFACE], strlen(values[INTERFACE]))) {
        fail(CNI_BAD_ENVIRONMENT, "it takes 1 to 15 characters, without '/', ':' and white space",
            "CNI_IFNAME ", values[INTERFACE], " is no interface name", NULL);
    }
}

/*
 * A pod's namespace is always there for ADD and CHECK. For DEL it may be gone, and its path may be another one's by
 * now, of /proc/PID after the PID was given again: without descriptors DEL goes on, for a runtime calls it until it
 * succeeds.
 */
static void enter_pod(const struct command *command, int node) {
    const char *path = values[NAMESPACE];
    enum pod_state state = pod_enter(path, node, request.descriptors);
    if (state == POD_ENTERED || command == &DEL) {
        return;
    }
    if (state == POD_NODE) {
        fail(CNI_BAD_ENVIRONMENT, "a pod needs a network namespace of its own", "CNI_NETNS ", path,
            " is the node's own network namespace", NULL);
    }
    if (state == POD_GONE) {
        fail(CNI_UNKNOWN_CONTAINER, "the container may have ended", "CNI_NETNS ", path,
            " is no network namespace", NULL);
    }
    fail(CNI_BAD_ENVIRONMENT, errno == ENOPROTOOPT ? "Linux 5.14 or newer is needed" : strerror(errno),
        "enter CNI_NETNS ", path, NULL);
}

/*
 * DEL without an agent: the port goes, by the name that is this attachment's alone, and with it the other end, in
 * whichever namespace that is; the agent sweeps the rest when it is back. A veth that then is in the pod under the
 * name is another one's, as far as can be known here.
 */
static void delete_alone(int node) {
    char port[INTERFACE_NAME_SIZE];
    bool found = false;
    port_name(values[CONTAINER], values[INTERFACE], port);
    int error = pod_delete_port(node, port, &found);
    if (error == 0 && !found && request.descriptors[0] >= 0) {
        error = pod_has_veth(request.descriptors[1], values[INTERFACE], &found);
        if (found) {
            fail(CNI_TRY_AGAIN, "no agent is there to identify its owner; is the node agent running?",
                values[INTERFACE], " in ", values[NAMESPACE], " is not the other end of ", port, NULL);
        }
    }
    if (error != 0) {
        fail(CNI_IO_FAILURE, strerror(error), "delete ", port, " without the agent", NULL);
    }
    _exit(0);
}

static void give_up(const struct command *command, int agent, enum agent_state state, int error) {
    if (command == &DEL && state != AGENT_STRANGE) {
        delete_alone(agent);
    }
    switch (state) {
        case AGENT_AWAY:
            fail(command->away, "is the node agent running?", "no agent answers on " WEFT_SOCKET, NULL);
        case AGENT_LOST:
            fail(CNI_TRY_AGAIN, error == 0 ? "it closed the connection" : strerror(error),
                "the agent went away before it answered ", command->name, NULL);
        case AGENT_STRANGE:
            fail(CNI_PROTOCOL, "plugin and agent are of different versions?",
                "the agent's answer is not of protocol 1", NULL);
        default:
            fail(CNI_IO_FAILURE, strerror(error), "connect to " WEFT_SOCKET, NULL);
    }
}

static void refuse_action(uint16_t action) {
    char number[8];
    struct text text = text_in(number, sizeof number);
    text_add_number(&text, action);
    fail(CNI_PROTOCOL, "plugin and agent are of different versions?", "the agent requests action ", number,
        ", which this plugin cannot do", NULL);
}

static int enable_ipv6(const struct answer *answer) {
    char name[16];
    if (!pod_is_interface_name(answer->body, answer->body_length)) {
        return EINVAL;
    }
    memcpy(name, answer->body, answer->body_length);
    name[answer->body_length] = '\0';
    return pod_enable_ipv6(name);
}

/* Only an error may come in another version: the agent reports that it does not know ours. */
static void check_answer(const struct command *command, int agent, const struct answer *answer) {
    int is_error = answer->action == ACTION_PRINT && answer->code != 0;
    if (answer->version != FRAME_VERSION && !is_error) {
        give_up(command, agent, AGENT_STRANGE, 0);
    }
}

__attribute__((noreturn)) static void ask_agent(const struct command *command, int agent) {
    struct answer answer;
    enum agent_state state = agent_connect(agent, command->wait_seconds);
    if (state == AGENT_ANSWERED) {
        state = agent_send(agent, &request);
    }
    for (;;) {
        if (state == AGENT_ANSWERED) {
            state = agent_receive(agent, &inbox, &answer);
        }
        if (state != AGENT_ANSWERED) {
            give_up(command, agent, state, errno);
        }
        check_answer(command, agent, &answer);
        if (answer.action == ACTION_PRINT) {
            print_bytes(answer.body, answer.body_length);
            _exit(answer.code > 255 ? 1 : (int)answer.code);
        }
        if (answer.action != ACTION_ENABLE_IPV6 || request.descriptors[0] < 0) {
            refuse_action(answer.action);
        }
        state = agent_report(agent, enable_ipv6(&answer));
    }
}

/* Answered also for an empty input, so that the program can be called by hand. */
static void print_version(void) {
    char object[128];
    struct text text = text_in(object, sizeof object);
    text_add(&text, "{\"cniVersion\":\"");
    text_add(&text, error_version);
    text_add(&text, "\",\"supportedVersions\":");
    text_add(&text, SUPPORTED_VERSIONS);
    text_add(&text, "}\n");
    print_bytes(text.bytes, text.length);
    _exit(0);
}

int main(void) {
    read_environment();
    const struct command *command = find_command();
    read_input();
    if (command != &VERSION || request.input_length > 0) {
        check_input();
    }
    if (command == NULL) {
        fail(CNI_BAD_ENVIRONMENT, "known are ADD, DEL, CHECK, GC, STATUS and VERSION", "unknown CNI_COMMAND ",
            values[COMMAND], NULL);
    }
    if (command == &VERSION) {
        print_version();
    }
    check_environment(command);
    int agent = agent_socket();
    if (agent < 0) {
        fail(CNI_IO_FAILURE, strerror(errno), "open a socket for " WEFT_SOCKET, NULL);
    }
    if (command->required & 1 << INTERFACE && values[NAMESPACE] != NULL) {
        enter_pod(command, agent);
    }
    ask_agent(command, agent);
}
