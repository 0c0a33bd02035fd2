// SPDX-License-Identifier: BSD-2-Clause
#include "console/console_metrics.h"

#include "base/counter.h"
#include "base/memory.h"

#include <stdlib.h>

static const int statuses[] = {200, 303, 400, 403, 404, 405, 422, 500, 503};
static const char *const status_words[] = {"200", "303", "400", "403", "404", "405", "422", "500", "503"};
static const char *const outcomes[] = {"ok",   "wrong", "captcha", "second",
                                       "busy", "away",  "expired", "other"};
static const char *const steps[] = {"login", "second"};

enum {
    STATUSES = sizeof statuses / sizeof *statuses,
    OUTCOMES = sizeof outcomes / sizeof *outcomes,
    STEPS = sizeof steps / sizeof *steps
};

static struct counter
    *requests; // STATUSES of each row, and of no row; registered when they are first counted
static struct counter logins[STEPS][OUTCOMES];
static struct histogram latency = {.name = "emailgency_console_request_seconds",
                                   .help = "Time from a request to its answer."};
static struct counter waiting_calls = {.name = "emailgency_console_waiting",
                                       .help = "Calls that wait for a connection to the database.",
                                       .kind = COUNTER_GAUGE};
static struct counter connected_now = {.name = "emailgency_console_database_connections",
                                       .help = "Connections to the database that are there.",
                                       .kind = COUNTER_GAUGE};

void console_metrics_register(void)
{
    requests = memory_or_exit(calloc((console_route_count + 1) * (size_t)STATUSES, sizeof *requests));
    for (unsigned step = 0; step < STEPS; step++)
        for (unsigned i = 0; i < OUTCOMES; i++) {
            logins[step][i] = (struct counter){.name = "emailgency_console_logins_total",
                                               .help = "Replies of emailgency-console-auth to log-ins.",
                                               .labels = {{"step", steps[step]}, {"outcome", outcomes[i]}}};
            counter_register(&logins[step][i]);
        }
    histogram_register(&latency);
    counter_register(&waiting_calls);
    counter_register(&connected_now);
}

// The first row with that pattern: a label value has one counter.
static size_t row_of(const struct console_route *route)
{
    size_t row = 0;
    while (row < console_route_count && !(route && strcmp(console_routes[row].pattern, route->pattern) == 0))
        row++;
    return row;
}

void console_metrics_request(const struct console_route *route, int status, int64_t microseconds)
{
    const size_t row = row_of(route);
    histogram_observe_us(&latency, microseconds);
    for (unsigned i = 0; i < STATUSES; i++) {
        struct counter *counter = &requests[row * STATUSES + i];
        if (statuses[i] != status)
            continue;
        if (!counter->name) {
            *counter = (struct counter){
                .name = "emailgency_console_requests_total",
                .help = "Requests that were answered, by the pattern of their path and the status.",
                .labels = {{"route", route ? route->pattern : "none"}, {"code", status_words[i]}}};
            counter_register(counter);
        }
        counter_add(counter, 1);
    }
}

void console_metrics_login(const char *verb, const char *outcome)
{
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned i = 0;
        if (strcmp(verb, steps[step]) != 0)
            continue;
        while (i < OUTCOMES - 1 && strcmp(outcome, outcomes[i]) != 0)
            i++;
        counter_add(&logins[step][i], 1);
    }
}

void console_metrics_refresh(unsigned waiting, unsigned connected)
{
    counter_set(&waiting_calls, waiting);
    counter_set(&connected_now, connected);
}
