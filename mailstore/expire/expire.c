// SPDX-License-Identifier: BSD-2-Clause
#include "mailstore/expire/expire.h"

enum { DAY_S = 86400 };

void expire_add(struct expire_ages *ages, int64_t age_s, bool flagged, uint64_t bytes)
{
    int64_t days = age_s > 0 ? age_s / DAY_S : 0;
    if (days > EXPIRE_DAYS_MAX)
        days = EXPIRE_DAYS_MAX;
    uint64_t *place = flagged ? &ages->flagged[days] : &ages->plain[days];
    *place += bytes;
}

// Bytes that remain after mail of `days` or older went.
static uint64_t left_after(const struct expire_ages *ages, int64_t days, bool flagged_too)
{
    uint64_t left = 0;
    for (int64_t age = 0; age <= EXPIRE_DAYS_MAX; age++) {
        if (age < days)
            left += ages->plain[age];
        if (age < days || !flagged_too)
            left += ages->flagged[age];
    }
    return left;
}

// The most days, from `most` down to `least`, after which no more than `wanted` bytes remain; -1: none.
static int64_t most_days(const struct expire_ages *ages, int64_t most, int64_t least, bool flagged_too,
                         uint64_t wanted)
{
    uint64_t left = left_after(ages, most, flagged_too);
    for (int64_t days = most; days >= least; days--) {
        if (left <= wanted)
            return days;
        left -= days > 0 ? ages->plain[days - 1] + (flagged_too ? ages->flagged[days - 1] : 0) : 0;
    }
    return -1;
}

static int64_t raised(const struct expire_box *box, const struct expire_ages *ages, int64_t effective,
                      bool flagged_too)
{
    const uint64_t left = left_after(ages, effective, flagged_too);
    const bool is_free = box->quota == 0 || left + 2 * (uint64_t)box->room <= (uint64_t)box->quota;
    const int64_t more = effective + (effective / 4 > 1 ? effective / 4 : 1);
    if (effective >= box->days || !box->may_raise || !is_free)
        return effective;
    return more < box->days ? more : box->days;
}

static int64_t bounded(int64_t days)
{
    return days < 0 ? 0 : days > EXPIRE_DAYS_MAX ? EXPIRE_DAYS_MAX : days;
}

struct expire_decision expire_decide(const struct expire_box *box, const struct expire_ages *ages)
{
    const int64_t days = bounded(box->days);
    const int64_t before = bounded(box->effective) < days ? bounded(box->effective) : days;
    const int64_t least = box->floor_days < before ? box->floor_days : before;
    const uint64_t wanted = box->room < box->quota ? (uint64_t)(box->quota - box->room) : 0;
    struct expire_decision out = {.flagged_too = !box->keep_flagged};
    out.effective = raised(box, ages, before, out.flagged_too);
    if (box->quota > 0 && left_after(ages, out.effective, out.flagged_too) > wanted) {
        int64_t found = most_days(ages, before, least, out.flagged_too, wanted);
        if (found < 0) {
            out.flagged_too = true;
            found = most_days(ages, before, least, true, wanted);
        }
        out.effective = found < 0 ? least : found;
    }
    out.left = left_after(ages, out.effective, out.flagged_too);
    out.over_quota = box->quota > 0 && out.left >= (uint64_t)(box->quota - box->quota / 20);
    return out;
}
