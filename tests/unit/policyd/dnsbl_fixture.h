// SPDX-License-Identifier: BSD-2-Clause
// Rows in a replica, dns_server.py, a resolver and the lists on one loop. What fails in here fails the test.
#ifndef UNIT_POLICYD_DNSBL_FIXTURE_H
#define UNIT_POLICYD_DNSBL_FIXTURE_H

#include "dns_server.h"
#include "policyd/dnsbl/dnsbl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define WAIT_MS 500 // of the resolver; a check has twice that

extern struct dns_server server; // started by main
extern struct dnsbl *dnsbl;      // a test may destroy it and set NULL

struct seen {
    unsigned calls;
    struct dnsbl_result result;
};

// cmocka's.
int set_up(void **state);
int tear_down(void **state);

// Replaces the rows; the form is that of rows.h.
void set_rows(const char *text);

// Begins a check; its result goes to `seen`.
struct dnsbl_check *start(const char *client, struct seen *seen);
void wait_for(struct seen *seen);

// Begins a check and waits for its result.
struct dnsbl_result ask(const char *client);

// Lets time pass.
void wait_ms(int ms);

// Returns whether the metrics hold that text.
bool counter_shows(const char *text);

#endif
