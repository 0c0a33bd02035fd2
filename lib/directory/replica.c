// SPDX-License-Identifier: BSD-2-Clause
#include "directory/replica.h"

#include "directory/damage.h"
#include "directory/guard.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool stat_file(const char *path, const char *name, struct stat *out)
{
    char file[4096];
    if ((size_t)snprintf(file, sizeof file, "%s/%s", path, name) >= sizeof file) {
        errno = ENAMETOOLONG;
        return false;
    }
    return stat(file, out) == 0;
}

// LMDB makes the files it misses, and a reader must not own the writer's.
static bool find_files(struct replica *replica, const char *path, struct problem *problem)
{
    struct stat data, lock;
    if (stat_file(path, "data.mdb", &data) && stat_file(path, "lock.mdb", &lock)) {
        replica->device = data.st_dev;
        replica->inode = data.st_ino;
        replica->lock_inode = lock.st_ino;
        return true;
    }
    if (errno == ENOENT)
        problem_set(problem, "no replica in %s yet: is emailgency-replicator running?", path);
    else
        problem_set(problem, "cannot look into %s: %s", path, strerror(errno));
    return false;
}

// The replicator notices this damage itself: a wrong size at once, the rest by reading the whole file.
static bool is_whole(const char *path, struct problem *problem)
{
    struct problem reason;
    const enum damage_rc rc = damage_look(path, &reason);
    if (rc != DAMAGE_FOUND && rc != DAMAGE_SHORT)
        return true;
    problem_set(problem,
                "the replica in %s is damaged (%s): emailgency-replicator loads it again, see that it runs",
                path, reason.text);
    return false;
}

static void describe(int rc, const char *path, struct problem *problem)
{
    const char *advice = "";
    if (rc == EACCES || rc == EPERM)
        advice = ": this user must be in the group of that folder";
    else if (rc == MDB_READERS_FULL)
        advice = ": too many processes read it";
    problem_set(problem, "cannot read the replica in %s: %s%s", path, mdb_strerror(rc), advice);
}

// On a read-only file system LMDB opens without its table of readers (mdb_env_setup_locks), so that the
// writer may use pages again while they are read.
static bool has_readers_table(const char *path, struct problem *problem)
{
    char lock[4096];
    snprintf(lock, sizeof lock, "%s/lock.mdb", path);
    if (access(lock, W_OK) == 0 || errno != EROFS)
        return true;
    problem_set(problem,
                "%s is on a read-only file system, and readers are registered in it: name the folder in "
                "ReadWritePaths= of the unit",
                lock);
    return false;
}

static bool open_environment(struct replica *replica, const char *path, struct problem *problem)
{
    int rc = mdb_env_create(&replica->env);
    if (!rc)
        rc = mdb_env_set_maxdbs(replica->env, LAYOUT_TABLES);
    if (!rc)
        rc = mdb_env_open(replica->env, path, MDB_RDONLY | MDB_NOTLS, 0660);
    if (rc)
        describe(rc, path, problem);
    if (rc || !has_readers_table(path, problem))
        return false;
    guard_watch(replica->env, path);
    return true;
}

// A handle outlives the transaction that opened it only if that one is committed.
static bool open_tables(struct replica *replica, const char *path, struct problem *problem)
{
    MDB_txn *txn = NULL;
    int rc = mdb_txn_begin(replica->env, NULL, MDB_RDONLY, &txn);
    for (unsigned i = 0; !rc && i < LAYOUT_TABLES; i++)
        rc = mdb_dbi_open(txn, layout_table_name(i), 0, &replica->dbi[i]);
    if (!rc)
        return mdb_txn_commit(txn) == 0;
    if (txn)
        mdb_txn_abort(txn);
    if (rc == MDB_NOTFOUND)
        problem_set(problem,
                    "the replica in %s is not loaded yet: emailgency-replicator has not reached PostgreSQL",
                    path);
    else
        describe(rc, path, problem);
    return false;
}

struct replica *replica_open(const char *path, struct problem *problem)
{
    struct replica *replica = calloc(1, sizeof *replica);
    if (!replica) {
        problem_set(problem, "out of memory");
        return NULL;
    }
    if (find_files(replica, path, problem) && is_whole(path, problem) &&
        open_environment(replica, path, problem) && open_tables(replica, path, problem) &&
        replica_take(replica, problem)) {
        replica_release(replica);
        return replica;
    }
    replica_close(replica);
    return NULL;
}

