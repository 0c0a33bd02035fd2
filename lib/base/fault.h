// SPDX-License-Identifier: BSD-2-Clause
// A fault that may occur many times per second: each time is counted, and logged in one line with what to do,
// at a bounded rate (as Postfix's src/util/msg_rate_delay.c). Any thread may report.
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include "base/counter.h"

#include <stdbool.h>
#include <stddef.h>

// The line is "TEXT: SUBJECT; ADVICE", and ends in " not_logged=N" after N times that were not logged.
struct fault {
    const char *name;    // the counter's label value, such as "no-directory"
    const char *text;    // the fault and its effect
    const char *advice;  // an action for the operator; NULL: none
    bool is_warning;     // else an error
    bool by_subject;     // another subject than the last is logged too, up to 20 lines in this time
    unsigned lines;      // at most so many lines …
    int64_t interval_ms; // … in this time; 0: one line, 60 s
    // ---- of fault.c alone
    struct counter counter;
    uint64_t subject; // a hash of the last that was logged
    int64_t until;    // clock_mono_ms: the end of the interval; 0: none
    unsigned logged, not_logged;
};

// Registers the counter of each: `family`, a name that ends in "_errors_total", with the label "error". May
// be called for one family from several places.
void fault_register(struct fault *faults, size_t count, const char *family);

// Counts it, and logs it where the rate permits. `subject` is printable text, such as log_value makes; NULL:
// none. Returns whether it was logged.
bool fault_report(struct fault *fault, const char *subject);

// The fault is over: the next report is logged, as the first of another one.
void fault_clear(struct fault *fault);

#endif
