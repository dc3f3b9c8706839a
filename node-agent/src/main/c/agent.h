// SPDX-License-Identifier: Apache-2.0
/* The conversation with the node agent over its unix socket. */
#ifndef WEFT_AGENT_H
#define WEFT_AGENT_H

#include <stddef.h>
#include <stdint.h>

#include "frame.h"

/* Where the agent listens. */
#ifndef WEFT_SOCKET
#define WEFT_SOCKET "/run/weft/cni.sock"
#endif

/* How long ADD, CHECK, GC and STATUS wait for an agent that is not there, in seconds. */
#ifndef AGENT_WAIT_SECONDS
#define AGENT_WAIT_SECONDS 5
#endif

/* How long an answer may take, in seconds. */
#ifndef ANSWER_WAIT_SECONDS
#define ANSWER_WAIT_SECONDS 60
#endif

enum { ENVIRONMENT_VARIABLES = 6 };

/* What is sent to the agent. */
struct request {
    const char *environment[ENVIRONMENT_VARIABLES]; /* "KEY=VALUE" */
    size_t variables;                               /* how many of them there are */
    const char *input;                              /* the network configuration */
    size_t input_length;                            /* at most STDIN_LIMIT */
    int descriptors[2];                             /* the pod's namespace, a netlink socket in it; or -1 */
};

enum agent_state {
    AGENT_ANSWERED, /* the answer is filled */
    AGENT_AWAY,     /* nobody accepted the connection in time */
    AGENT_LOST,     /* it closed the connection, or stayed silent, before it answered */
    AGENT_STRANGE,  /* what it sent is no answer of this protocol */
    AGENT_REFUSED,  /* the socket cannot be used: errno is the cause */
};

/* A socket to reach the agent by, of the namespace it is opened in; -1 with errno set where there is none. */
int agent_socket(void);

/* Connects, and waits up to `wait_seconds` for an agent that is not there (yet). AGENT_ANSWERED: it is connected. */
enum agent_state agent_connect(int agent, long wait_seconds);

/* Sends a request, its descriptors with the first byte. The environment is at most ENVIRONMENT_LIMIT long. */
enum agent_state agent_send(int agent, const struct request *request);

/* What was received: the answer last returned, and what came after it. Zeroed at first. */
struct inbox {
    size_t length; /* of all bytes */
    size_t used;   /* bytes of the answer returned */
    uint8_t bytes[FRAME_HEADER_SIZE + BODY_LIMIT];
};

/*
 * Waits for the next answer; it points into the inbox and is valid until the next call.
 * errno is why an agent was lost; 0 is the end of the stream.
 */
enum agent_state agent_receive(int agent, struct inbox *inbox, struct answer *answer);

/* Reports to the agent how an action went: 0 or an errno. */
enum agent_state agent_report(int agent, int result);

/* The environment's length in a request. */
size_t environment_length(const struct request *request);

#endif
