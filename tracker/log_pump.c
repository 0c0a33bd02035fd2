// SPDX-License-Identifier: BSD-2-Clause
#include "tracker/log_pump.h"

static void take(struct log_pump *pump, struct slice text, int64_t position, struct log_pump_counts *counts)
{
    struct mail_line line;
    const bool is_new = position >= pump->replay_to;
    mail_line_parse(&pump->clock, text, &line);
    if (is_new) {
        counts->kinds[line.kind]++;
        if (line.kind > MAIL_LINE_OTHER && (pump->first_time < 0 || line.time < pump->first_time))
            pump->first_time = line.time;
        if (line.time > 0)
            pump->last_time = line.time;
        pump->lines++;
    }
    if (line.kind > MAIL_LINE_OTHER)
        join_take(pump->join, &line, position, is_new ? &pump->batch : NULL);
}

static void keep_part(struct log_pump *pump, struct slice text, int64_t position)
{
    const size_t len = text.len < LOG_FILE_LINE_MAX ? text.len : LOG_FILE_LINE_MAX;
    memcpy(pump->part, text.ptr, len);
    pump->part_len = len;
    pump->part_position = position;
}

// The line after one that was cut: the rest of it, if it has no head of its own.
static void take_after_part(struct log_pump *pump, struct slice text, int64_t position,
                            struct log_pump_counts *counts)
{
    struct log_head head;
    struct log_clock clock = pump->clock;
    const size_t len = text.len < LOG_FILE_LINE_MAX ? text.len : LOG_FILE_LINE_MAX;
    const bool is_rest = !log_head_parse(&clock, text, &head);
    if (is_rest) {
        memcpy(pump->part + pump->part_len, text.ptr, len);
        pump->part_len += len;
    }
    take(pump, slice_make(pump->part, pump->part_len), pump->part_position, counts);
    pump->part_len = 0;
    if (!is_rest)
        take(pump, text, position, counts);
}

enum log_pump_rc log_pump_run(struct log_pump *pump, size_t max, int64_t wall, int64_t mono_ms,
                              struct log_pump_counts *counts)
{
    struct slice text;
    int64_t position;
    pump->clock.now = wall;
    for (size_t taken = 0; taken < max; taken++) {
        // Once what was taken before is taken again, it counts as written.
        if (pump->replay_to > 0 && log_source_position(&pump->source) >= pump->replay_to &&
            pump->position < pump->replay_to) {
            join_seal(pump->join, NULL);
            pump->position = pump->replay_to;
        }
        switch (log_source_next(&pump->source, mono_ms, &text, &position)) {
        case LOG_FOLLOW_LINE:
            if (pump->part_len > 0)
                take_after_part(pump, text, position, counts);
            else
                take(pump, text, position, counts);
            break;
        case LOG_FOLLOW_PART:
            keep_part(pump, text, position);
            continue;
        case LOG_FOLLOW_GAP:
            counts->gaps++;
            continue;
        case LOG_FOLLOW_WAIT:
            return LOG_PUMP_WAIT;
        case LOG_FOLLOW_FAILED:
            return LOG_PUMP_FAILED;
        }
        if (log_source_position(&pump->source) > pump->replay_to)
            pump->position = log_source_position(&pump->source);
    }
    return LOG_PUMP_MORE;
}
