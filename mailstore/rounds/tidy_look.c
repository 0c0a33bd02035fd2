// SPDX-License-Identifier: BSD-2-Clause
#include "mailstore/rounds/tidy_look.h"

#include <stdlib.h>

static enum tidy_state state_of(const char *word)
{
    return strcmp(word, "blocked") == 0   ? TIDY_BLOCKED
           : strcmp(word, "deleted") == 0 ? TIDY_DELETED
           : strcmp(word, "full") == 0    ? TIDY_FULL
                                          : TIDY_UNKNOWN;
}

bool tidy_look_entry(const PGresult *result, int row, struct tidy_entry *entry)
{
    *entry = (struct tidy_entry){.facts = {.state = state_of(PQgetvalue(result, row, 4)),
                                           .bytes = strtoll(PQgetvalue(result, row, 3), NULL, 10)},
                                 .since = strtoll(PQgetvalue(result, row, 5), NULL, 10)};
    return slice_copy(slice_from(PQgetvalue(result, row, 0)), entry->address, sizeof entry->address) &&
           slice_copy(slice_from(PQgetvalue(result, row, 1)), entry->user, sizeof entry->user);
}

void tidy_look_alike(struct tidy_entry *entries, size_t count, const char *address, const char *alike)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(entries[i].address, address) == 0)
            entries[i].facts.alike = strtoll(alike, NULL, 10);
}

static bool is_failed(const char *results)
{
    return strcasestr(results, "spf=fail") != NULL;
}

static void read_first_mail(struct tidy_entry *entry, const struct doveadm_answer *answer, int64_t looked)
{
    entry->none_due = answer->end == DOVEADM_OK;
    for (size_t i = 0; i < answer->rows; i++) {
        const struct slice sender = slice_from(doveadm_answer_text(answer, i, "hdr.return-path"));
        if (i == 0)
            (void)slice_copy(sender.len < sizeof entry->sender ? sender : SLICE("-"), entry->sender,
                             sizeof entry->sender);
        if (!is_failed(doveadm_answer_text(answer, i, "hdr.authentication-results")))
            entry->facts.spf_passed = true;
        if (strtoll(doveadm_answer_text(answer, i, "date.saved.unixtime"), NULL, 10) < looked)
            entry->none_due = false;
    }
}

void tidy_look_read(struct tidy_entry *entry, const struct doveadm_answer *answer, int64_t looked)
{
    const bool has_none = answer->end == DOVEADM_OK
                              ? answer->rows == 0
                              : answer->end == DOVEADM_REFUSED && answer->code == DOVEADM_CODE_NO_FOLDER;
    if (entry->facts.state >= TIDY_DELETED) {
        entry->none_due = has_none;
        return;
    }
    entry->facts.looked_into = answer->end == DOVEADM_OK;
    entry->empty = has_none;
    read_first_mail(entry, answer, looked);
}
