// SPDX-License-Identifier: BSD-2-Clause
// The first outside client of a message from a trusted relay, by the Received fields from the topmost one on
// (RFC 7208 section 4.1: the host that emits the mail). Pure; one field at a time, as a milter gets them.
#ifndef MILTER_HEADERS_RECEIVED_TRACE_H
#define MILTER_HEADERS_RECEIVED_TRACE_H

#include "directory/directory.h"
#include "milter/headers/received_client.h"

#define RECEIVED_TRACE_MAX 20 // fields that are read

enum received_trace_state {
    RECEIVED_TRACE_INSIDE,  // no outside client so far: the next field counts
    RECEIVED_TRACE_FOUND,   // `client` is from outside
    RECEIVED_TRACE_UNKNOWN, // a field gives no client, or there are too many
};

// Initially all zero.
struct received_trace {
    enum received_trace_state state;
    unsigned seen;
    struct received_client client;
};

// Takes the value of the next Received field. A client in relay_networks, trusted_networks or a network that
// is not routed outside (loopback, private, link-local) is an internal hop: the field that it added, which is
// the next, is read then. Any other client is an outside one and controls all fields below. A field that
// cannot be read ends the trace.
void received_trace_add(struct received_trace *trace, const struct directory_snapshot *rows,
                        struct slice value);

#endif
