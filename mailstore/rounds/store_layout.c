// SPDX-License-Identifier: BSD-2-Clause
#include "mailstore/rounds/store_layout.h"

#include "base/clock.h"
#include "base/counter.h"
#include "base/fault.h"
#include "base/log.h"

#include <string.h>

enum { PROVED_MS = 2000 }; // Dovecot starts a process per command

static struct counter differs = {
    .name = "emailgency_keeper_dovecot_differs",
    .help = "1 while Dovecot has another release's configuration of the store than the keeper needs.",
    .kind = COUNTER_GAUGE};
static struct fault other = {
    .name = "layout",
    .text = "Dovecot has the mail store's configuration of another release, so no mail is deleted or moved",
    .advice = "copy emailgency-store.conf of this release to /etc/dovecot again, and reload Dovecot",
    .interval_ms = 3600000};

static int64_t proved_until; // clock_mono_ms

void store_layout_register(void)
{
    counter_register(&differs);
    fault_register(&other, 1, "emailgency_keeper_errors_total");
}

bool store_layout_proved(void)
{
    return clock_mono_ms() < proved_until;
}

struct doveadm_request store_layout_request(const char *user, const char *mask[2])
{
    // All fields: doveadm-server 2.3.19 dies of a question for one that the user has not.
    mask[0] = user;
    mask[1] = NULL;
    return (struct doveadm_request){.command = DOVEADM_USER, .folders = mask};
}

bool store_layout_is_right(const struct doveadm_answer *answer)
{
    char why[100];
    const char *layout = doveadm_answer_text(answer, 0, "emailgency_layout");
    if (answer->end != DOVEADM_OK)
        return false;
    if (strcmp(layout, STORE_LAYOUT) == 0) {
        proved_until = clock_mono_ms() + PROVED_MS;
        counter_set(&differs, 0);
        fault_clear(&other);
        return true;
    }
    snprintf(why, sizeof why, "emailgency_layout=%.40s wanted=%s", log_value(slice_from(layout)).text,
             STORE_LAYOUT);
    counter_set(&differs, 1);
    (void)fault_report(&other, why);
    return false;
}
