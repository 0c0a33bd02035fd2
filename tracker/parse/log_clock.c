// SPDX-License-Identifier: BSD-2-Clause
#include "tracker/parse/log_clock.h"

#include <time.h>

static const int64_t SECOND = 1000000, DAY_S = 86400, HOUR_S = 3600;

enum { TRADITIONAL_LENGTH = 16, ISO_LENGTH = 19, MINUTE_S = 60 };

static int two_digits(const char *at)
{
    const int tens = at[0] == ' ' ? 0 : at[0] - '0', units = at[1] - '0';
    return tens < 0 || tens > 9 || units < 0 || units > 9 ? -1 : tens * 10 + units;
}

static int month_of(const char *at)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (int i = 0; i < 12; i++)
        if (memcmp(at, names + (ptrdiff_t)i * 3, 3) == 0)
            return i;
    return -1;
}

// The start of the hour that fits best to what is known; -1: there is no such hour.
static int64_t find_hour(const struct log_clock *clock, int month, int day, int hour)
{
    const time_t now = clock->now;
    struct tm today;
    int64_t best = -1;
    if (!localtime_r(&now, &today))
        return -1;
    for (int year = today.tm_year - 1; year <= today.tm_year + 1; year++) {
        for (int summer = 1; summer >= 0; summer--) {
            struct tm tm = {
                .tm_year = year, .tm_mon = month, .tm_mday = day, .tm_hour = hour, .tm_isdst = summer};
            const int64_t at = mktime(&tm);
            const bool same = tm.tm_mday == day && tm.tm_hour == hour && tm.tm_isdst == summer;
            if (!same || at == -1 || at > clock->now + DAY_S)
                continue;
            const bool nearer = best == -1 || at > best + 2 * HOUR_S;
            // The second of two hours of one name, once the first is over.
            const bool second =
                best != -1 && at > best && at <= best + 2 * HOUR_S && clock->last / SECOND >= at - 600;
            if (nearer || second)
                best = at;
        }
    }
    return best;
}

int64_t log_clock_traditional(struct log_clock *clock, struct slice *rest)
{
    const char *at = rest->ptr;
    if (rest->len < TRADITIONAL_LENGTH || at[3] != ' ' || at[6] != ' ' || at[9] != ':' || at[12] != ':' ||
        at[15] != ' ')
        return -1;
    const int minute = two_digits(at + 10), second = two_digits(at + 13);
    if (minute < 0 || minute > 59 || second < 0 || second > 60)
        return -1;
    int64_t time = clock->hour_start + (int64_t)minute * MINUTE_S + second;
    if (!clock->has_hour || memcmp(clock->hour, at, sizeof clock->hour) != 0 ||
        time * SECOND + 600 * SECOND < clock->last) {
        const int month = month_of(at), day = two_digits(at + 4), hour = two_digits(at + 7);
        if (month < 0 || day < 1 || hour < 0 || hour > 23)
            return -1;
        const int64_t start = find_hour(clock, month, day, hour);
        if (start == -1)
            return -1;
        memcpy(clock->hour, at, sizeof clock->hour);
        clock->hour_start = start;
        clock->has_hour = true;
        time = start + (int64_t)minute * MINUTE_S + second;
    }
    *rest = slice_skip(*rest, TRADITIONAL_LENGTH);
    return clock->last = time * SECOND;
}

// ".123456": microseconds; further digits are skipped.
static int64_t take_fraction(struct slice *rest)
{
    int64_t value = 0, unit = SECOND / 10;
    if (rest->len == 0 || (rest->ptr[0] != '.' && rest->ptr[0] != ','))
        return 0;
    *rest = slice_skip(*rest, 1);
    for (; rest->len && rest->ptr[0] >= '0' && rest->ptr[0] <= '9'; *rest = slice_skip(*rest, 1), unit /= 10)
        value += unit * (rest->ptr[0] - '0');
    return value;
}

// "Z", "+01:00", "-0530" or nothing: seconds east of UTC.
static bool take_zone(struct slice *rest, int64_t *east)
{
    *east = 0;
    if (rest->len == 0 || rest->ptr[0] == ' ')
        return true;
    const char sign = rest->ptr[0];
    *rest = slice_skip(*rest, 1);
    if (sign == 'Z')
        return true;
    if ((sign != '+' && sign != '-') || rest->len < 4)
        return false;
    const bool colon = rest->ptr[2] == ':';
    if (colon && rest->len < 5)
        return false;
    const int hours = two_digits(rest->ptr), minutes = two_digits(rest->ptr + (colon ? 3 : 2));
    *rest = slice_skip(*rest, colon ? 5 : 4);
    *east = (sign == '-' ? -1 : 1) * (hours * HOUR_S + (int64_t)minutes * MINUTE_S);
    return hours >= 0 && hours < 15 && minutes >= 0 && minutes < 60;
}

// Days since 1970 of a date in the Gregorian calendar.
static int64_t days_of(int64_t year, int month, int day)
{
    const int64_t y = month <= 2 ? year - 1 : year;
    const int64_t m = month <= 2 ? month + 9 : month - 3;
    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

int64_t log_clock_iso(struct log_clock *clock, struct slice *rest)
{
    struct slice tail = *rest;
    int64_t east;
    const char *at = rest->ptr;
    if (rest->len < ISO_LENGTH + 1 || at[4] != '-' || at[7] != '-' || (at[10] != 'T' && at[10] != ' ') ||
        at[13] != ':' || at[16] != ':')
        return -1;
    const int century = two_digits(at), year = two_digits(at + 2), month = two_digits(at + 5),
              day = two_digits(at + 8);
    const int hour = two_digits(at + 11), minute = two_digits(at + 14), second = two_digits(at + 17);
    if (century < 19 || year < 0 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 ||
        minute < 0 || minute > 59 || second < 0 || second > 60)
        return -1;
    tail = slice_skip(tail, ISO_LENGTH);
    const int64_t fraction = take_fraction(&tail);
    if (!take_zone(&tail, &east) || tail.len == 0 || tail.ptr[0] != ' ')
        return -1;
    *rest = slice_skip(tail, 1);
    const int64_t seconds = days_of(century * 100 + year, month, day) * DAY_S + hour * HOUR_S +
                            (int64_t)minute * MINUTE_S + second;
    return clock->last = (seconds - east) * SECOND + fraction;
}
