// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/trend/queue_trend.h"

#include <stdlib.h>
#include <string.h>
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

enum { EXPIRY_MARGIN = 86400 };

struct entry {
    UT_hash_handle hh;
    int64_t oldest;
    size_t len;
    char name[];
};

struct queue_trend {
    struct entry *before, *now;
    bool comparable; // `before` is complete
    bool failed;     // out of memory
};

bool queue_trend_left(int64_t before, int64_t after, bool emptied, int64_t now, int64_t lifetime)
{
    if (before == QUEUE_TREND_UNKNOWN || before > now || now - before >= lifetime - EXPIRY_MARGIN)
        return false;
    return emptied || after > before;
}

struct queue_trend *queue_trend_create(void)
{
    return calloc(1, sizeof(struct queue_trend));
}

static void clear(struct entry **entries)
{
    struct entry *next, *entry = *entries;
    HASH_CLEAR(hh, *entries);
    for (; entry; entry = next) {
        next = entry->hh.next;
        free(entry);
    }
}

void queue_trend_destroy(struct queue_trend *trend)
{
    if (!trend)
        return;
    clear(&trend->before);
    clear(&trend->now);
    free(trend);
}

static struct entry *find(struct entry *entries, const char *name, size_t len)
{
    struct entry *entry;
    HASH_FIND(hh, entries, name, len, entry);
    return entry;
}

void queue_trend_add(struct queue_trend *trend, struct slice domain, int64_t oldest)
{
    if (find(trend->now, domain.ptr, domain.len))
        return;
    struct entry *entry = malloc(sizeof *entry + domain.len);
    if (!entry) {
        trend->failed = true;
        return;
    }
    *entry = (struct entry){.oldest = oldest, .len = domain.len};
    memcpy(entry->name, domain.ptr, domain.len);
    HASH_ADD_KEYPTR(hh, trend->now, entry->name, entry->len, entry);
    if (!entry->hh.tbl) {
        free(entry);
        trend->failed = true;
    }
}

void queue_trend_end(struct queue_trend *trend, bool complete, int64_t now, int64_t lifetime,
                     void (*on_left)(struct slice domain, void *arg), void *arg)
{
    complete = complete && !trend->failed;
    for (const struct entry *entry = complete && trend->comparable ? trend->before : NULL; entry;
         entry = entry->hh.next) {
        const struct entry *later = find(trend->now, entry->name, entry->len);
        if (queue_trend_left(entry->oldest, later ? later->oldest : QUEUE_TREND_UNKNOWN, !later, now,
                             lifetime))
            on_left(slice_make(entry->name, entry->len), arg);
    }
    clear(&trend->before);
    trend->before = trend->now;
    trend->now = NULL;
    trend->comparable = complete;
    trend->failed = false;
}
