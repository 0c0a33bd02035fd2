// SPDX-License-Identifier: BSD-2-Clause
#include "replicator/row_merge.h"

#include "directory/row.h"
#include "replicator/bad_row.h"

void row_merge_begin(struct row_merge *feed, struct writer *writer, enum directory_kind kind,
                     const struct slice *keys, size_t count)
{
    *feed = (struct row_merge){.writer = writer, .kind = kind, .keys = keys, .count = count};
    if (!keys) {
        writer_merge_begin(writer, kind, NULL);
        feed->open = true;
    }
}

void row_merge_begin_after(struct row_merge *feed, struct writer *writer, enum directory_kind kind,
                           struct slice first, struct slice second)
{
    *feed = (struct row_merge){.writer = writer, .kind = kind, .open = true};
    writer_merge_after(writer, kind, first, second);
}

static void add_merged(struct row_merge *feed, struct writer_merged merged)
{
    feed->merged.kept += merged.kept;
    feed->merged.written += merged.written;
    feed->merged.deleted += merged.deleted;
    feed->open = false;
}

static void close_group(struct row_merge *feed)
{
    add_merged(feed, writer_merge_end(feed->writer));
}

static void pass_key(struct row_merge *feed)
{
    if (!feed->open)
        writer_merge_begin(feed->writer, feed->kind, &feed->keys[feed->next]);
    close_group(feed);
    feed->next++;
}

// The row's key as a change names it; what is too long is no key that was asked for.
static struct slice name_key(struct row_merge *feed, const struct slice *texts)
{
    struct row_key *named = &feed->named;

    if (schema_kinds[feed->kind].change_fields == 1)
        return texts[0];
    if (!row_key_of(feed->kind, texts[0], texts[1], named))
        return slice_make("", 0);
    named->bytes[texts[0].len] = ' ';
    return slice_make(named->bytes, named->len);
}

// Returns false for a row of a key that was not asked for.
static bool open_group(struct row_merge *feed, struct slice key)
{
    if (!feed->keys)
        return true;
    while (feed->next < feed->count && slice_compare(feed->keys[feed->next], key) < 0)
        pass_key(feed);
    if (feed->next == feed->count || !slice_equal(feed->keys[feed->next], key))
        return false;
    if (!feed->open)
        writer_merge_begin(feed->writer, feed->kind, &feed->keys[feed->next]);
    feed->open = true;
    return true;
}

void row_merge_row(struct row_merge *feed, const struct slice *texts)
{
    union schema_row row;
    char reason[BAD_ROW_REASON_MAX];

    if (!open_group(feed, name_key(feed, texts)))
        return;
    if (row_parse(feed->kind, texts, &row, reason, sizeof(reason))) {
        writer_merge_row(feed->writer, &row);
        return;
    }
    feed->bad++;
    bad_row_report(feed->kind, texts, reason);
    writer_merge_keep(feed->writer, texts[0], texts[1]);
}

void row_merge_end(struct row_merge *feed)
{
    if (!feed->keys)
        close_group(feed);
    while (feed->next < feed->count)
        pass_key(feed);
}

void row_merge_stop(struct row_merge *feed)
{
    add_merged(feed, writer_merge_stop(feed->writer));
}
