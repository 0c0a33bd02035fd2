// SPDX-License-Identifier: BSD-2-Clause
// Whom the relays of ours had a message from: the first client from outside, by their Received fields from
// the topmost one on (RFC 7208 section 4.1: the host that emits the mail). Pure; a field at a time, as a
// milter gets them.
#ifndef MILTER_HEADERS_RECEIVED_TRACE_H
#define MILTER_HEADERS_RECEIVED_TRACE_H

#include "directory/directory.h"
#include "milter/headers/received_client.h"

#define RECEIVED_TRACE_MAX 20 // fields that are looked at

enum received_trace_state {
    RECEIVED_TRACE_INSIDE,  // nobody from outside so far: the next field counts
    RECEIVED_TRACE_FOUND,   // `client` is from outside
    RECEIVED_TRACE_UNKNOWN, // a field does not say whom it is about, or there are too many
};

// All zero at first.
struct received_trace {
    enum received_trace_state state;
    unsigned seen;
    struct received_client client;
};

// Takes the value of the next Received field. A client in relay_networks, trusted_networks or a network that
// nobody outside can have (loopback, private, link-local) is a hop of ours: what it wrote itself, which is
// the next field, is looked at then. Any other is from outside, and wrote all that is below; so is who is
// behind a field that cannot be read: nothing after that counts.
void received_trace_add(struct received_trace *trace, const struct directory_snapshot *rows,
                        struct slice value);

#endif
