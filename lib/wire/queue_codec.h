// SPDX-License-Identifier: BSD-2-Clause
// Requests to emailgency-queuewatch and its replies, of which docs/protocols.md has the form. Each is the
// content of a netstring (wire/netstring.h): lines of words that a blank parts. Pure, for both ends.
#ifndef WIRE_QUEUE_CODEC_H
#define WIRE_QUEUE_CODEC_H

#include "base/slice.h"

#include <stdint.h>

#define QUEUE_REQUEST_MAX 320      // bytes of a request
#define QUEUE_LINE_MAX 400         // bytes of a line of a reply, line feed included
#define QUEUE_REPLY_MAX (64 << 20) // bytes of a reply that a client should take
#define QUEUE_MESSAGES_MAX 1000    // ids of one reply
#define QUEUE_NEVER 0              // seconds since 1970: there is no such time

enum queue_request_kind { QUEUE_REQUEST_SAMPLE, QUEUE_REQUEST_MESSAGES };

struct queue_request {
    enum queue_request_kind kind;
    struct slice domain; // of QUEUE_REQUEST_MESSAGES
    unsigned count;      // of it: 1 to QUEUE_MESSAGES_MAX
};

// Reads a request, whose slices point into `in`. Returns false for what is none.
bool queue_request_parse(struct slice in, struct queue_request *out) __attribute__((warn_unused_result));

// Writes a request; returns its length, 0 for one that cannot be.
size_t queue_request_format(const struct queue_request *request, char out[QUEUE_REQUEST_MAX])
    __attribute__((warn_unused_result));

enum queue_name { QUEUE_INCOMING, QUEUE_ACTIVE, QUEUE_DEFERRED, QUEUE_HOLD, QUEUE_NAMES };

// The folder's name in Postfix's queue directory.
const char *queue_name_word(unsigned queue);

enum queue_line_kind {
    QUEUE_LINE_CYCLE,
    QUEUE_LINE_QUEUE,
    QUEUE_LINE_DOMAIN,
    QUEUE_LINE_MESSAGE,
    QUEUE_LINE_ERROR
};

// The cycle that a sample is of; its first line.
struct queue_cycle {
    int64_t at;       // when it ended, seconds since 1970
    bool complete;    // all of the queue could be read, and each message's domains are known
    uint64_t unknown; // messages whose domains are not known yet
};

// A line of a reply; `kind` says which member is in force.
struct queue_line {
    enum queue_line_kind kind;
    union {
        struct queue_cycle cycle;
        struct queue_size {
            enum queue_name name;
            uint64_t messages;
            int64_t oldest; // arrival; QUEUE_NEVER: none is known
        } queue;
        struct queue_domain {
            struct slice name; // a domain's own name, with ".store.invalid" for copies to the mail store
            uint64_t messages;
            uint64_t late; // older than the domain's queue_alert_minutes
            int64_t oldest;
        } domain;
        struct queue_message {
            struct slice id;
            int64_t arrival;
            enum queue_name queue;
        } message;
        struct slice error; // a text for the log
    };
};

// Writes a line with its line feed; returns its length, 0 for one that cannot be.
size_t queue_line_format(const struct queue_line *line, char out[QUEUE_LINE_MAX])
    __attribute__((warn_unused_result));

enum queue_line_rc {
    QUEUE_LINE_OK,
    QUEUE_LINE_END, // there is no more
    QUEUE_LINE_BAD
};

// Takes the next line from `rest`; its slices point into it. Lines of kinds that this release does not know
// are passed over.
enum queue_line_rc queue_line_next(struct slice *rest, struct queue_line *out)
    __attribute__((warn_unused_result));

#endif
