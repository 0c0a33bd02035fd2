// SPDX-License-Identifier: BSD-2-Clause
#include "tracker/journal/journal_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

enum { SECOND = 1000000, IDENTIFIER_MAX = 128, PID_MAX = 10 };

static size_t put_time(char *out, size_t size, int64_t time)
{
    struct tm tm = {.tm_mday = 1};
    const time_t seconds = time / SECOND;
    (void)gmtime_r(&seconds, &tm);
    const size_t len = strftime(out, size, "%Y-%m-%dT%H:%M:%S", &tm);
    return len + (size_t)snprintf(out + len, size - len, ".%06" PRId64 "Z - ", time % SECOND);
}

static size_t put_identifier(char *out, struct slice identifier)
{
    const size_t len = identifier.len < IDENTIFIER_MAX ? identifier.len : IDENTIFIER_MAX;
    for (size_t i = 0; i < len; i++) {
        const char c = identifier.ptr[i];
        out[i] = '?';
        if (c > ' ' && c <= '~' && c != '[' && c != ']' && c != ':')
            out[i] = c;
    }
    if (len > 0)
        return len;
    out[0] = '?';
    return 1;
}

static size_t put_pid(char *out, size_t size, struct slice pid)
{
    bool is_number = pid.len > 0 && pid.len <= PID_MAX;
    for (size_t i = 0; i < pid.len; i++)
        is_number &= pid.ptr[i] >= '0' && pid.ptr[i] <= '9';
    if (!is_number)
        return (size_t)snprintf(out, size, ": ");
    return (size_t)snprintf(out, size, "[%.*s]: ", (int)pid.len, pid.ptr);
}

struct slice journal_line_write(const struct journal_entry *entry, char out[JOURNAL_LINE_MAX])
{
    const size_t count = entry->message.len < LOG_FILE_LINE_MAX ? entry->message.len : LOG_FILE_LINE_MAX;
    size_t len = put_time(out, JOURNAL_LINE_MAX, entry->time < 0 ? 0 : entry->time);
    len += put_identifier(out + len, entry->identifier);
    len += put_pid(out + len, JOURNAL_LINE_MAX - len, entry->pid);
    for (size_t i = 0; i < count; i++) {
        const char c = entry->message.ptr[i];
        out[len++] = '?';
        if (c != '\n' && c != '\0')
            out[len - 1] = c;
    }
    return slice_make(out, len);
}
