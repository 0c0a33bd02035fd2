// SPDX-License-Identifier: BSD-2-Clause
#include "mailstore/rounds/expiry_mail.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DAY_S = 86400, SHARE_S = 3600 };

struct expiry_mail *expiry_mail_create(int64_t now)
{
    struct expiry_mail *mail = calloc(1, sizeof *mail);
    if (!mail)
        return NULL;
    mail->now = now;
    mail->listed = true;
    for (size_t i = 0; i <= EXPIRE_DAYS_MAX; i++)
        mail->plain_oldest[i] = mail->flagged_oldest[i] = EXPIRY_NEVER;
    return mail;
}

void expiry_mail_destroy(struct expiry_mail *mail)
{
    if (!mail)
        return;
    for (size_t i = 0; i < mail->folder_count; i++)
        free(mail->folders[i].name);
    free(mail->folders);
    free(mail);
}

// Without mail there is nothing to do; Undelivered belongs to another user.
static bool has_mail(const struct doveadm_answer *answer, size_t row)
{
    const size_t guid = strlen(doveadm_answer_text(answer, row, "guid"));
    return !slice_has_prefix(slice_from(doveadm_answer_text(answer, row, "mailbox")),
                             SLICE("Undelivered/")) &&
           strcmp(doveadm_answer_text(answer, row, "messages"), "0") != 0 && guid > 0 &&
           guid < sizeof((struct expiry_folder *)0)->guid;
}

// The first folder of this pass.
static size_t share_of(struct expiry_mail *mail, size_t folders)
{
    const size_t shares = (folders + EXPIRY_FOLDERS_SHARE - 1) / EXPIRY_FOLDERS_SHARE;
    if (folders <= EXPIRY_FOLDERS_MAX)
        return 0;
    mail->shared = true;
    mail->listed = false;
    return (size_t)(mail->now / SHARE_S) % shares * EXPIRY_FOLDERS_SHARE;
}

bool expiry_mail_folders(struct expiry_mail *mail, const struct doveadm_answer *answer)
{
    size_t folders = 0, place = 0;
    for (size_t i = 0; i < answer->rows; i++)
        folders += has_mail(answer, i);
    const size_t first = share_of(mail, folders),
                 count = mail->shared ? EXPIRY_FOLDERS_SHARE : EXPIRY_FOLDERS_MAX;
    mail->folders = calloc(count, sizeof *mail->folders);
    for (size_t i = 0; mail->folders && i < answer->rows && mail->folder_count < count; i++) {
        if (!has_mail(answer, i) || place++ < first)
            continue;
        struct expiry_folder *folder = &mail->folders[mail->folder_count];
        (void)slice_copy(slice_from(doveadm_answer_text(answer, i, "guid")), folder->guid,
                         sizeof folder->guid);
        folder->name = strdup(doveadm_answer_text(answer, i, "mailbox"));
        folder->plain = folder->flagged = EXPIRY_NEVER;
        if (!folder->name)
            return false;
        mail->folder_count++;
    }
    return mail->folders != NULL;
}

// doveadm prints the local time. The hour that a clock is set back is read as either of two; what goes is
// decided by Dovecot, by the exact time.
static bool read_time(const char *text, int64_t *out)
{
    struct tm tm = {.tm_isdst = -1};
    const char *end = strptime(text, "%Y-%m-%d %H:%M:%S", &tm);
    if (!end || *end)
        return false;
    tm.tm_isdst = -1;
    *out = (int64_t)mktime(&tm);
    return true;
}

static size_t day_of(const struct expiry_mail *mail, int64_t arrived)
{
    const int64_t days = (mail->now - arrived) / DAY_S;
    return days < 0 ? 0 : days > EXPIRE_DAYS_MAX ? EXPIRE_DAYS_MAX : (size_t)days;
}

static void lower(int64_t *least, int64_t value)
{
    if (value < *least)
        *least = value;
}

static void add_message(struct expiry_mail *mail, struct expiry_folder *folder, int64_t arrived, bool flagged,
                        uint64_t bytes)
{
    const size_t day = day_of(mail, arrived);
    expire_add(&mail->ages, mail->now - arrived, flagged, bytes);
    lower(flagged ? &folder->flagged : &folder->plain, arrived);
    lower(flagged ? &mail->flagged_oldest[day] : &mail->plain_oldest[day], arrived);
    if (flagged)
        mail->flagged_count[day]++;
    else
        mail->plain_count[day]++;
}

void expiry_mail_add(struct expiry_mail *mail, size_t folder, const struct doveadm_answer *answer)
{
    if (answer->rows == 0) // its mail has gone meanwhile, or its name
        mail->listed = false;
    for (size_t i = 0; i < answer->rows; i++) {
        int64_t arrived;
        unsigned long long bytes;
        if (!read_time(doveadm_answer_text(answer, i, "date.received"), &arrived) ||
            !slice_number(slice_from(doveadm_answer_text(answer, i, "size.virtual")), INT64_MAX, &bytes)) {
            mail->listed = false;
            continue;
        }
        const bool flagged = strstr(doveadm_answer_text(answer, i, "flags"), "\\Flagged") != NULL;
        add_message(mail, &mail->folders[folder], arrived, flagged, bytes);
    }
}

bool expiry_mail_due(const struct expiry_mail *mail, size_t folder, const struct expire_decision *decision)
{
    const struct expiry_folder *wanted = &mail->folders[folder];
    const int64_t cut = mail->now - decision->effective * DAY_S;
    return !mail->listed || wanted->plain <= cut || (decision->flagged_too && wanted->flagged <= cut);
}

struct expiry_rest expiry_mail_rest(const struct expiry_mail *mail, const struct expire_decision *decision)
{
    struct expiry_rest rest = {.oldest = EXPIRY_NEVER};
    for (int64_t day = 0; day <= EXPIRE_DAYS_MAX; day++) {
        const bool stays = day < decision->effective;
        if (stays) {
            rest.messages += mail->plain_count[day];
            lower(&rest.oldest, mail->plain_oldest[day]);
        }
        if (stays || !decision->flagged_too)
            rest.messages += mail->flagged_count[day];
        if (stays && decision->flagged_too)
            lower(&rest.oldest, mail->flagged_oldest[day]);
    }
    if (!mail->listed) // looked at again in a day
        lower(&rest.oldest, mail->now - (decision->effective - 1) * DAY_S);
    if (mail->shared)
        lower(&rest.oldest, mail->now - decision->effective * DAY_S + SHARE_S);
    return rest;
}
