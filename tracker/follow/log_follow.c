// SPDX-License-Identifier: BSD-2-Clause
#include "tracker/follow/log_follow.h"

#include "base/memory.h"
#include "tracker/follow/log_folder.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

// After a rename the writers go on with the old file until they open the new one.
enum { GRACE_MS = 1500, FILES = 8 };

struct passed_file {
    int64_t base; // position of its first byte
    char id[LOG_FILE_ID_MAX];
};

struct log_follow {
    const char *path;
    struct log_follow_place place; // where the rows ended at the start; its position is fixed
    int64_t base;                  // position of the first byte of the current file
    int64_t idle_since;            // clock_mono_ms, since it was renamed and has not grown; 0: it is the log
    bool has_gap;                  // to be reported
    bool has_waited;
    int changes, watch; // inotify
    struct passed_file passed[FILES];
    unsigned passed_count;
    struct log_file file;
};

static void note_file(struct log_follow *follow)
{
    if (follow->passed_count == FILES) {
        memmove(follow->passed, follow->passed + 1, sizeof follow->passed - sizeof follow->passed[0]);
        follow->passed_count--;
    }
    struct passed_file *passed = &follow->passed[follow->passed_count++];
    passed->base = follow->base;
    memcpy(passed->id, follow->file.id, sizeof passed->id);
}

static bool open_file(struct log_follow *follow, const char *path, int64_t offset, int64_t base)
{
    log_file_close(&follow->file);
    if (!log_file_open(&follow->file, path, offset))
        return false;
    follow->base = base;
    // In the file where the rows ended, positions are as they were then.
    if (follow->place.id[0] && strcmp(follow->file.id, follow->place.id) == 0)
        follow->base = follow->place.position - follow->place.offset;
    follow->idle_since = 0;
    note_file(follow);
    if (follow->watch >= 0)
        inotify_rm_watch(follow->changes, follow->watch);
    follow->watch = inotify_add_watch(follow->changes, path, IN_MODIFY | IN_MOVE_SELF | IN_ATTRIB);
    return true;
}

static bool open_at(struct log_follow *follow, const struct log_follow_place *at)
{
    char path[PATH_MAX];
    return log_folder_find(follow->path, at->id, at->offset, path) &&
           open_file(follow, path, at->offset, at->position - at->offset);
}

struct log_follow *log_follow_create(const char *path, const struct log_follow_place *replay,
                                     const struct log_follow_place *place)
{
    struct log_follow *follow = memory_or_exit(calloc(1, sizeof *follow));
    follow->path = path;
    follow->place = *place;
    follow->file.fd = follow->watch = -1;
    follow->changes = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (open_at(follow, replay) || open_at(follow, place))
        return follow;
    follow->base = place->position;
    follow->has_gap = place->position > 0;
    return follow;
}

void log_follow_destroy(struct log_follow *follow)
{
    if (!follow)
        return;
    log_file_close(&follow->file);
    if (follow->changes >= 0)
        close(follow->changes);
    free(follow);
}

// The log was truncated: its copy may have what was not read.
static enum log_follow_rc go_on_after_truncation(struct log_follow *follow)
{
    char path[PATH_MAX], id[LOG_FILE_ID_MAX];
    const int64_t offset = follow->file.offset, at = follow->base + offset;
    memcpy(id, follow->file.id, sizeof id);
    if (log_folder_find(follow->path, id, offset, path) && open_file(follow, path, offset, follow->base))
        return LOG_FOLLOW_WAIT;
    follow->has_gap = true;
    return open_file(follow, follow->path, 0, at) ? LOG_FOLLOW_WAIT : LOG_FOLLOW_FAILED;
}

static enum log_follow_rc go_to_next(struct log_follow *follow, struct slice *line, int64_t *position)
{
    char path[PATH_MAX];
    *position = follow->base + follow->file.offset;
    const bool has_rest = log_file_rest(&follow->file, line);
    static char rest[LOG_FILE_LINE_MAX];
    if (has_rest) {
        const size_t len = line->len < sizeof rest ? line->len : sizeof rest;
        memcpy(rest, line->ptr, len);
        *line = slice_make(rest, len);
    }
    const int64_t at = follow->base + follow->file.offset;
    if (log_folder_next(follow->path, &follow->file, path) && !open_file(follow, path, 0, at))
        follow->base = at;
    return has_rest ? LOG_FOLLOW_PART : LOG_FOLLOW_WAIT;
}

