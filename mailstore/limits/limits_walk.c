// SPDX-License-Identifier: BSD-2-Clause
#include "mailstore/limits/limits_walk.h"

#include "base/address.h"
#include "base/clock.h"
#include "base/counter.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/slice_hash.h"
#include "io/loop.h"
#include "mailstore/limits/limits_file.h"
#include "mailstore/limits/limits_line.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TURN_ROWS = 2000,
    TURN_MS = 2,   // between two turns of a walk
    IDLE_MS = 200, // between two looks at the version
    SHARE = 20     // walks take at most one part in so many of the time
};

struct shard {
    char *text;
    size_t len, size;
    uint64_t written; // hash of what the file has; 0: not known
};

struct limits_walk {
    struct directory *directory;
    const char *folder;
    struct loop_timer timer;
    uint64_t version; // of the rows when the latest walk began
    bool walking, failed;
    int64_t begun, due; // clock_mono_ms
    char at[ADDRESS_MAX + 1];
    struct shard shards[LIMITS_SHARDS];
};

static struct counter walks = {.name = "emailgency_keeper_limits_walks_total",
                               .help = "Walks over all mailboxes after a change of the replica."};
static struct counter files = {.name = "emailgency_keeper_limits_files_written_total",
                               .help = "Files of quotas that were written for Dovecot."};
static struct fault unwritten = {
    .name = "limits",
    .text = "the quotas of mailboxes cannot be written, so Dovecot applies older ones",
    .advice = "check limits_directory in keeper.conf: its owner, and free space",
    .interval_ms = 60000};

static void add(struct limits_walk *walk, unsigned number, struct slice line)
{
    struct shard *shard = &walk->shards[number];
    if (shard->len + line.len > shard->size) {
        const size_t size = 2 * shard->size + 4096;
        char *longer = realloc(shard->text, size);
        if (!longer) {
            walk->failed = true;
            return;
        }
        shard->text = longer;
        shard->size = size;
    }
    memcpy(shard->text + shard->len, line.ptr, line.len);
    shard->len += line.len;
}

static void add_mailbox(struct limits_walk *walk, const struct directory_snapshot *rows,
                        const struct mailbox_row *mailbox)
{
    char line[LIMITS_LINE_MAX];
    unsigned shard;
    struct domain_row domain;
    struct plan_row plan;
    if (directory_domain(rows, mailbox->domain, &domain) != DIRECTORY_OK ||
        directory_plan(rows, domain.plan, &plan) != DIRECTORY_OK)
        return;
    const size_t len = limits_line(mailbox, &plan, line, &shard);
    if (len > 0)
        add(walk, shard, slice_make(line, len));
}

static void begin(struct limits_walk *walk, uint64_t version)
{
    walk->walking = true;
    walk->failed = false;
    walk->version = version;
    walk->begun = clock_mono_ms();
    walk->at[0] = '\0';
    for (unsigned i = 0; i < LIMITS_SHARDS; i++)
        walk->shards[i].len = 0;
}

static void write_shards(struct limits_walk *walk)
{
    for (unsigned i = 0; i < LIMITS_SHARDS; i++) {
        struct shard *shard = &walk->shards[i];
        const struct slice text = slice_make(shard->text ? shard->text : "", shard->len);
        const uint64_t hash = slice_hash(text, 0) | 1;
        if (hash == shard->written)
            continue;
        if (!limits_file_write(walk->folder, i, text)) {
            walk->failed = true;
            (void)fault_report(&unwritten, log_value(slice_from(strerrordesc_np(errno))).text);
            return;
        }
        shard->written = hash;
        counter_add(&files, 1);
    }
    fault_clear(&unwritten);
}

static void end(struct limits_walk *walk)
{
    walk->walking = false;
    if (!walk->failed)
        write_shards(walk);
    if (walk->failed)
        walk->version = 0; // again
    const int64_t now = clock_mono_ms();
    walk->due = now + (walk->failed ? 5000 : (now - walk->begun) * SHARE);
    counter_add(&walks, 1);
}

// Returns whether the walk is at its end. An unreadable replica ends it without effect.
static bool take_turn(struct limits_walk *walk, const struct directory_snapshot *rows)
{
    struct mailbox_row mailbox = {.address = slice_from(walk->at)};
    enum directory_rc rc = DIRECTORY_OK;
    for (unsigned i = 0; i < TURN_ROWS && rc == DIRECTORY_OK; i++) {
        rc = directory_mailbox_after(rows, mailbox.address, &mailbox);
        if (rc == DIRECTORY_OK)
            add_mailbox(walk, rows, &mailbox);
    }
    if (rc == DIRECTORY_OK)
        return !slice_copy(mailbox.address, walk->at, sizeof walk->at);
    walk->failed = walk->failed || rc == DIRECTORY_UNAVAILABLE;
    return true;
}

static void on_tick(void *arg)
{
    struct limits_walk *walk = arg;
    const struct directory_snapshot *rows;
    bool at_end = false;
    if (directory_begin(walk->directory, &rows) == DIRECTORY_OK) {
        const uint64_t version = directory_version(rows);
        if (!walk->walking && version != walk->version && clock_mono_ms() >= walk->due)
            begin(walk, version);
        if (walk->walking)
            at_end = take_turn(walk, rows);
        directory_end(walk->directory);
    } else if (walk->walking) {
        walk->failed = at_end = true;
    }
    if (at_end)
        end(walk);
    loop_timer_set(&walk->timer, walk->walking ? TURN_MS : IDLE_MS);
}

struct limits_walk *limits_walk_create(struct event_base *base, struct directory *directory,
                                       const char *folder)
{
    struct limits_walk *walk = calloc(1, sizeof *walk);
    if (!walk)
        return NULL;
    walk->directory = directory;
    walk->folder = folder;
    counter_register(&walks);
    counter_register(&files);
    fault_register(&unwritten, 1, "emailgency_keeper_errors_total");
    limits_file_clean(folder);
    loop_timer_init(&walk->timer, base, on_tick, walk);
    loop_timer_set(&walk->timer, 0);
    return walk;
}

void limits_walk_destroy(struct limits_walk *walk)
{
    if (!walk)
        return;
    loop_timer_finish(&walk->timer);
    for (unsigned i = 0; i < LIMITS_SHARDS; i++)
        free(walk->shards[i].text);
    free(walk);
}
