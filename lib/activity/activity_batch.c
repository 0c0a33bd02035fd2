// SPDX-License-Identifier: BSD-2-Clause
#include "activity/activity_batch.h"

#include "base/address.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

enum { ENTRY_BLANKS = 3 }; // in "DOMAIN DAY METRIC COUNT"

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
    entry = batch->entries;
    HASH_CLEAR(hh, batch->entries); // frees the table; the entries stay linked
    for (; entry; entry = next) {
        next = entry->hh.next;
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

// Printable ASCII without blanks.
static bool is_word(struct slice word)
{
    for (size_t i = 0; i < word.len; i++)
        if (word.ptr[i] <= ' ' || word.ptr[i] > '~')
            return false;
    return word.len > 0;
}

// "YYYY-MM-DD" of a day that there is, so that the database takes it.
static bool is_day(struct slice day)
{
    char text[CLOCK_DAY_MAX];
    struct tm parts = {.tm_mday = 0}, same;
    if (!slice_copy(day, text, sizeof text))
        return false;
    const char *end = strptime(text, "%Y-%m-%d", &parts);
    same = parts;
    return day.len == 10 && end && !*end && timegm(&same) != -1 && same.tm_mday == parts.tm_mday &&
           parts.tm_year >= 0;
}

static struct activity_batch *read_head(struct slice line)
{
    struct slice word, rest, node, number;
    unsigned long long seq = 0;
    char name[ACTIVITY_NODE_MAX];
    if (!slice_split(line, ' ', &word, &rest) || !slice_equal(word, SLICE("batch")) ||
        !slice_split(rest, ' ', &node, &number) || !slice_number(number, INT64_MAX, &seq) || !is_word(node) ||
        !slice_copy(node, name, sizeof name))
        return NULL;
    return activity_batch_create(name, seq);
}

static bool read_key(struct slice key)
{
    struct slice domain, rest, day, metric;
    return slice_split(key, ' ', &domain, &rest) && slice_split(rest, ' ', &day, &metric) &&
           address_domain_valid(domain) && is_day(day) && is_word(metric);
}

static bool read_entry(struct slice line, struct activity_batch *batch)
{
    struct slice key, number;
    unsigned long long count = 0;
    return batch && slice_split_last(line, ' ', &key, &number) &&
           slice_number(number, ACTIVITY_COUNT_MAX, &count) && read_key(key) &&
           activity_batch_add(batch, key, count);
}

static unsigned count_blanks(struct slice line)
{
    unsigned blanks = 0;
    for (size_t i = 0; i < line.len; i++)
        blanks += line.ptr[i] == ' ';
    return blanks;
}

unsigned activity_batch_read(FILE *in, struct activity_batch **list)
{
    char *text = NULL;
    size_t size = 0;
    unsigned bad = 0;
    struct activity_batch *batch = NULL;
    for (ssize_t got; (got = getline(&text, &size, in)) > 0;) {
        const bool ended = text[got - 1] == '\n';
        const struct slice line = slice_make(text, (size_t)got - (ended ? 1 : 0));
        struct activity_batch *fresh = ended ? read_head(line) : NULL;
        if (fresh) {
            fresh->next = *list;
            *list = batch = fresh;
        } else if (!ended || !read_entry(line, batch)) {
            bad++;
            if (count_blanks(line) != ENTRY_BLANKS)
                batch = NULL;
        }
    }
    free(text);
    return bad;
}
