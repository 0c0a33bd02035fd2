// SPDX-License-Identifier: BSD-2-Clause
#include "tracker/follow/log_file.h"

#include "base/slice_hash.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_LINE_MAX = 4096 };

static bool begins_line(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '<';
}

void log_file_id(int fd, char out[LOG_FILE_ID_MAX])
{
    char start[FIRST_LINE_MAX];
    const ssize_t got = pread(fd, start, sizeof start, 0);
    const char *end = got > 0 ? memchr(start, '\n', (size_t)got) : NULL;
    if (end && !begins_line(start[0])) // the rest of a line that a rotation cut: many are alike
        end = memchr(end + 1, '\n', (size_t)(start + got - end - 1));
    size_t len = end ? (size_t)(end - start) : 0;
    if (!end && got == FIRST_LINE_MAX)
        len = FIRST_LINE_MAX;
    out[0] = '\0';
    if (end || got == FIRST_LINE_MAX)
        snprintf(out, LOG_FILE_ID_MAX, "%016" PRIx64, slice_hash(slice_make(start, len), 0));
}

bool log_file_open(struct log_file *file, const char *path, int64_t offset)
{
    struct stat status;
    file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (file->fd < 0)
        return false;
    if (fstat(file->fd, &status) < 0 || !S_ISREG(status.st_mode)) {
        log_file_close(file);
        errno = EINVAL;
        return false;
    }
    file->device = status.st_dev;
    file->inode = status.st_ino;
    file->offset = offset;
    file->start = file->end = 0;
    file->is_cut = false;
    log_file_id(file->fd, file->id);
    return true;
}

void log_file_close(struct log_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

bool log_file_is_truncated(const struct log_file *file)
{
    struct stat status;
    char id[LOG_FILE_ID_MAX];
    if (fstat(file->fd, &status) < 0)
        return false;
    log_file_id(file->fd, id);
    return status.st_size < file->offset || (file->id[0] && strcmp(file->id, id) != 0);
}

// False: nothing came. What was read is of this file only if it was not truncated before: it may have grown
// beyond the offset meanwhile.
static bool fill(struct log_file *file)
{
    if (file->start > 0) {
        memmove(file->buffer, file->buffer + file->start, file->end - file->start);
        file->end -= file->start;
        file->start = 0;
    }
    const ssize_t got = pread(file->fd, file->buffer + file->end, sizeof file->buffer - file->end,
                              file->offset + (int64_t)file->end);
    if (got <= 0 || log_file_is_truncated(file)) {
        if (got >= 0)
            errno = 0;
        return false;
    }
    file->end += (size_t)got;
    return true;
}

static void take(struct log_file *file, size_t count)
{
    file->start += count;
    file->offset += (int64_t)count;
}

bool log_file_line(struct log_file *file, struct slice *out)
{
    for (;;) {
        const char *begin = file->buffer + file->start;
        const size_t have = file->end - file->start;
        const char *end = have ? memchr(begin, '\n', have) : NULL;
        if (!end && have >= LOG_FILE_LINE_MAX) {
            const bool was_cut = file->is_cut;
            *out = slice_make(begin, LOG_FILE_LINE_MAX);
            file->is_cut = true;
            take(file, LOG_FILE_LINE_MAX);
            if (!was_cut)
                return true;
        } else if (end) {
            const bool was_cut = file->is_cut;
            const size_t len = (size_t)(end - begin);
            *out = slice_make(begin, len < LOG_FILE_LINE_MAX ? len : LOG_FILE_LINE_MAX);
            file->is_cut = false;
            take(file, len + 1);
            if (!was_cut)
                return true;
        } else if (!fill(file)) {
            return false;
        }
    }
}

bool log_file_rest(struct log_file *file, struct slice *out)
{
    *out = slice_make(file->buffer + file->start, file->end - file->start);
    take(file, out->len);
    const bool was_cut = file->is_cut;
    file->is_cut = false;
    return out->len > 0 && !was_cut;
}
