// SPDX-License-Identifier: BSD-2-Clause
// A connection under test with what it called back, and a hand on the server that with_postgresql started.
#ifndef PG_PROBE_H
#define PG_PROBE_H

#include "pg/pg.h"

enum { PROBE_WAIT_MS = 20000, PROBE_OUTCOMES_MAX = 64 };

struct probe {
    struct event_base *base;
    struct pg *pg;
    char conninfo[256];
    unsigned ready, notified;
    char channel[64];
    unsigned rows;
    unsigned outcomes; // final ones
    enum pg_rc rc[PROBE_OUTCOMES_MAX];
    char state[6];   // SQLSTATE of the last error
    char value[256]; // first column of the last row
    void (*on_row)(struct probe *probe);
    void (*on_final)(struct probe *probe);
    void (*on_ready)(struct probe *probe);
};

void probe_open(struct probe *probe, int64_t timeout_ms);
// The same with another connection string.
void probe_open_conninfo(struct probe *probe, const char *conninfo, int64_t timeout_ms);
void probe_close(struct probe *probe);

void probe_send(struct probe *probe, const char *sql);
void probe_send_statement(struct probe *probe, struct pg_statement statement);

// Each runs the loop until its condition holds, and fails the test after PROBE_WAIT_MS.
void probe_until_ready(struct probe *probe, unsigned times);
void probe_until_outcomes(struct probe *probe, unsigned count);
void probe_until_notified(struct probe *probe, unsigned count);
void probe_run_ms(struct probe *probe, int ms);

// Sends, waits for the end, and gives the outcome.
enum pg_rc probe_ask(struct probe *probe, const char *sql);

int probe_postmaster(void);
void probe_start_server(void);

#endif
