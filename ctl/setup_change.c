// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/setup_change.h"

#include "ctl/setup/setup_mark.h"
#include "ctl/setup_run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SIZE_MAX_OF_FILE = 4 << 20 };

// Reads `path`; a file that is not there is empty.
static bool read_file(const char *path, struct setup_text *out, bool *exists, struct stat *status,
                      struct problem *problem)
{
    char part[65536];
    ssize_t got = 0;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    *exists = fd >= 0;
    if (fd < 0)
        return errno == ENOENT || problem_set(problem, "%s: %s", path, strerror(errno));
    bool done = fstat(fd, status) == 0 && S_ISREG(status->st_mode);
    if (!done)
        (void)problem_set(problem, "%s is no regular file", path);
    while (done && (got = read(fd, part, sizeof part)) > 0) {
        setup_text_add(out, slice_make(part, (size_t)got));
        if (out->len > SIZE_MAX_OF_FILE || memchr(part, '\0', (size_t)got))
            done =
                problem_set(problem, "%s: %s", path,
                            out->len > SIZE_MAX_OF_FILE ? "larger than 4 MB" : "no text: it has a NUL byte");
    }
    if (done && got < 0)
        done = problem_set(problem, "%s: %s", path, strerror(errno));
    close(fd);
    return done;
}

bool setup_change_read(struct setup_change *change, const char *path, struct problem *problem)
{
    char target[PATH_MAX];
    struct problem why;
    *change = (struct setup_change){.exists = false};
    const char *real = realpath(path, target);
    if (!real && errno != ENOENT)
        return problem_set(problem, "%s: %s", path, strerror(errno));
    if (!slice_copy(slice_from(real ? real : path), change->path, sizeof change->path))
        return problem_set(problem, "the path is too long: %s", path);
    if (!read_file(change->path, &change->before, &change->exists, &change->status, problem))
        return false;
    if (!setup_mark_undo(setup_text_slice(&change->before), &change->base, &change->edited, &why))
        return problem_set(problem, "%s: %s", change->path, why.text);
    return true;
}

// An empty file that setup did not make stays.
static bool is_absent(const struct setup_change *change)
{
    return !change->after.len && (!change->exists || change->before.len > 0) && !change->base.len;
}

bool setup_change_differs(const struct setup_change *change)
{
    return !slice_equal(setup_text_slice(&change->before), setup_text_slice(&change->after));
}

static int make_memory(const struct setup_text *text)
{
    const int fd = memfd_create("setup", 0);
    size_t done = 0;
    while (fd >= 0 && done < text->len) {
        const ssize_t put = write(fd, text->ptr + done, text->len - done);
        if (put <= 0)
            break;
        done += (size_t)put;
    }
    return fd;
}

bool setup_change_print(const struct setup_change *change, struct problem *problem)
{
    char from[64], to[64];
    struct setup_text out = {0};
    const int before = make_memory(&change->before), after = make_memory(&change->after);
    snprintf(from, sizeof from, "/proc/self/fd/%d", before);
    snprintf(to, sizeof to, "/proc/self/fd/%d", after);
    const char *const argv[] = {"diff",    "-u",
                                "--label", change->exists ? change->path : "/dev/null",
                                "--label", is_absent(change) ? "/dev/null" : change->path,
                                from,      to,
                                NULL};
    const int code = before >= 0 && after >= 0 ? setup_run(argv, &out, problem) : 2;
    if (code >= 0)
        printf("%.*s\n", (int)out.len, out.len ? out.ptr : "");
    close(before);
    close(after);
    setup_text_finish(&out);
    return code == 0 || code == 1 || (code > 0 && problem_set(problem, "diff failed"));
}

// The new file of an earlier run that was killed has the same name, and is written over.
static bool name_new(const char *path, char out[PATH_MAX])
{
    const char *name = strrchr(path, '/');
    return name && snprintf(out, PATH_MAX, "%.*s.%s.emailgency-setup", (int)(name - path + 1), path,
                            name + 1) < PATH_MAX;
}

void setup_change_sweep(const struct setup_change *change)
{
    char fresh[PATH_MAX];
    if (name_new(change->path, fresh))
        (void)unlink(fresh);
}

static bool put_all(int fd, const struct setup_text *text)
{
    for (size_t done = 0; done < text->len;) {
        const ssize_t put = write(fd, text->ptr + done, text->len - done);
        if (put < 0 && errno != EINTR)
            return false;
        done += put > 0 ? (size_t)put : 0;
    }
    return true;
}

// The folder of an absolute path.
static void cut_folder(const char *path, char out[PATH_MAX])
{
    const char *name = strrchr(path, '/');
    (void)slice_copy(slice_make(path, name ? (size_t)(name - path) : 0), out, PATH_MAX);
}

static void sync_folder(const char *path)
{
    char folder[PATH_MAX];
    cut_folder(path, folder);
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
}

// Whatever the umask: daemons read their configuration under accounts of their own.
static bool make_folder(const char *path)
{
    char folder[PATH_MAX];
    cut_folder(path, folder);
    if (mkdir(folder, 0755) != 0)
        return errno == EEXIST;
    return chmod(folder, 0755) == 0;
}

static bool replace(const struct setup_change *change, const struct setup_text *text)
{
    char fresh[PATH_MAX];
    if (!name_new(change->path, fresh) || !make_folder(change->path))
        return false;
    (void)unlink(fresh);
    const int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool done = put_all(fd, text);
    if (change->exists)
        done = done && fchown(fd, change->status.st_uid, change->status.st_gid) == 0 &&
               fchmod(fd, change->status.st_mode & 07777) == 0;
    else
        done = done && fchmod(fd, 0644) == 0;
    done = done && fsync(fd) == 0 && rename(fresh, change->path) == 0;
    const int reason = errno;
    close(fd);
    if (!done)
        (void)unlink(fresh);
    sync_folder(change->path);
    errno = reason;
    return done;
}

static bool put(const struct setup_change *change, const struct setup_text *text, bool absent,
                struct problem *problem)
{
    const bool done = absent ? unlink(change->path) == 0 || errno == ENOENT : replace(change, text);
    if (absent)
        sync_folder(change->path);
    return done || problem_set(problem, "%s cannot be written: %s", change->path, strerror(errno));
}

// Returns whether the file is as `text`.
static bool is_still(const struct setup_change *change, const struct setup_text *text, bool absent,
                     struct problem *problem)
{
    struct setup_text now = {0};
    struct stat status;
    bool exists;
    const bool same = read_file(change->path, &now, &exists, &status, problem) && exists != absent &&
                      slice_equal(setup_text_slice(&now), setup_text_slice(text));
    setup_text_finish(&now);
    return same || problem_set(problem, "%s was changed meanwhile: run setup again", change->path);
}

bool setup_change_write(const struct setup_change *change, struct problem *problem)
{
    return is_still(change, &change->before, !change->exists, problem) &&
           put(change, &change->after, is_absent(change), problem);
}

bool setup_change_restore(const struct setup_change *change, struct problem *problem)
{
    return is_still(change, &change->after, is_absent(change), problem) &&
           put(change, &change->before, !change->exists, problem);
}

void setup_change_finish(struct setup_change *change)
{
    setup_text_finish(&change->before);
    setup_text_finish(&change->base);
    setup_text_finish(&change->after);
}
