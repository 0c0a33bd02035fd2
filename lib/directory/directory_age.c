// SPDX-License-Identifier: BSD-2-Clause
#include "directory/directory_age.h"

#include "base/clock.h"
#include "base/counter.h"

static struct counter age = {
    .help = "Seconds since the replica was last proved to be current; -1: never, or no replica.",
    .kind = COUNTER_GAUGE};

void directory_age_register(const char *name)
{
    age.name = name;
    counter_register(&age);
}

void directory_age_refresh(struct directory *directory)
{
    const struct directory_snapshot *rows;
    int64_t checked_at = 0;
    if (directory && directory_begin(directory, &rows) == DIRECTORY_OK) {
        checked_at = directory_checked_at(rows);
        directory_end(directory);
    }
    counter_set(&age, checked_at ? (double)(clock_wall() - checked_at) : -1);
}
