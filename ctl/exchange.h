// SPDX-License-Identifier: BSD-2-Clause
// Short questions to servers on this host, all at once, within one deadline: a request is sent, and the reply
// read. libevent's evhttp client does not support Unix sockets, so its bufferevents do it.
#ifndef CTL_EXCHANGE_H
#define CTL_EXCHANGE_H

#include "ctl/status/status_facts.h"

struct bufferevent;

struct exchange {
    const char *address;   // as io/socket_address.h takes it
    struct slice request;  // what is sent
    size_t enough;         // bytes of the reply after which it is complete; 0: the server closes
    enum status_answer rc; // never STATUS_NO_ADDRESS
    char *reply;           // what was read, on the heap; NULL: nothing
    size_t len;
    // ---- of exchange.c alone
    struct exchange_round *round;
    struct bufferevent *event;
};

// Runs all of them, for at most `wait_ms`; those that are pending then are STATUS_SILENT.
void exchange_run(struct exchange *exchanges, size_t count, int wait_ms);

// Frees the replies.
void exchange_finish(struct exchange *exchanges, size_t count);

// The body of the reply to a request by HTTP; STATUS_GARBLED unless that is 200.
struct slice exchange_http_body(struct exchange *exchange);

#endif
