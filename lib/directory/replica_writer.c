// SPDX-License-Identifier: BSD-2-Clause
#include "directory/guard.h"
#include "directory/replica_writer_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define ROOM_BYTES (1 << 20) // a disk with less is full

// LMDB returns EIO for a partial write, which is what a disk does that becomes full.
static bool has_room(const struct replica_writer *writer)
{
    const int fd = open(writer->path, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    const int rc = fd < 0 ? 0 : posix_fallocate(fd, 0, ROOM_BYTES);
    if (fd >= 0)
        close(fd);
    return rc != ENOSPC && rc != EDQUOT;
}

static enum replica_writer_rc classify(const struct replica_writer *writer, int rc)
{
    if (rc == ENOSPC || rc == EDQUOT || rc == EFBIG || (rc == EIO && !has_room(writer)))
        return REPLICA_WRITER_NO_ROOM;
    return rc == MDB_MAP_FULL ? REPLICA_WRITER_FULL : REPLICA_WRITER_FAILED;
}

bool replica_writer_check(struct replica_writer *writer, int rc)
{
    if (rc == 0 || writer->status != REPLICA_WRITER_OK)
        return writer->status == REPLICA_WRITER_OK;
    (void)guard_found(rc);
    writer->status = classify(writer, rc);
    if (writer->status == REPLICA_WRITER_NO_ROOM)
        problem_set(&writer->problem, "no space left on the file system of %s", writer->path);
    else
        problem_set(&writer->problem, "%s: %s", writer->path, mdb_strerror(rc));
    return false;
}

enum replica_writer_rc replica_writer_status(const struct replica_writer *writer)
{
    return writer->status;
}

const char *replica_writer_problem(const struct replica_writer *writer)
{
    return writer->problem.text;
}

static bool open_tables(struct replica_writer *writer)
{
    for (unsigned i = 0; i < LAYOUT_TABLES && writer->status == REPLICA_WRITER_OK; i++)
        replica_writer_check(writer,
                             mdb_dbi_open(writer->txn, layout_table_name(i), MDB_CREATE, &writer->dbi[i]));
    return writer->status == REPLICA_WRITER_OK;
}

enum replica_writer_rc replica_writer_begin(struct replica_writer *writer)
{
    writer->status = REPLICA_WRITER_OK;
    if (!replica_writer_check(writer, mdb_txn_begin(writer->env, NULL, 0, &writer->txn)))
        writer->txn = NULL;
    else if (!open_tables(writer))
        replica_writer_abort(writer);
    return writer->status;
}

void replica_writer_abort(struct replica_writer *writer)
{
    if (writer->merge.cursor)
        mdb_cursor_close(writer->merge.cursor);
    writer->merge.cursor = NULL;
    if (writer->txn)
        mdb_txn_abort(writer->txn);
    writer->txn = NULL;
}

enum replica_writer_rc replica_writer_commit(struct replica_writer *writer)
{
    char layout[16];
    snprintf(layout, sizeof layout, "%d", DIRECTORY_LAYOUT);
    replica_writer_note(writer, LAYOUT_META_LAYOUT, slice_from(layout));
    if (writer->status != REPLICA_WRITER_OK) {
        replica_writer_abort(writer);
        return writer->status;
    }
    replica_writer_check(writer, mdb_txn_commit(writer->txn));
    writer->txn = NULL;
    if (writer->status == REPLICA_WRITER_OK) {
        replica_writer_extend(writer);
        replica_writer_trust(writer);
    }
    return writer->status;
}

void replica_writer_clear(struct replica_writer *writer)
{
    for (unsigned i = 0; i < LAYOUT_TABLES && writer->status == REPLICA_WRITER_OK; i++)
        replica_writer_check(writer, mdb_drop(writer->txn, writer->dbi[i], 0));
}

bool replica_writer_layout_current(struct replica_writer *writer)
{
    unsigned long long layout;
    return slice_number(replica_writer_noted(writer, LAYOUT_META_LAYOUT), UINT64_MAX, &layout) &&
           layout == DIRECTORY_LAYOUT;
}

void replica_writer_note(struct replica_writer *writer, const char *word, struct slice value)
{
    MDB_val k = layout_val(slice_from(word)), v = layout_val(value);
    if (writer->status == REPLICA_WRITER_OK)
        replica_writer_check(writer, mdb_put(writer->txn, writer->dbi[LAYOUT_META], &k, &v, 0));
}

struct slice replica_writer_noted(struct replica_writer *writer, const char *word)
{
    MDB_val k = layout_val(slice_from(word)), v;
    if (writer->status != REPLICA_WRITER_OK || mdb_get(writer->txn, writer->dbi[LAYOUT_META], &k, &v) != 0)
        return slice_make("", 0);
    return layout_slice(v);
}

void replica_writer_derive(struct replica_writer *writer, enum directory_kind kind, struct slice key,
                           struct slice value, bool put)
{
    union schema_row row;
    struct layout_derived derived;
    MDB_val k, v;
    if (!row_decode(kind, key, value, &row)) {
        replica_writer_check(writer, MDB_CORRUPTED);
        return;
    }
    if (!layout_derive(kind, &row, &derived))
        return;
    k = layout_val(layout_key_slice(&derived.key));
    v = layout_val(derived.value);
    const int rc = put ? mdb_put(writer->txn, writer->dbi[derived.table], &k, &v, 0)
                       : mdb_del(writer->txn, writer->dbi[derived.table], &k, NULL);
    replica_writer_check(writer, rc == MDB_NOTFOUND ? 0 : rc);
}

size_t replica_writer_count(struct replica_writer *writer, enum directory_kind kind)
{
    MDB_stat stat = {0};
    if (writer->status == REPLICA_WRITER_OK)
        replica_writer_check(writer, mdb_stat(writer->txn, writer->dbi[kind], &stat));
    return stat.ms_entries;
}

int replica_writer_check_readers(struct replica_writer *writer)
{
    int dead = 0;
    (void)mdb_reader_check(writer->env, &dead);
    return dead;
}

void replica_writer_usage(const struct replica_writer *writer, size_t *used, size_t *bound)
{
    MDB_envinfo info;
    MDB_stat stat;
    *used = *bound = 0;
    if (mdb_env_info(writer->env, &info) != 0 || mdb_env_stat(writer->env, &stat) != 0)
        return;
    *used = (info.me_last_pgno + 1) * stat.ms_psize;
    *bound = info.me_mapsize;
}
