// SPDX-License-Identifier: BSD-2-Clause
#include "mailstore/tidy/tidy.h"

static const char *const reason_words[TIDY_REASONS] = {
    [TIDY_NEW] = "new",
    [TIDY_NOT_READ] = "not-read",
    [TIDY_NOT_MOVED] = "not-moved",
    [TIDY_NO_MAILBOX] = "no-mailbox",
    [TIDY_IS_BLOCKED] = "blocked",
    [TIDY_IS_DELETED] = "deleted",
    [TIDY_IS_FULL] = "candidate-full",
    [TIDY_NO_CATCHALL] = "no-catchall",
    [TIDY_SPF_FAILED] = "spf-failed",
    [TIDY_DICTIONARY_RUN] = "dictionary-run",
    [TIDY_OVER_CANDIDATE_QUOTA] = "over-candidate-quota",
    [TIDY_NO_CANDIDATE_LEFT] = "no-candidate-left",
    [TIDY_HOUR_EXHAUSTED] = "hour-exhausted",
};

const char *tidy_reason_word(enum tidy_reason reason)
{
    return reason_words[reason];
}

const char *tidy_action_word(enum tidy_action action)
{
    static const char *const words[] = {
        [TIDY_WAIT] = "wait", [TIDY_CANDIDATE] = "candidate", [TIDY_UNDELIVERED] = "undelivered"};
    return words[action];
}

static enum tidy_reason obstacle(const struct tidy_room *room, const struct tidy_user *user)
{
    if (user->state == TIDY_BLOCKED)
        return TIDY_IS_BLOCKED;
    if (user->state == TIDY_DELETED)
        return TIDY_IS_DELETED;
    if (user->state == TIDY_FULL)
        return TIDY_IS_FULL;
    if (!room->catchall)
        return TIDY_NO_CATCHALL;
    if (!user->looked_into)
        return TIDY_NOT_READ;
    if (!user->spf_passed)
        return TIDY_SPF_FAILED;
    if (user->alike >= room->run_addresses)
        return TIDY_DICTIONARY_RUN;
    if (user->bytes > room->candidate_quota)
        return TIDY_OVER_CANDIDATE_QUOTA;
    if (room->candidates_left <= 0)
        return TIDY_NO_CANDIDATE_LEFT;
    if (room->hour_left <= 0)
        return TIDY_HOUR_EXHAUSTED;
    return TIDY_NEW;
}

struct tidy_decision tidy_decide(struct tidy_room *room, const struct tidy_user *user)
{
    struct tidy_decision out = {.action = TIDY_UNDELIVERED, .reason = obstacle(room, user)};
    if (out.reason == TIDY_NOT_READ)
        out.action = TIDY_WAIT;
    if (out.reason == TIDY_NEW) {
        out.action = TIDY_CANDIDATE;
        room->candidates_left--;
        room->hour_left--;
    }
    return out;
}

struct tidy_decision tidy_decide_refused(struct tidy_room *room)
{
    room->candidates_left++;
    room->hour_left++;
    return (struct tidy_decision){.action = TIDY_UNDELIVERED, .reason = TIDY_NO_MAILBOX};
}
