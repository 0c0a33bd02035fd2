// SPDX-License-Identifier: BSD-2-Clause
#include "queuewatch/queue/flush_reader.h"

#include "base/memory.h"
#include "queuewatch/postfix/flush_log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
    WINDOW = 65536,
    LOOK_MAX = 16 << 20 // bytes of one log in one look; the rest is for the next
};

struct look {
    struct flush_reader *reader;
    const struct watch_list *list;
    struct flush_log_state *state; // of the log at hand
    struct message_table *table;
    uint32_t target;
    uint8_t walk;
};

void flush_reader_finish(struct flush_reader *reader)
{
    free(reader->states);
    *reader = (struct flush_reader){0};
}

void flush_reader_forget(struct flush_reader *reader)
{
    flush_reader_finish(reader);
}

static void note(const struct look *look, const struct queue_id *id)
{
    struct message *message = message_table_find(look->table, id);
    if (!message || message->source >= MESSAGE_ENVELOPE)
        return;
    if (look->target == WATCH_SEVERAL) {
        message->is_doubtful = 1;
        return;
    }
    message_table_add_target(look->table, message, look->target);
    message->source = MESSAGE_LOGGED;
    message->walk = look->walk;
}

// Reads complete lines from the state's offset on, at most `most` bytes.
static bool read_lines(const struct look *look, int fd, off_t most)
{
    char window[WINDOW];
    struct queue_id id;
    while (most > 0) {
        const ssize_t len = pread(fd, window, sizeof window, look->state->offset);
        if (len < 0)
            return false;
        struct slice rest = slice_make(window, (size_t)len);
        while (flush_log_next(&rest, &id)) {
            note(look, &id);
            look->state->last = id;
        }
        const off_t taken = len - (off_t)rest.len;
        // A line longer than the window is none of Postfix's.
        look->state->offset += taken > 0 || len < WINDOW ? taken : len;
        most -= len;
        if (len < WINDOW)
            return true;
    }
    return true;
}

// Compares the line before the offset with that which was read there: Postfix may have emptied the log and
// written so many lines meanwhile.
static bool is_as_it_was(const struct flush_log_state *state, int fd)
{
    char window[QUEUE_ID_MAX + 1], line[QUEUE_ID_MAX];
    if (state->offset == 0)
        return true;
    const size_t len = queue_id_format(&state->last, line);
    if (state->offset < (off_t)len + 1)
        return false;
    const ssize_t got = pread(fd, window, len + 1, state->offset - (off_t)len - 1);
    return got == (ssize_t)len + 1 && memcmp(window, line, len) == 0 && window[len] == '\n';
}

static bool read_log(const struct look *look, int fd, const struct stat *status)
{
    struct flush_log_state *state = look->state;
    if (state->inode != status->st_ino || status->st_size < state->offset || !is_as_it_was(state, fd))
        *state = (struct flush_log_state){.inode = status->st_ino};
    return read_lines(look, fd, LOOK_MAX);
}

// True for a mount on which a look at a file leaves its access time as it is.
static bool keeps_no_time(int folder)
{
    struct statvfs status;
    return fstatvfs(folder, &status) == 0 && (status.f_flag & (ST_RDONLY | ST_NOATIME));
}

static int open_log(int folder, const char *name)
{
    const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    const int fd = openat(folder, name, flags | O_NOATIME);
    return fd < 0 && errno == EPERM && keeps_no_time(folder) ? openat(folder, name, flags) : fd;
}

static enum flush_reader_rc look_at(const struct look *look, int folder, const char *name)
{
    struct stat status;
    if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode))
        return FLUSH_READER_OK;
    if (look->state->inode == status.st_ino && look->state->offset == status.st_size)
        return FLUSH_READER_OK;
    const int fd = open_log(folder, name);
    if (fd < 0 && errno == ENOENT)
        return FLUSH_READER_OK;
    if (fd < 0)
        return errno == EPERM ? FLUSH_READER_TOUCHES : FLUSH_READER_UNREADABLE;
    const bool done = read_log(look, fd, &status);
    close(fd);
    return done ? FLUSH_READER_OK : FLUSH_READER_UNREADABLE;
}

static void prepare(struct flush_reader *reader, const struct watch_list *list)
{
    if (reader->states)
        return;
    reader->count = watch_list_logs(list);
    reader->states = memory_or_exit(calloc((size_t)reader->count + 1, sizeof *reader->states));
}

static enum flush_reader_rc read_folder(struct look *look, int parent, const char *name, unsigned depth);

static enum flush_reader_rc look_at_name(struct look *look, int folder, const char *name, unsigned depth)
{
    uint32_t log;
    if (name[0] != '.' && name[1] == '\0' && depth < QUEUE_ID_DEPTH_MAX)
        return read_folder(look, folder, name, depth + 1);
    look->target = watch_list_log(look->list, slice_from(name), &log);
    if (look->target == WATCH_NONE || log >= look->reader->count)
        return FLUSH_READER_OK;
    look->state = &look->reader->states[log];
    return look_at(look, folder, name);
}

// Below "flush" there are folders of one character each if hash_queue_names has it.
static enum flush_reader_rc read_folder(struct look *look, int parent, const char *name, unsigned depth)
{
    enum flush_reader_rc worst = FLUSH_READER_OK;
    const struct dirent *entry;
    const int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    if (!folder) {
        const int error = errno;
        if (fd >= 0)
            close(fd);
        errno = error;
        return error == ENOENT ? FLUSH_READER_NONE : FLUSH_READER_UNREADABLE;
    }
    while (worst != FLUSH_READER_TOUCHES && (entry = readdir(folder)) != NULL) {
        const enum flush_reader_rc rc = look_at_name(look, dirfd(folder), entry->d_name, depth);
        if (rc != FLUSH_READER_OK)
            worst = rc;
    }
    closedir(folder);
    return worst;
}

enum flush_reader_rc flush_reader_run(struct flush_reader *reader, int root, const struct watch_list *list,
                                      struct message_table *table, uint8_t walk)
{
    struct look look = {.reader = reader, .list = list, .table = table, .walk = walk};
    prepare(reader, list);
    return read_folder(&look, root, "flush", 0);
}
