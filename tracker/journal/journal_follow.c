// SPDX-License-Identifier: BSD-2-Clause
#include "tracker/journal/journal_follow.h"

#include "base/memory.h"
#include "tracker/journal/journal_cursors.h"
#include "tracker/journal/journal_line.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

struct journal_follow {
    const char *folder;
    sd_journal *journal;           // NULL: not open
    struct log_follow_place start; // where reading begins, or went on after a failure
    struct log_follow_place place; // where the rows ended at the start
    struct log_follow_place last;  // of the last entry that was read, while its position is `position`
    int64_t position;              // after that entry
    bool is_replay;                // the entry of `place` is still to come
    bool has_entry;                // the current entry is not read yet
    bool has_gap;                  // to be reported
    int changes;                   // epoll: the journal's own descriptor is another one after each opening
    struct journal_cursors cursors;
    char line[JOURNAL_LINE_MAX];
};

static bool is_mail(sd_journal *journal)
{
    return sd_journal_add_match(journal, "SYSLOG_FACILITY=2", 0) >= 0 &&
           sd_journal_set_data_threshold(journal, LOG_FILE_LINE_MAX) >= 0;
}

static sd_journal *open_journal(const char *folder)
{
    sd_journal *journal = NULL;
    const int rc = folder ? sd_journal_open_directory(&journal, folder, 0)
                          : sd_journal_open(&journal, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM);
    if (rc < 0) {
        errno = -rc;
        return NULL;
    }
    if (is_mail(journal))
        return journal;
    sd_journal_close(journal);
    errno = ENOMEM;
    return NULL;
}

// Goes to the entry of a cursor, whose successor is the next one; false: it is not there, and the current
// entry, if any, is one after it.
static bool go_to(sd_journal *journal, const char *cursor, bool *has_entry)
{
    *has_entry = sd_journal_seek_cursor(journal, cursor) >= 0 && sd_journal_next(journal) > 0;
    return *has_entry && sd_journal_test_cursor(journal, cursor) > 0;
}

static void seek(struct journal_follow *follow)
{
    follow->has_entry = follow->is_replay = false;
    follow->position = follow->start.position;
    if (!follow->start.id[0]) {
        (void)sd_journal_seek_head(follow->journal);
        return;
    }
    const bool is_before = follow->start.position < follow->place.position;
    if (is_before && go_to(follow->journal, follow->place.id, &follow->has_entry) &&
        go_to(follow->journal, follow->start.id, &follow->has_entry)) {
        follow->has_entry = false;
        follow->is_replay = true;
        return;
    }
    if (is_before)
        follow->start = follow->place;
    follow->position = follow->start.position;
    if (go_to(follow->journal, follow->start.id, &follow->has_entry))
        follow->has_entry = false;
    else
        follow->has_gap = true;
}

static bool open_follow(struct journal_follow *follow)
{
    struct epoll_event event = {.events = EPOLLIN};
    follow->journal = open_journal(follow->folder);
    if (!follow->journal)
        return false;
    const int fd = sd_journal_get_fd(follow->journal); // before the first look, so that no change is missed
    if (fd >= 0)
        (void)epoll_ctl(follow->changes, EPOLL_CTL_ADD, fd, &event);
    seek(follow);
    return true;
}

struct journal_follow *journal_follow_create(const char *folder, const struct log_follow_place *replay,
                                             const struct log_follow_place *place)
{
    struct journal_follow *follow = memory_or_exit(calloc(1, sizeof *follow));
    follow->folder = folder;
    follow->start = replay->id[0] ? *replay : *place;
    follow->place = *place;
    follow->position = follow->start.position;
    follow->changes = epoll_create1(EPOLL_CLOEXEC);
    (void)open_follow(follow);
    return follow;
}

void journal_follow_destroy(struct journal_follow *follow)
{
    if (!follow)
        return;
    sd_journal_close(follow->journal);
    if (follow->changes >= 0)
        close(follow->changes);
    free(follow);
}

static struct slice read_field(sd_journal *journal, const char *name)
{
    const void *data;
    size_t len;
    const size_t head = strlen(name) + 1; // "NAME="
    if (sd_journal_get_data(journal, name, &data, &len) < 0 || len < head)
        return (struct slice){NULL, 0};
    return slice_make((const char *)data + head, len - head);
}

