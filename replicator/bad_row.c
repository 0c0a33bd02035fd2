// SPDX-License-Identifier: BSD-2-Clause
#include "replicator/bad_row.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/problem.h"
#include "base/slice_hash.h"
#include "replicator/replicator_stats.h"

#include <stdint.h>
#include <stdio.h>

#define REMEMBERED 256 // rows; the oldest is forgotten first
#define REMEMBER_S 86400

// Rows that were logged, by a hash of kind, key and reason: a collision costs one line.
static struct {
    uint64_t hash;
    int64_t until;
} logged[REMEMBERED];
static size_t logged_next;

static bool was_logged(uint64_t hash)
{
    for (size_t i = 0; i < REMEMBERED; i++) {
        if (logged[i].hash == hash && clock_wall() < logged[i].until)
            return true;
    }
    return false;
}

static void remember(uint64_t hash)
{
    logged[logged_next].hash = hash;
    logged[logged_next].until = clock_wall() + REMEMBER_S;
    logged_next = (logged_next + 1) % REMEMBERED;
}

// The counter of all such rows is replicator_stats.bad_rows; this one bounds the lines.
static struct fault invalid = {
    .name = "bad-row", .text = "invalid row skipped, its last valid form stays", .lines = BAD_ROW_LINES};

void bad_row_report(enum directory_kind kind, const struct slice *texts, const char *reason)
{
    const struct schema_kind *table = &schema_kinds[kind];
    struct slice second = table->key_fields == 2 ? texts[1] : slice_make(NULL, 0);
    char subject[(size_t)3 * LOG_VALUE_MAX + 64];
    const uint64_t hash = slice_hash(slice_from(reason), slice_hash(second, slice_hash(texts[0], kind)));
    counter_add(&replicator_stats.bad_rows, 1);
    if (was_logged(hash))
        return;
    snprintf(subject, sizeof subject, "kind=%s key=%s%s%s reason=%s", table->name, log_value(texts[0]).text,
             second.len ? " second=" : "", second.len ? log_value(second).text : "",
             log_value(slice_from(reason)).text);
    if (fault_report(&invalid, subject))
        remember(hash);
}
