// SPDX-License-Identifier: BSD-2-Clause
// Takes lines from the log into a batch, as many as fit.
#ifndef TRACKER_LOG_PUMP_H
#define TRACKER_LOG_PUMP_H

#include "tracker/join/join.h"
#include "tracker/log_source.h"

struct log_pump {
    struct log_source source;
    struct join *join;
    struct log_clock clock;
    struct trace_batch batch;
    int64_t position;  // after the last line that was taken
    int64_t replay_to; // lines before it are in the database
    size_t lines;      // since the last batch
    int64_t first_time, last_time;
    char part[LOG_FILE_LINE_MAX * 2]; // a line that a rotation cut
    size_t part_len;
    int64_t part_position;
};

struct log_pump_counts {
    uint64_t kinds[MAIL_LINE_KINDS];
    uint64_t gaps;
};

enum log_pump_rc {
    LOG_PUMP_MORE, // there are more lines
    LOG_PUMP_WAIT, // none for now
    LOG_PUMP_FAILED
};

// At most `max` lines.
enum log_pump_rc log_pump_run(struct log_pump *pump, size_t max, int64_t wall, int64_t mono_ms,
                              struct log_pump_counts *counts) __attribute__((warn_unused_result));

#endif