static enum log_follow_rc look(struct log_follow *follow, int64_t now, struct slice *line, int64_t *position)
{
    struct stat log, own;
    if (stat(follow->path, &log) < 0) // between the rename and the new file
        return errno == ENOENT ? LOG_FOLLOW_WAIT : LOG_FOLLOW_FAILED;
    if (fstat(follow->file.fd, &own) < 0)
        return LOG_FOLLOW_FAILED;
    if (log.st_ino == own.st_ino && log.st_dev == own.st_dev) {
        return log_file_is_truncated(&follow->file) ? go_on_after_truncation(follow) : LOG_FOLLOW_WAIT;
    }
    if (follow->idle_since == 0)
        follow->idle_since = now;
    if (now - follow->idle_since < GRACE_MS)
        return LOG_FOLLOW_WAIT;
    return go_to_next(follow, line, position);
}

// A file gets its id with its first line.
static void learn_id(struct log_follow *follow)
{
    if (follow->file.id[0])
        return;
    log_file_id(follow->file.fd, follow->file.id);
    memcpy(follow->passed[follow->passed_count - 1].id, follow->file.id, sizeof follow->file.id);
}

static void skip_zeroes(struct slice *line)
{
    while (line->len && line->ptr[0] == '\0')
        *line = slice_skip(*line, 1);
}

static void drain_changes(const struct log_follow *follow)
{
    char events[4096];
    while (read(follow->changes, events, sizeof events) > 0)
        continue;
}

static bool take_gap(struct log_follow *follow)
{
    const bool has_gap = follow->has_gap;
    follow->has_gap = false;
    return has_gap;
}

// After a pause the log may begin again, longer than the part of it that was read.
enum log_follow_rc log_follow_next(struct log_follow *follow, int64_t now, struct slice *line,
                                   int64_t *position)
{
    if (follow->file.fd < 0 && !open_file(follow, follow->path, 0, follow->base))
        return errno == ENOENT ? LOG_FOLLOW_WAIT : LOG_FOLLOW_FAILED;
    const bool has_waited = follow->has_waited;
    follow->has_waited = false;
    if (has_waited && log_file_is_truncated(&follow->file) &&
        go_on_after_truncation(follow) == LOG_FOLLOW_FAILED)
        return LOG_FOLLOW_FAILED;
    if (take_gap(follow))
        return LOG_FOLLOW_GAP;
    for (int looks = 0; looks < 3; looks++) {
        *position = follow->base + follow->file.offset;
        if (log_file_line(&follow->file, line)) {
            if (follow->idle_since)
                follow->idle_since = now;
            learn_id(follow);
            skip_zeroes(line);
            return LOG_FOLLOW_LINE;
        }
        if (errno != 0)
            return LOG_FOLLOW_FAILED;
        drain_changes(follow);
        const ino_t inode = follow->file.inode;
        const enum log_follow_rc rc = look(follow, now, line, position);
        if (rc == LOG_FOLLOW_PART || rc == LOG_FOLLOW_FAILED)
            return rc;
        if (take_gap(follow))
            return LOG_FOLLOW_GAP;
        if (follow->file.inode == inode)
            break;
    }
    follow->has_waited = true;
    return LOG_FOLLOW_WAIT;
}

int64_t log_follow_position(const struct log_follow *follow)
{
    return follow->file.fd < 0 ? follow->base : follow->base + follow->file.offset;
}

void log_follow_find(const struct log_follow *follow, int64_t position, struct log_follow_place *out)
{
    *out = (struct log_follow_place){.position = position, .offset = position};
    for (unsigned i = follow->passed_count; i-- > 0;) {
        // The end of the last file, while this one has no id.
        if (position < follow->passed[i].base || (i > 0 && !follow->passed[i].id[0]))
            continue;
        out->offset = position - follow->passed[i].base;
        memcpy(out->id, follow->passed[i].id, sizeof follow->passed[i].id);
        return;
    }
}

int64_t log_follow_left(const struct log_follow *follow)
{
    struct stat status;
    if (follow->file.fd < 0 || fstat(follow->file.fd, &status) < 0)
        return -1;
    return status.st_size > follow->file.offset ? status.st_size - follow->file.offset : 0;
}

int log_follow_changes(const struct log_follow *follow)
{
    return follow->changes;
}
