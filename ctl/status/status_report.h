// SPDX-License-Identifier: BSD-2-Clause
// The state of a node: lines with a level, and numbers.
#ifndef CTL_STATUS_STATUS_REPORT_H
#define CTL_STATUS_STATUS_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

// The values are exit codes, as the Monitoring Plugins guidelines have them.
enum status_level { STATUS_OK, STATUS_WARNING, STATUS_CRITICAL, STATUS_UNKNOWN };

enum { STATUS_LINES_MAX = 48, STATUS_VALUES_MAX = 24 };

struct status_line {
    enum status_level level; // STATUS_UNKNOWN: this could not be looked at
    const char *check;       // "policyd", "replica"
    char says[512];
    const char *todo; // what to do; NULL: nothing
};

struct status_value {
    const char *name; // "replica_age"
    double value;
    const char *unit; // "s", "%" or ""
    char warning[24]; // the range that is right, as the guidelines write it: "60", "2:"; "": any
};

struct status_report {
    struct status_line lines[STATUS_LINES_MAX];
    size_t count;
    struct status_value values[STATUS_VALUES_MAX];
    size_t value_count;
};

// Adds a line; the last place is overwritten when all are taken.
void status_report_add(struct status_report *report, enum status_level level, const char *check,
                       const char *todo, const char *format, ...) __attribute__((format(printf, 5, 6)));

void status_report_value(struct status_report *report, const char *name, double value, const char *unit,
                         const char *warning);

// Returns whether a line of this check is not STATUS_OK.
bool status_report_raised(const struct status_report *report, const char *check);

// The worst level of all lines. What could not be looked at does not count, unless it is more than what is
// well: then nobody knows whether the node is.
enum status_level status_report_level(const struct status_report *report);

// "warning".
const char *status_level_word(enum status_level level);

// Three forms of it: a human-readable line per check; one JSON document; one line with performance data by
// the Monitoring Plugins guidelines. Each returns false if the stream failed or if out of memory.
bool status_print(const struct status_report *report, FILE *out) __attribute__((warn_unused_result));
bool status_print_json(const struct status_report *report, const char *version, FILE *out)
    __attribute__((warn_unused_result));
bool status_print_nagios(const struct status_report *report, FILE *out) __attribute__((warn_unused_result));

#endif
