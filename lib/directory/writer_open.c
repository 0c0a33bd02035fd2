// SPDX-License-Identifier: BSD-2-Clause
#include "directory/writer_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_FILE_BYTES 65536 // room for about 1,000 readers

struct opening {
    struct writer *writer;
    enum writer_rc rc;
    char *problem;
    size_t size;
};

static bool fail(struct opening *opening, enum writer_rc rc, const char *what, const char *why)
{
    opening->rc = rc;
    snprintf(opening->problem, opening->size, "%s%s%s: %s", opening->writer->path, what[0] ? "/" : "", what,
             why);
    return false;
}

static bool fail_errno(struct opening *opening, const char *what)
{
    return fail(opening, errno == ENOSPC || errno == EDQUOT ? WRITER_FULL : WRITER_FAILED, what,
                strerror(errno));
}

static int open_file(struct opening *opening, const char *name, mode_t mode)
{
    char file[4096];

    if ((size_t)snprintf(file, sizeof(file), "%s/%s", opening->writer->path, name) >= sizeof(file)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return open(file, O_RDWR | O_CREAT | O_CLOEXEC, mode);
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
    struct writer *writer = opening->writer;

    writer->lock = open_file(opening, "writer.lock", 0600);
    if (writer->lock < 0)
        return fail_errno(opening, "writer.lock");
    if (flock(writer->lock, LOCK_EX | LOCK_NB) == 0)
        return true;
    if (errno == EWOULDBLOCK)
        return fail(opening, WRITER_BUSY, "",
                    "another emailgency-replicator writes this replica; stop it first");
    return fail_errno(opening, "writer.lock");
}

// The reader table is written through a mapping, where a full disk would be a SIGBUS of any reader. So its
// blocks are taken before LMDB opens it (afterwards, a close here would drop LMDB's own fcntl locks).
static bool reserve_reader_table(struct opening *opening)
{
    int fd = open_file(opening, "lock.mdb", 0660); // readers enter themselves, and write nothing else
    int rc;

    if (fd < 0)
        return fail_errno(opening, "lock.mdb");
    rc = posix_fallocate(fd, 0, LOCK_FILE_BYTES);
    close(fd);
    if (rc == 0 || rc == EOPNOTSUPP || rc == EINVAL)
        return true;
    errno = rc;
    return fail_errno(opening, "lock.mdb");
}

static bool open_environment(struct opening *opening, size_t map_size)
{
    struct writer *writer = opening->writer;
    int rc = mdb_env_create(&writer->env);

    if (!rc)
        rc = mdb_env_set_maxdbs(writer->env, LAYOUT_TABLES);
    if (!rc)
        rc = mdb_env_set_mapsize(writer->env, map_size);
    // The last commits may be undone by a crash of the machine, and their position with them.
    if (!rc)
        rc = mdb_env_open(writer->env, writer->path, MDB_NOTLS | MDB_NOMETASYNC, 0640);
    if (!rc)
        return true;
    if (rc == MDB_INVALID || rc == MDB_CORRUPTED || rc == MDB_VERSION_MISMATCH)
        return fail(opening, WRITER_FAILED, "data.mdb",
                    "is damaged or no replica; remove it, and it is loaded from PostgreSQL again");
    errno = rc;
    return rc > 0 ? fail_errno(opening, "data.mdb")
                  : fail(opening, WRITER_FAILED, "data.mdb", mdb_strerror(rc));
}

static bool stat_data(const char *path, struct stat *out)
{
    char file[4096];

    return (size_t)snprintf(file, sizeof(file), "%s/data.mdb", path) < sizeof(file) && stat(file, out) == 0;
}

static bool note_file(struct opening *opening)
{
    struct stat data;

    if (!stat_data(opening->writer->path, &data))
        return fail_errno(opening, "data.mdb");
    opening->writer->device = data.st_dev;
    opening->writer->inode = data.st_ino;
    return true;
}

enum writer_rc writer_create(const char *path, size_t map_size, struct writer **out, char *problem,
                             size_t size)
{
    struct writer *writer = calloc(1, sizeof(*writer));
    struct opening opening = {.writer = writer, .rc = WRITER_OK, .problem = problem, .size = size};
    mode_t mask;

    *out = NULL;
    if (!writer || !(writer->path = strdup(path))) {
        free(writer);
        snprintf(problem, size, "out of memory");
        return WRITER_FAILED;
    }
    writer->lock = -1;
    mask = umask(0007);
    if (make_folder(&opening) && take_lock(&opening) && reserve_reader_table(&opening) &&
        open_environment(&opening, map_size) && note_file(&opening))
        *out = writer;
    else
        writer_destroy(writer);
    umask(mask);
    return opening.rc;
}

void writer_destroy(struct writer *writer)
{
    if (!writer)
        return;
    writer_abort(writer);
    if (writer->env)
        mdb_env_close(writer->env);
    if (writer->lock >= 0)
        close(writer->lock);
    free(writer->path);
    free(writer);
}

bool writer_in_place(const struct writer *writer)
{
    struct stat data;

    return stat_data(writer->path, &data) && data.st_dev == writer->device && data.st_ino == writer->inode;
}
