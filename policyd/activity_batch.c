// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/activity_batch.h"

#include <inttypes.h>
#include <stdlib.h>

struct activity_batch *activity_batch_create(const char *node, uint64_t seq)
{
    struct activity_batch *batch = calloc(1, sizeof *batch);
    if (!batch)
        return NULL;
    (void)slice_copy(slice_from(node), batch->node, sizeof batch->node);
    batch->seq = seq;
    return batch;
}

void activity_batch_destroy(struct activity_batch *batch)
{
    struct activity_entry *entry, *next;
    if (!batch)
        return;
    HASH_ITER(hh, batch->entries, entry, next)
    {
        HASH_DEL(batch->entries, entry);
        free(entry);
    }
    free(batch);
}

bool activity_batch_add(struct activity_batch *batch, struct slice key, uint64_t count)
{
    struct activity_entry *entry = NULL;
    if (key.len >= ACTIVITY_KEY_MAX)
        return false;
    HASH_FIND(hh, batch->entries, key.ptr, key.len, entry);
    if (!entry) {
        entry = calloc(1, sizeof *entry + key.len + 1);
        if (!entry)
            return false;
        memcpy(entry->key, key.ptr, key.len);
        HASH_ADD_KEYPTR(hh, batch->entries, entry->key, key.len, entry);
    }
    entry->count += count;
    return true;
}

unsigned activity_batch_count(const struct activity_batch *batch)
{
    return HASH_COUNT(batch->entries);
}

bool activity_batch_write(const struct activity_batch *batch, FILE *out)
{
    struct activity_entry *entry, *next;
    if (fprintf(out, "batch %s %" PRIu64 "\n", batch->node, batch->seq) < 0)
        return false;
    HASH_ITER(hh, batch->entries, entry, next)
    if (fprintf(out, "%s %" PRIu64 "\n", entry->key, entry->count) < 0)
        return false;
    return true;
}

static struct activity_batch *read_head(struct slice line)
{
    struct slice word, rest, node, number;
    unsigned long long seq = 0;
    char name[ACTIVITY_NODE_MAX];
    if (!slice_split(line, ' ', &word, &rest) || !slice_equal(word, SLICE("batch")) ||
        !slice_split(rest, ' ', &node, &number) || !slice_number(number, INT64_MAX, &seq) ||
        !slice_copy(node, name, sizeof name))
        return NULL;
    return activity_batch_create(name, seq);
}

static bool read_entry(struct slice line, struct activity_batch *batch)
{
    struct slice key, number, domain, rest, day, metric;
    unsigned long long count = 0;
    return batch && slice_split_last(line, ' ', &key, &number) && slice_number(number, INT64_MAX, &count) &&
           slice_split(key, ' ', &domain, &rest) && slice_split(rest, ' ', &day, &metric) && domain.len > 0 &&
           day.len == 10 && metric.len > 0 && activity_batch_add(batch, key, count);
}

unsigned activity_batch_read(FILE *in, struct activity_batch **list)
{
    char text[ACTIVITY_KEY_MAX + 32];
    unsigned bad = 0;
    struct activity_batch *batch = NULL;
    while (fgets(text, (int)sizeof text, in)) {
        const struct slice line = slice_make(text, strcspn(text, "\n"));
        struct activity_batch *fresh = read_head(line);
        if (fresh) {
            fresh->next = *list;
            *list = batch = fresh;
        } else if (!read_entry(line, batch)) {
            bad++;
        }
    }
    return bad;
}
