// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/away/heartbeat.h"

#include "base/counter.h"
#include "base/fault.h"
#include "io/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIRST_MS = 5000,
    INTERVAL_MS = 60000,
    WITHHELD_MS = 5000, // until the next look, so that the calls begin again soon
    DEADLINE_MS = 20000,
};

struct heartbeat {
    struct heartbeat_spec spec;
    struct loop_timer timer;
    struct transfer *transfer;
};

static struct counter beats = {.name = "emailgency_notifier_heartbeats_total",
                               .help = "Calls of heartbeat_url that were answered with a status of success."};

static struct fault unhealthy = {.name = "heartbeat-withheld",
                                 .text = "heartbeat_url is not called",
                                 .advice = "the dead man's switch is to notice it",
                                 .is_warning = true,
                                 .by_subject = true};
static struct fault unanswered = {.name = "heartbeat-unanswered",
                                  .text = "heartbeat_url does not answer as it should",
                                  .advice = "check the URL in notifier.conf, and the way there",
                                  .is_warning = true};

bool heartbeat_check_method(const char *value, struct problem *problem)
{
    if (strcmp(value, "GET") == 0 || strcmp(value, "POST") == 0)
        return true;
    return problem_set(problem, "heartbeat_method is neither GET nor POST");
}

static void on_end(const struct transfer_result *result, void *arg)
{
    struct heartbeat *heartbeat = arg;
    char status[40];
    heartbeat->transfer = NULL;
    if (result->end == TRANSFER_ANSWERED && result->status / 100 == 2) {
        counter_add(&beats, 1);
        fault_clear(&unanswered);
        return;
    }
    snprintf(status, sizeof status, "HTTP status %u", result->status);
    (void)fault_report(&unanswered, result->end == TRANSFER_ANSWERED ? status : result->error);
}

static void on_turn(void *arg)
{
    struct heartbeat *heartbeat = arg;
    const char *why = "";
    loop_timer_set(&heartbeat->timer, INTERVAL_MS);
    if (!heartbeat->spec.is_healthy(&why)) {
        (void)fault_report(&unhealthy, why);
        loop_timer_set(&heartbeat->timer, WITHHELD_MS);
        return;
    }
    fault_clear(&unhealthy);
    if (!heartbeat->transfer)
        heartbeat->transfer = transfer_start(heartbeat->spec.transfers,
                                             &(struct transfer_spec){.url = heartbeat->spec.url,
                                                                     .method = heartbeat->spec.method,
                                                                     .total_ms = DEADLINE_MS,
                                                                     .on_end = on_end,
                                                                     .arg = heartbeat});
}

struct heartbeat *heartbeat_create(struct event_base *base, const struct heartbeat_spec *spec)
{
    struct heartbeat *heartbeat = calloc(1, sizeof *heartbeat);
    if (!heartbeat)
        return NULL;
    heartbeat->spec = *spec;
    counter_register(&beats);
    fault_register(&unhealthy, 1, "emailgency_notifier_errors_total");
    fault_register(&unanswered, 1, "emailgency_notifier_errors_total");
    loop_timer_init(&heartbeat->timer, base, on_turn, heartbeat);
    loop_timer_set(&heartbeat->timer, FIRST_MS);
    return heartbeat;
}

void heartbeat_destroy(struct heartbeat *heartbeat)
{
    if (!heartbeat)
        return;
    if (heartbeat->transfer)
        transfer_cancel(heartbeat->transfer);
    loop_timer_finish(&heartbeat->timer);
    free(heartbeat);
}
