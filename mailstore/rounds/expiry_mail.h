// SPDX-License-Identifier: BSD-2-Clause
// The mail of one mailbox as Dovecot lists it: by folder, and by age. Pure, but for the time zone.
#ifndef MAILSTORE_ROUNDS_EXPIRY_MAIL_H
#define MAILSTORE_ROUNDS_EXPIRY_MAIL_H

#include "mailstore/doveadm/doveadm_answer.h"
#include "mailstore/expire/expire.h"

// Folders with mail of which one pass takes all. Of a mailbox with more it takes so many, other ones each
// hour.
#define EXPIRY_FOLDERS_MAX 2000
#define EXPIRY_FOLDERS_SHARE 500
#define EXPIRY_NEVER INT64_MAX

struct expiry_folder {
    char *name; // of Dovecot, in UTF-8: with the GUID alone it would look into each folder of the user
    char guid[40];
    int64_t plain, flagged; // arrival of its oldest mail, in seconds since 1970; EXPIRY_NEVER: none
};

struct expiry_mail {
    int64_t now; // of all ages
    bool listed; // false: not all mail of a folder is known, as where it is more than an answer may list
    bool shared; // the rest of the folders is for other hours
    size_t folder_count;
    struct expiry_folder *folders;
    struct expire_ages ages;
    uint32_t plain_count[EXPIRE_DAYS_MAX + 1], flagged_count[EXPIRE_DAYS_MAX + 1];
    int64_t plain_oldest[EXPIRE_DAYS_MAX + 1], flagged_oldest[EXPIRE_DAYS_MAX + 1];
};

// Returns NULL if out of memory.
struct expiry_mail *expiry_mail_create(int64_t now);
void expiry_mail_destroy(struct expiry_mail *mail);

// Takes the folders with mail of an answer to mailboxStatus (guid, messages); those of Undelivered belong to
// another user. False if out of memory.
bool expiry_mail_folders(struct expiry_mail *mail, const struct doveadm_answer *answer)
    __attribute__((warn_unused_result));

// Takes the messages of an answer to fetch (date.received, size.virtual, flags). One that cannot be read ends
// `listed`.
void expiry_mail_add(struct expiry_mail *mail, size_t folder, const struct doveadm_answer *answer);

// Returns whether the folder has mail that a decision lets go, or may have.
bool expiry_mail_due(const struct expiry_mail *mail, size_t folder, const struct expire_decision *decision);

struct expiry_rest {
    uint64_t messages;
    int64_t oldest; // that may expire; EXPIRY_NEVER: none
};

// The rest after the decision.
struct expiry_rest expiry_mail_rest(const struct expiry_mail *mail, const struct expire_decision *decision);

#endif
