// SPDX-License-Identifier: BSD-2-Clause
#include "directory/replica_writer_internal.h"

static bool in_scope(const struct replica_writer_merge *merge, struct slice key)
{
    if (!merge->grouped)
        return true;
    if (merge->exact)
        return slice_equal(key, layout_key_slice(&merge->prefix));
    return layout_starts_with(key, &merge->prefix);
}

static void note_place(struct replica_writer *writer, int rc, MDB_val key)
{
    struct replica_writer_merge *merge = &writer->merge;
    merge->done = rc != 0 || !in_scope(merge, layout_slice(key));
    if (rc != MDB_NOTFOUND)
        replica_writer_check(writer, rc);
}

// The cursor is on the first stored row that was not yet compared. A write moves pages under it, so it is set
// again after each one: to the row at or, with `after`, after a key.
static void seek(struct replica_writer *writer, struct slice at, bool after)
{
    MDB_cursor *cursor = writer->merge.cursor;
    MDB_val k = layout_val(at), v;
    int rc = mdb_cursor_get(cursor, &k, &v, at.len > 0 ? MDB_SET_RANGE : MDB_FIRST);
    if (!rc && after && slice_equal(layout_slice(k), at))
        rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
    note_place(writer, rc, k);
}

static void step(struct replica_writer *writer)
{
    MDB_val k = {0, NULL}, v;
    const int rc = mdb_cursor_get(writer->merge.cursor, &k, &v, MDB_NEXT);
    note_place(writer, rc, k);
}

static bool stored(struct replica_writer *writer, struct slice *key, struct slice *value)
{
    MDB_val k, v;
    if (writer->merge.done || writer->status != REPLICA_WRITER_OK ||
        !replica_writer_check(writer, mdb_cursor_get(writer->merge.cursor, &k, &v, MDB_GET_CURRENT)))
        return false;
    // LMDB stores no longer key, so a longer one is damage.
    if (k.mv_size > ROW_KEY_MAX) {
        (void)replica_writer_check(writer, MDB_CORRUPTED);
        return false;
    }
    *key = layout_slice(k);
    *value = layout_slice(v);
    return true;
}

static void delete_stored(struct replica_writer *writer, struct slice key, struct slice value)
{
    struct replica_writer_merge *merge = &writer->merge;
    struct row_key gone = {.len = key.len};
    memcpy(gone.bytes, key.ptr, key.len);
    replica_writer_derive(writer, merge->kind, key, value, false);
    if (!replica_writer_check(writer, mdb_cursor_del(merge->cursor, 0)))
        return;
    merge->merged.deleted++;
    seek(writer, layout_key_slice(&gone), false);
}

// Deletes the stored rows before `key`. Returns whether the next one has exactly that key.
static bool advance(struct replica_writer *writer, struct slice key, struct slice *value)
{
    struct slice other;
    while (stored(writer, &other, value)) {
        const int order = slice_compare(other, key);
        if (order >= 0)
            return order == 0;
        delete_stored(writer, other, *value);
    }
    return false;
}

// Appending to what is empty or ends before `key` fills pages to the brim, which halves a first load.
static bool append(struct replica_writer *writer, MDB_val *k, MDB_val *v)
{
    struct replica_writer_merge *merge = &writer->merge;
    if (!merge->append || !merge->done)
        return false;
    const int rc = mdb_put(writer->txn, writer->dbi[merge->kind], k, v, MDB_APPEND);
    merge->append = rc != MDB_KEYEXIST;
    return merge->append && replica_writer_check(writer, rc);
}

static void put(struct replica_writer *writer, enum directory_kind kind, struct slice key, struct slice value)
{
    MDB_val k = layout_val(key), v = layout_val(value), old;
    if (!append(writer, &k, &v) && writer->status == REPLICA_WRITER_OK) {
        if (mdb_get(writer->txn, writer->dbi[kind], &k, &old) == 0)
            replica_writer_derive(writer, kind, key, layout_slice(old), false);
        if (writer->status == REPLICA_WRITER_OK)
            replica_writer_check(writer, mdb_put(writer->txn, writer->dbi[kind], &k, &v, 0));
    }
    if (writer->status == REPLICA_WRITER_OK)
        replica_writer_derive(writer, kind, key, value, true);
}

void replica_writer_put(struct replica_writer *writer, enum directory_kind kind, const union schema_row *row)
{
    struct row_value value;
    struct row_key key;
    if (writer->status != REPLICA_WRITER_OK)
        return;
    if (!row_key(kind, row, &key) || !row_encode(kind, row, &value)) {
        replica_writer_check(writer, MDB_BAD_VALSIZE);
        return;
    }
    writer->merge.append = false;
    put(writer, kind, layout_key_slice(&key), slice_make(value.bytes, value.len));
}

