// SPDX-License-Identifier: BSD-2-Clause
#include "tracker/log_source.h"

#include "base/log.h"

#include <errno.h>
#include <unistd.h>

static const struct slice journal_word = SLICE("journal");

// True for the journal; `folder` gets its folder, NULL: that of this machine.
static bool is_journal(const char *log, const char **folder)
{
    *folder = NULL;
    if (!slice_has_prefix(slice_from(log), journal_word))
        return false;
    const char *rest = log + journal_word.len;
    if (*rest == ':')
        *folder = rest + 1;
    return *rest == '\0' || *rest == ':';
}

bool log_source_check(const char *log, struct problem *problem)
{
    const char *folder;
    const bool journal = is_journal(log, &folder);
    if (journal ? !folder || *folder == '/' : *log == '/')
        return true;
    return problem_set(problem,
                       "write an absolute path, such as /var/log/mail.log, or journal for systemd's");
}

void log_source_init(struct log_source *source, const char *log, const struct log_follow_place *replay,
                     const struct log_follow_place *place)
{
    const char *folder;
    *source = (struct log_source){.file = NULL};
    if (is_journal(log, &folder))
        source->journal = journal_follow_create(folder, replay, place);
    else
        source->file = log_follow_create(log, replay, place);
}

void log_source_finish(struct log_source *source)
{
    log_follow_destroy(source->file);
    journal_follow_destroy(source->journal);
    *source = (struct log_source){.file = NULL};
}

bool log_source_is_open(const struct log_source *source)
{
    return source->file || source->journal;
}

enum log_follow_rc log_source_next(struct log_source *source, int64_t now, struct slice *line,
                                   int64_t *position)
{
    return source->journal ? journal_follow_next(source->journal, line, position)
                           : log_follow_next(source->file, now, line, position);
}

int64_t log_source_position(const struct log_source *source)
{
    return source->journal ? journal_follow_position(source->journal) : log_follow_position(source->file);
}

void log_source_find(struct log_source *source, int64_t position, struct log_follow_place *out)
{
    if (source->journal)
        journal_follow_find(source->journal, position, out);
    else
        log_follow_find(source->file, position, out);
}

int64_t log_source_left(const struct log_source *source)
{
    return source->file ? log_follow_left(source->file) : -1;
}

int log_source_changes(const struct log_source *source)
{
    return source->journal ? journal_follow_changes(source->journal) : log_follow_changes(source->file);
}

void log_source_probe(const char *log)
{
    const char *folder;
    if (is_journal(log, &folder)) {
        if (!journal_follow_probe(folder))
            log_warn(
                "no line of facility mail can be read in the journal; make emailgency-tracker a member of "
                "systemd-journal, if there are any");
    } else if (access(log, R_OK) < 0) {
        log_warn(
            "cannot read mail_log %s: %s; let the group adm read it, and make emailgency-tracker a member",
            log, strerror(errno));
    }
}
