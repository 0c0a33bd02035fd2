// SPDX-License-Identifier: BSD-2-Clause
#include "base/memory.h"
#include "directory/damage.h"
#include "directory/guard.h"
#include "directory/replica_writer_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_FILE_BYTES 65536 // room for about 1,000 readers
#define SUSPICIONS_MAX 3      // of damage that reading all of it does not show
#define WALK_SECONDS 60       // for reading all of a file; a million rows take less than one

struct opening {
    struct replica_writer *writer;
    enum replica_writer_rc rc;
    struct problem *problem;
};

static bool fail(struct opening *opening, enum replica_writer_rc rc, const char *what, const char *why)
{
    opening->rc = rc;
    problem_set(opening->problem, "%s%s%s: %s", opening->writer->path, what[0] ? "/" : "", what, why);
    return false;
}

static bool fail_errno(struct opening *opening, const char *what)
{
    if (errno == EACCES)
        return fail(opening, REPLICA_WRITER_FAILED, what,
                    "Permission denied; give the folder and all files in it to the replicator's account, as "
                    "chown -R emailgency-replicator:emailgency does");
    if (errno != ENOSPC && errno != EDQUOT)
        return fail(opening, REPLICA_WRITER_FAILED, what, strerror(errno));
    opening->rc = REPLICA_WRITER_NO_ROOM;
    problem_set(opening->problem, "no space left on the file system of %s", opening->writer->path);
    return false;
}

static bool name_file(const char *path, const char *name, char out[4096])
{
    if ((size_t)snprintf(out, 4096, "%s/%s", path, name) < 4096)
        return true;
    errno = ENAMETOOLONG;
    return false;
}

static int open_file(struct opening *opening, const char *name, mode_t mode)
{
    char file[4096];
    return name_file(opening->writer->path, name, file) ? open(file, O_RDWR | O_CREAT | O_CLOEXEC, mode) : -1;
}

static bool make_folder(struct opening *opening)
{
    const char *path = opening->writer->path;
    if (mkdir(path, 0750) == 0)
        return chmod(path, 02750) == 0 || fail_errno(opening, "");
    return errno == EEXIST || fail_errno(opening, "");
}

static bool take_lock(struct opening *opening)
{
    struct replica_writer *writer = opening->writer;
    writer->lock = open_file(opening, "writer.lock", 0600);
    if (writer->lock < 0)
        return fail_errno(opening, "writer.lock");
    if (flock(writer->lock, LOCK_EX | LOCK_NB) == 0)
        return true;
    if (errno == EWOULDBLOCK)
        return fail(opening, REPLICA_WRITER_BUSY, "",
                    "another emailgency-replicator writes this replica; stop it first");
    return fail_errno(opening, "writer.lock");
}

// The table of readers goes with the file: its transaction numbers are those of the file. Readers that have
// both open use them until the next replica is loaded.
static bool set_aside(struct opening *opening, const struct problem *reason)
{
    struct replica_writer *writer = opening->writer;
    char from[4096], to[4096], lock[4096];
    if (!name_file(writer->path, "data.mdb", from) ||
        !name_file(writer->path, REPLICA_WRITER_DAMAGED_FILE, to) ||
        !name_file(writer->path, "lock.mdb", lock) || rename(from, to) != 0)
        return fail_errno(opening, "data.mdb");
    (void)unlink(lock);
    writer->damage = *reason;
    return true;
}

// Makes the file to which processes report damage, and counts the reports in it.
static bool count_suspicions(struct opening *opening)
{
    int fd = open_file(opening, GUARD_FILE, 0660); // readers append to it
    struct stat suspect;
    const bool known = fd >= 0 && fchmod(fd, 0660) == 0 && fstat(fd, &suspect) == 0;
    if (fd >= 0)
        close(fd);
    if (known)
        opening->writer->suspicions = suspect.st_size;
    return known || fail_errno(opening, GUARD_FILE);
}

static bool forget_suspicions(struct opening *opening)
{
    opening->writer->suspicions = 1;
    replica_writer_trust(opening->writer);
    return true;
}

static bool examine(struct opening *opening)
{
    struct problem reason;
    enum damage_rc rc = damage_look(opening->writer->path, &reason);
    if (!count_suspicions(opening))
        return false;
    if (rc == DAMAGE_NONE || rc == DAMAGE_SHORT)
        rc = damage_walk(opening->writer->path, WALK_SECONDS, &reason);
    if (rc == DAMAGE_NONE && opening->writer->suspicions >= SUSPICIONS_MAX) {
        problem_set(&reason, "processes that use it ended again and again");
        rc = DAMAGE_FOUND;
    }
    // A file that could not be read is left to LMDB.
    return rc != DAMAGE_FOUND || (set_aside(opening, &reason) && forget_suspicions(opening));
}