static bool open_cursor(struct replica_writer *writer)
{
    struct replica_writer_merge *merge = &writer->merge;
    return writer->status == REPLICA_WRITER_OK &&
           replica_writer_check(writer,
                                mdb_cursor_open(writer->txn, writer->dbi[merge->kind], &merge->cursor));
}

// The key or key prefix that a change names. False if it is too long to be stored.
static bool group_key(enum directory_kind kind, struct slice group, struct row_key *out)
{
    const struct schema_kind *table = &schema_kinds[kind];
    struct slice first = group, second = {"", 0};
    if (table->key_fields > table->change_fields)
        return layout_prefix(group, out);
    if (table->change_fields == 2)
        slice_split(group, ' ', &first, &second);
    return row_key_of(kind, first, second, out);
}

void replica_writer_merge_begin(struct replica_writer *writer, enum directory_kind kind,
                                const struct slice *group)
{
    struct replica_writer_merge *merge = &writer->merge;
    const struct schema_kind *table = &schema_kinds[kind];
    bool fits = true;
    *merge = (struct replica_writer_merge){.kind = kind,
                                           .grouped = group != NULL,
                                           .exact = table->key_fields == table->change_fields,
                                           .append = group == NULL};
    if (group)
        fits = group_key(kind, *group, &merge->prefix);
    merge->done = !fits; // nothing that long is stored
    if (open_cursor(writer) && fits)
        seek(writer, layout_key_slice(&merge->prefix), false);
}

void replica_writer_merge_after(struct replica_writer *writer, enum directory_kind kind, struct slice first,
                                struct slice second)
{
    struct row_key key = {.len = 0};
    writer->merge = (struct replica_writer_merge){.kind = kind, .append = true};
    if (first.len > 0 && !row_key_of(kind, first, second, &key))
        replica_writer_check(writer, MDB_BAD_VALSIZE);
    if (open_cursor(writer))
        seek(writer, layout_key_slice(&key), true);
}

// Puts a new or changed row and finds the place again; a row may come out of order, and then the row at the
// cursor stays.
static void replace(struct replica_writer *writer, struct slice key, struct slice value)
{
    struct replica_writer_merge *merge = &writer->merge;
    struct slice front, ignored;
    struct row_key place = {.len = 0};
    if (stored(writer, &front, &ignored)) {
        memcpy(place.bytes, front.ptr, front.len);
        place.len = front.len;
    }
    merge->merged.written++;
    put(writer, merge->kind, key, value);
    if (!merge->done && writer->status == REPLICA_WRITER_OK) {
        front = layout_key_slice(&place);
        seek(writer, front, slice_equal(front, key));
    }
}

void replica_writer_merge_row(struct replica_writer *writer, const union schema_row *row)
{
    struct replica_writer_merge *merge = &writer->merge;
    struct row_value value;
    struct row_key key;
    struct slice new_value, old_value;
    if (writer->status != REPLICA_WRITER_OK)
        return;
    if (!row_key(merge->kind, row, &key) || !row_encode(merge->kind, row, &value)) {
        replica_writer_check(writer, MDB_BAD_VALSIZE);
        return;
    }
    new_value = slice_make(value.bytes, value.len);
    if (advance(writer, layout_key_slice(&key), &old_value) && slice_equal(old_value, new_value)) {
        merge->merged.kept++;
        step(writer);
    } else if (writer->status == REPLICA_WRITER_OK) {
        replace(writer, layout_key_slice(&key), new_value);
    }
}

void replica_writer_merge_keep(struct replica_writer *writer, struct slice first, struct slice second)
{
    struct replica_writer_merge *merge = &writer->merge;
    struct row_key key;
    struct slice ignored;
    if (row_key_of(merge->kind, first, second, &key) && advance(writer, layout_key_slice(&key), &ignored)) {
        merge->merged.kept++;
        step(writer);
    }
}

struct replica_writer_merged replica_writer_merge_stop(struct replica_writer *writer)
{
    struct replica_writer_merge *merge = &writer->merge;
    if (merge->cursor)
        mdb_cursor_close(merge->cursor);
    merge->cursor = NULL;
    return merge->merged;
}

struct replica_writer_merged replica_writer_merge_end(struct replica_writer *writer)
{
    struct slice key, value;
    while (stored(writer, &key, &value))
        delete_stored(writer, key, value);
    return replica_writer_merge_stop(writer);
}