void replica_close(struct replica *replica)
{
    if (!replica)
        return;
    for (unsigned i = 0; i < LAYOUT_TABLES; i++)
        if (replica->cursor[i])
            mdb_cursor_close(replica->cursor[i]);
    if (replica->txn)
        mdb_txn_abort(replica->txn);
    if (replica->env)
        mdb_env_close(replica->env);
    free(replica);
}

bool replica_in_place(const struct replica *replica, const char *path)
{
    struct stat data, lock;
    if (!stat_file(path, "data.mdb", &data) || !stat_file(path, "lock.mdb", &lock))
        return true;
    return data.st_dev == replica->device && data.st_ino == replica->inode &&
           lock.st_ino == replica->lock_inode;
}

static int renew(struct replica *replica)
{
    if (replica->txn)
        return mdb_txn_renew(replica->txn);
    int rc = mdb_txn_begin(replica->env, NULL, MDB_RDONLY, &replica->txn);
    if (rc == MDB_READERS_FULL && mdb_reader_check(replica->env, NULL) == 0)
        rc = mdb_txn_begin(replica->env, NULL, MDB_RDONLY, &replica->txn);
    return rc;
}

static bool check_layout(struct replica *replica, struct problem *problem)
{
    struct slice key, value = {NULL, 0};
    unsigned long long layout = 0;
    if (!replica_get(replica, LAYOUT_META, SLICE(LAYOUT_META_LAYOUT), &key, &value) ||
        !slice_number(value, UINT64_MAX, &layout) || layout != DIRECTORY_LAYOUT) {
        problem_set(problem,
                    "the replica has layout %.*s and this program reads layout %d: run one release of all "
                    "daemons and restart emailgency-replicator",
                    (int)value.len, value.ptr ? value.ptr : "", DIRECTORY_LAYOUT);
        return false;
    }
    return true;
}

bool replica_take(struct replica *replica, struct problem *problem)
{
    int rc = renew(replica);
    if (rc == MDB_MAP_RESIZED) {
        rc = mdb_env_set_mapsize(replica->env, 0);
        if (!rc)
            rc = renew(replica);
    }
    if (rc) {
        problem_set(problem, "cannot read the replica: %s", mdb_strerror(rc));
        return false;
    }
    memset(replica->current, 0, sizeof replica->current);
    if (replica->checked == mdb_txn_id(replica->txn))
        return true;
    if (!check_layout(replica, problem)) {
        replica_release(replica);
        return false;
    }
    replica->checked = mdb_txn_id(replica->txn);
    return true;
}

void replica_release(struct replica *replica)
{
    mdb_txn_reset(replica->txn);
}

MDB_cursor *replica_cursor(struct replica *replica, unsigned table)
{
    int rc = 0;
    if (!replica->cursor[table])
        rc = mdb_cursor_open(replica->txn, replica->dbi[table], &replica->cursor[table]);
    else if (!replica->current[table])
        rc = mdb_cursor_renew(replica->txn, replica->cursor[table]);
    replica->current[table] = rc == 0;
    return rc == 0 ? replica->cursor[table] : NULL;
}

static bool cursor_get(MDB_cursor *cursor, MDB_cursor_op op, struct slice *key, struct slice *value)
{
    MDB_val k = layout_val(*key), v;
    if (!cursor || !guard_found(mdb_cursor_get(cursor, &k, &v, op)))
        return false;
    *key = layout_slice(k);
    *value = layout_slice(v);
    return true;
}

bool replica_get(struct replica *replica, unsigned table, struct slice key, struct slice *stored_key,
                 struct slice *value)
{
    if (key.len == 0 || key.len > ROW_KEY_MAX)
        return false;
    *stored_key = key;
    return cursor_get(replica_cursor(replica, table), MDB_SET_KEY, stored_key, value);
}

bool replica_nth(struct replica *replica, unsigned table, const struct row_key *prefix, size_t n,
                 struct slice *stored_key, struct slice *value)
{
    MDB_cursor *cursor = replica_cursor(replica, table);
    *stored_key = layout_key_slice(prefix);
    if (!cursor_get(cursor, prefix->len > 0 ? MDB_SET_RANGE : MDB_FIRST, stored_key, value))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!cursor_get(cursor, MDB_NEXT, stored_key, value))
            return false;
    return layout_starts_with(*stored_key, prefix);
}