// The reader table is written through a mapping, where a full disk would mean SIGBUS in any reader. So its
// blocks are allocated before LMDB opens it (afterwards, a close here would drop LMDB's own fcntl locks).
static bool reserve_reader_table(struct opening *opening)
{
    int fd = open_file(opening, "lock.mdb", 0660); // readers enter themselves, and write nothing else
    if (fd < 0)
        return fail_errno(opening, "lock.mdb");
    const int rc = posix_fallocate(fd, 0, LOCK_FILE_BYTES);
    close(fd);
    if (rc == 0 || rc == EOPNOTSUPP || rc == EINVAL)
        return true;
    errno = rc;
    return fail_errno(opening, "lock.mdb");
}

static bool open_environment(struct opening *opening, size_t map_size)
{
    struct replica_writer *writer = opening->writer;
    int rc = mdb_env_create(&writer->env);
    if (!rc)
        rc = mdb_env_set_maxdbs(writer->env, LAYOUT_TABLES);
    if (!rc)
        rc = mdb_env_set_mapsize(writer->env, map_size);
    // The last commits may be undone by a crash of the machine, and their position with them.
    if (!rc)
        rc = mdb_env_open(writer->env, writer->path, MDB_NOTLS | MDB_NOMETASYNC, 0640);
    if (!rc) {
        guard_watch(writer->env, writer->path);
        return true;
    }
    if (rc == MDB_INVALID || rc == MDB_CORRUPTED || rc == MDB_VERSION_MISMATCH)
        return fail(opening, REPLICA_WRITER_FAILED, "data.mdb",
                    "is damaged or no replica; remove it, and it is loaded from PostgreSQL again");
    errno = rc;
    return rc > 0 ? fail_errno(opening, "data.mdb")
                  : fail(opening, REPLICA_WRITER_FAILED, "data.mdb", mdb_strerror(rc));
}

static bool stat_file(const char *path, const char *name, struct stat *out)
{
    char file[4096];
    return name_file(path, name, file) && stat(file, out) == 0;
}

static bool note_file(struct opening *opening)
{
    struct stat data, lock;
    if (!stat_file(opening->writer->path, "data.mdb", &data))
        return fail_errno(opening, "data.mdb");
    if (!stat_file(opening->writer->path, "lock.mdb", &lock))
        return fail_errno(opening, "lock.mdb");
    opening->writer->device = data.st_dev;
    opening->writer->inode = data.st_ino;
    opening->writer->lock_inode = lock.st_ino;
    replica_writer_extend(opening->writer);
    return true;
}

enum replica_writer_rc replica_writer_create(const char *path, size_t map_size, struct replica_writer **out,
                                             struct problem *problem)
{
    struct replica_writer *writer = memory_or_exit(calloc(1, sizeof *writer));
    struct opening opening = {.writer = writer, .rc = REPLICA_WRITER_OK, .problem = problem};
    *out = NULL;
    writer->path = memory_or_exit(strdup(path));
    writer->lock = -1;
    const mode_t mask = umask(0007);
    if (make_folder(&opening) && take_lock(&opening) && examine(&opening) && reserve_reader_table(&opening) &&
        open_environment(&opening, map_size) && note_file(&opening))
        *out = writer;
    else
        replica_writer_destroy(writer);
    umask(mask);
    return opening.rc;
}

void replica_writer_destroy(struct replica_writer *writer)
{
    if (!writer)
        return;
    replica_writer_abort(writer);
    if (writer->env)
        mdb_env_close(writer->env);
    if (writer->lock >= 0)
        close(writer->lock);
    free(writer->path);
    free(writer);
}

// LMDB does not write a page that was allocated and freed within a transaction, so the file may end before
// its last page. It is extended to that page, so that a truncated file can be recognised.
void replica_writer_extend(const struct replica_writer *writer)
{
    size_t used, bound;
    struct stat data;
    char file[4096];
    replica_writer_usage(writer, &used, &bound);
    if (name_file(writer->path, "data.mdb", file) && stat(file, &data) == 0 && (size_t)data.st_size < used &&
        truncate(file, (off_t)used) != 0)
        return; // full: the next commit tries again
}

void replica_writer_trust(struct replica_writer *writer)
{
    char file[4096];
    if (writer->suspicions > 0 && name_file(writer->path, GUARD_FILE, file) && truncate(file, 0) == 0)
        writer->suspicions = 0;
}

// Without its table of readers a file is not in place either: new readers cannot open it, and a table that
// another process makes would hide them from this writer.
bool replica_writer_in_place(const struct replica_writer *writer)
{
    struct stat data, lock, suspect;
    size_t used, bound;
    replica_writer_usage(writer, &used, &bound);
    if (stat_file(writer->path, GUARD_FILE, &suspect) && suspect.st_size != writer->suspicions)
        return false;
    if (!stat_file(writer->path, "lock.mdb", &lock) || lock.st_ino != writer->lock_inode)
        return false;
    return stat_file(writer->path, "data.mdb", &data) && data.st_dev == writer->device &&
           data.st_ino == writer->inode && (size_t)data.st_size >= used;
}

const char *replica_writer_damage(const struct replica_writer *writer)
{
    return writer->damage.text[0] ? writer->damage.text : NULL;
}
