// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/spool/spool_file.h"

#include "base/fault.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct spool_file {
    char *path; // "": nothing is kept
    int fd;     // -1: not open
    size_t size, size_max;
    bool dirty;
};

static struct fault unwritable = {
    .name = "spool",
    .text = "the spool cannot be written, so a restart would lose what it is for",
    .advice = "check that the folder of option spool exists, is this account's, "
              "and has room"};

static bool fail(const struct spool_file *file, const char *why)
{
    char text[PATH_MAX + 200];
    snprintf(text, sizeof text, "%s: %s", file->path, why);
    (void)fault_report(&unwritable, text);
    return false;
}

struct spool_file *spool_file_create(const char *path, size_t bytes_max)
{
    struct spool_file *file = memory_or_exit(calloc(1, sizeof *file));
    file->path = memory_or_exit(strdup(path));
    file->fd = -1;
    file->size_max = bytes_max;
    fault_register(&unwritable, 1, "emailgency_notifier_errors_total");
    return file;
}

void spool_file_destroy(struct spool_file *file)
{
    if (!file)
        return;
    spool_file_sync(file);
    if (file->fd >= 0)
        close(file->fd);
    free(file->path);
    free(file);
}

static bool open_file(struct spool_file *file)
{
    if (file->fd >= 0)
        return true;
    if (!*file->path)
        return false;
    file->fd = open(file->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    const off_t end = file->fd >= 0 ? lseek(file->fd, 0, SEEK_END) : -1;
    file->size = end > 0 ? (size_t)end : 0;
    return file->fd >= 0 || fail(file, strerrordesc_np(errno));
}

// A line that is longer than any that is written, or not ended, is damage.
static bool use_line(char *text, size_t len, bool (*use)(struct slice line, void *arg), void *arg)
{
    if (text[len - 1] != '\n' || len > SPOOL_LINE_MAX)
        return false;
    return use(slice_make(text, len - 1), arg);
}

// Without the part of a line the next one would be joined to it.
static void drop_tail(struct spool_file *file, off_t end)
{
    if (open_file(file) && ftruncate(file->fd, end) == 0)
        file->size = (size_t)end;
}

unsigned spool_file_read(struct spool_file *file, bool (*use)(struct slice line, void *arg), void *arg)
{
    char *text = NULL;
    size_t size = 0;
    unsigned bad = 0;
    off_t end = 0;
    bool cut = false;
    FILE *in = *file->path ? fopen(file->path, "re") : NULL;
    if (!in)
        return 0;
    for (ssize_t len; (len = getline(&text, &size, in)) > 0;) {
        cut = text[len - 1] != '\n';
        end += cut ? 0 : len;
        bad += !use_line(text, (size_t)len, use, arg);
    }
    free(text);
    fclose(in);
    if (cut)
        drop_tail(file, end);
    return bad;
}

bool spool_file_add(struct spool_file *file, const char *line)
{
    char text[SPOOL_LINE_MAX + 1];
    const int len = snprintf(text, sizeof text, "%s\n", line);
    if (len < 0 || len > SPOOL_LINE_MAX || !open_file(file))
        return false;
    if (file->size + (size_t)len > file->size_max)
        return fail(file, "it is full");
    const ssize_t written = write(file->fd, text, (size_t)len);
    if (written == len) {
        file->size += (size_t)len;
        file->dirty = true;
        return true;
    }
    const int why = written < 0 ? errno : ENOSPC;
    if (written > 0)
        drop_tail(file, (off_t)file->size);
    return fail(file, strerrordesc_np(why));
}

static bool write_beside(const char *beside, void (*write_lines)(FILE *out, void *arg), void *arg)
{
    const int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!out) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    write_lines(out, arg);
    const bool written = !ferror(out) && fflush(out) == 0 && fsync(fd) == 0;
    return fclose(out) == 0 && written;
}

bool spool_file_replace(struct spool_file *file, void (*write_lines)(FILE *out, void *arg), void *arg)
{
    char beside[PATH_MAX];
    if (!*file->path)
        return false;
    if (snprintf(beside, sizeof beside, "%s.new", file->path) >= (int)sizeof beside)
        return fail(file, strerrordesc_np(ENAMETOOLONG));
    if (!write_beside(beside, write_lines, arg) || rename(beside, file->path) != 0) {
        const int why = errno;
        (void)unlink(beside);
        return fail(file, strerrordesc_np(why));
    }
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
    return open_file(file);
}

void spool_file_clear(struct spool_file *file)
{
    if (!open_file(file) || file->size == 0)
        return;
    if (ftruncate(file->fd, 0) != 0)
        (void)fail(file, strerrordesc_np(errno));
    else
        file->size = 0;
    file->dirty = true;
}

void spool_file_sync(struct spool_file *file)
{
    if (file->dirty && fsync(file->fd) != 0)
        (void)fail(file, strerrordesc_np(errno));
    file->dirty = false;
}

size_t spool_file_size(const struct spool_file *file)
{
    return file->size;
}
