// SPDX-License-Identifier: BSD-2-Clause
// A resolver on a loop of its own, asking dns_server.py. What fails in here fails the test.
#ifndef UNIT_DNS_RESOLVER_FIXTURE_H
#define UNIT_DNS_RESOLVER_FIXTURE_H

#include "dns_server.h"
#include "resolver/resolver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define WAIT_MS 600

extern struct dns_server server; // started by main

struct seen {
    unsigned calls;
    enum dns_rc rc;
    unsigned count;
    bool truncated;
    int64_t ttl;
    char data[4][DNS_TEXT_MAX + 1];
    size_t len[4];
    struct resolver_query *cancel; // in the callback
};

struct fixture {
    struct event_base *base;
    struct resolver *resolver;
    struct seen seen;
};

// A callback of the resolver's; `arg` is a struct seen.
void on_answer(const struct dns_answer *answer, void *arg);

// A resolver as `spec` says.
struct resolver *make(struct fixture *fixture, const struct resolver_spec *spec);
void unmake(struct fixture *fixture);

// cmocka's: one that waits WAIT_MS, keeps 100 names and asks for 20 at once; the server behaves.
int set_up(void **state);
int tear_down(void **state);

// Runs the loop until `seen` has that many calls.
void wait_for(struct fixture *fixture, const struct seen *seen, unsigned calls);

// Lets time pass for what is not to happen.
void wait_ms(struct fixture *fixture, int ms);

// Look a name up and wait for what comes, in fixture->seen.
const struct seen *ask(struct fixture *fixture, const char *name, enum dns_type type);
const struct seen *refresh(struct fixture *fixture, const char *name, enum dns_type type);

#endif
