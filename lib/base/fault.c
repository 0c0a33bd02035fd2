// SPDX-License-Identifier: BSD-2-Clause
#include "base/fault.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/slice_hash.h"

#include <pthread.h>

enum { INTERVAL_MS = 60000, SUBJECT_LINES = 20 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; // of the rates

void fault_register(struct fault *faults, size_t count, const char *family)
{
    for (size_t i = 0; i < count; i++) {
        struct counter *counter = &faults[i].counter;
        counter->name = family;
        counter->help = "Errors by kind; the log says what to do.";
        counter->labels[0] = (struct counter_label){"error", faults[i].name};
        counter_register(counter);
    }
}

// Returns whether to log, and how many times were not logged before.
static bool take_turn(struct fault *fault, const char *subject, unsigned *not_logged)
{
    const int64_t now = clock_mono_ms();
    const uint64_t hash = slice_hash(slice_from(subject), 0);
    const bool is_other = fault->by_subject && hash != fault->subject;
    const unsigned lines = is_other ? SUBJECT_LINES : fault->lines ? fault->lines : 1;
    if (now >= fault->until) {
        fault->until = now + (fault->interval_ms ? fault->interval_ms : INTERVAL_MS);
        fault->logged = 0;
    }
    if (fault->logged >= lines) {
        fault->not_logged++;
        return false;
    }
    *not_logged = fault->not_logged;
    fault->not_logged = 0;
    fault->subject = hash;
    fault->logged++;
    return true;
}

static void write_line(const struct fault *fault, const char *subject, unsigned not_logged)
{
    const char *advice = fault->advice;
    char end[40] = "";
    if (not_logged > 0)
        snprintf(end, sizeof end, " not_logged=%u", not_logged);
    (fault->is_warning ? log_warn : log_error)("%s%s%s%s%s%s", fault->text, *subject ? ": " : "", subject,
                                               advice ? "; " : "", advice ? advice : "", end);
}

bool fault_report(struct fault *fault, const char *subject)
{
    const char *shown = subject ? subject : "";
    unsigned not_logged = 0;
    counter_add(&fault->counter, 1);
    pthread_mutex_lock(&lock);
    const bool is_logged = take_turn(fault, shown, &not_logged);
    pthread_mutex_unlock(&lock);
    if (is_logged)
        write_line(fault, shown, not_logged);
    return is_logged;
}

void fault_clear(struct fault *fault)
{
    pthread_mutex_lock(&lock);
    fault->until = 0;
    fault->not_logged = 0; // they were of the fault that is over
    pthread_mutex_unlock(&lock);
}