static struct slice read_line(struct journal_follow *follow)
{
    char identifier[256], pid[32];
    uint64_t time = 0;
    struct slice value = read_field(follow->journal, "SYSLOG_IDENTIFIER");
    struct journal_entry entry = {.time = 0};
    // The next field may take the place of the last one in memory.
    if (slice_copy(value, identifier, sizeof identifier))
        entry.identifier = slice_from(identifier);
    value = read_field(follow->journal, "SYSLOG_PID");
    if (value.len == 0)
        value = read_field(follow->journal, "_PID");
    if (slice_copy(value, pid, sizeof pid))
        entry.pid = slice_from(pid);
    if (sd_journal_get_realtime_usec(follow->journal, &time) >= 0)
        entry.time = (int64_t)time;
    entry.message = read_field(follow->journal, "MESSAGE");
    return journal_line_write(&entry, follow->line);
}

static bool read_cursor(const struct journal_follow *follow, struct log_follow_place *out)
{
    char *cursor = NULL;
    struct log_follow_place place = {.position = follow->position};
    const bool good = follow->journal && sd_journal_get_cursor(follow->journal, &cursor) >= 0 &&
                      slice_copy(slice_from(cursor), place.id, sizeof place.id);
    free(cursor);
    if (good)
        *out = place;
    return good;
}

// While it is there: its file may be removed.
static bool keep_last(struct journal_follow *follow)
{
    if (follow->has_entry || follow->is_replay || follow->position == follow->start.position)
        return false;
    return follow->last.position == follow->position || read_cursor(follow, &follow->last);
}

// The journal is opened again, after the last entry that was read.
static enum log_follow_rc fail(struct journal_follow *follow, int error)
{
    if (keep_last(follow))
        follow->start = follow->last;
    sd_journal_close(follow->journal);
    follow->journal = NULL;
    errno = error;
    return LOG_FOLLOW_FAILED;
}

// The entries of a replay are before `place`, and the one of its cursor ends it, whatever was removed
// meanwhile.
static void pass(struct journal_follow *follow, size_t len)
{
    struct log_follow_place passed;
    follow->has_entry = false;
    follow->position += (int64_t)len + 1;
    if (follow->is_replay && sd_journal_test_cursor(follow->journal, follow->place.id) > 0) {
        follow->is_replay = false;
        follow->position = follow->place.position;
    } else if (follow->is_replay && follow->position >= follow->place.position) {
        follow->position = follow->place.position - 1;
    }
    if (journal_cursors_due(&follow->cursors, follow->position) && read_cursor(follow, &passed))
        journal_cursors_note(&follow->cursors, &passed);
}

enum log_follow_rc journal_follow_next(struct journal_follow *follow, struct slice *line, int64_t *position)
{
    if (!follow->journal && !open_follow(follow))
        return LOG_FOLLOW_FAILED;
    if (follow->has_gap) {
        follow->has_gap = false;
        return LOG_FOLLOW_GAP;
    }
    int rc = follow->has_entry ? 1 : sd_journal_next(follow->journal);
    if (rc == 0) {
        (void)keep_last(follow);
        const int changed = sd_journal_process(follow->journal);
        rc = changed < 0 ? changed : sd_journal_next(follow->journal);
    }
    if (rc < 0)
        return fail(follow, -rc);
    if (rc == 0)
        return LOG_FOLLOW_WAIT;
    *position = follow->position;
    *line = read_line(follow);
    pass(follow, line->len);
    return LOG_FOLLOW_LINE;
}

int64_t journal_follow_position(const struct journal_follow *follow)
{
    return follow->position;
}

void journal_follow_find(struct journal_follow *follow, int64_t position, struct log_follow_place *out)
{
    if (position == follow->position && keep_last(follow)) {
        *out = follow->last;
        return;
    }
    const struct log_follow_place *passed = journal_cursors_find(&follow->cursors, position);
    *out = passed && passed->position > follow->start.position ? *passed : follow->start;
}

int journal_follow_changes(const struct journal_follow *follow)
{
    return follow->changes;
}

bool journal_follow_probe(const char *folder)
{
    sd_journal *journal = open_journal(folder);
    const bool good = journal && sd_journal_seek_tail(journal) >= 0 && sd_journal_previous(journal) > 0;
    sd_journal_close(journal);
    return good;
}
