// SPDX-License-Identifier: BSD-2-Clause
#include "mailstore/rounds/tidy_move.h"

#include <inttypes.h>
#include <stdio.h>

void tidy_move_make(const struct tidy_entry *entry, const char *owner, int64_t looked, struct tidy_move *out)
{
    const bool is_deleted = entry->facts.state == TIDY_DELETED;
    *out = (struct tidy_move){.query = {"mailbox", "INBOX"}};
    snprintf(out->time, sizeof out->time, "%" PRId64, is_deleted ? entry->since : looked);
    snprintf(out->range, sizeof out->range, "1:%" PRId64, entry->since);
    if (entry->facts.state == TIDY_FULL) {
        out->query[2] = out->range;
    } else {
        out->query[1] = is_deleted ? "INBOX" : "*";
        out->query[2] = is_deleted ? "SAVEDSINCE" : "SAVEDBEFORE";
        out->query[3] = out->time;
    }
    out->request = (struct doveadm_request){.command = "move",
                                            .user = owner,
                                            .destination = STORE_UNDELIVERED_FOLDER,
                                            .source = entry->user,
                                            .query = out->query};
}

void tidy_move_look(const struct tidy_entry *entry, int64_t looked, struct tidy_move *out)
{
    static const char *const fields[] = {"hdr.return-path", "hdr.authentication-results",
                                         "date.saved.unixtime", NULL},
                             *const due_fields[] = {"uid", NULL};
    const bool is_known = entry->facts.state >= TIDY_DELETED;
    if (is_known)
        tidy_move_make(entry, "", looked, out);
    else
        *out = (struct tidy_move){.query = {"mailbox", "*", TIDY_LOOK_MESSAGES}};
    out->request = (struct doveadm_request){.command = "fetch",
                                            .user = entry->user,
                                            .fields = is_known ? due_fields : fields,
                                            .query = out->query};
}
