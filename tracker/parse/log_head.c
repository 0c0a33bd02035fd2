// SPDX-License-Identifier: BSD-2-Clause
#include "tracker/parse/log_head.h"

#include "tracker/parse/line_scan.h"

enum { OWN_PREFIX = 11 }; // "emailgency-"

enum { PRIORITY_MAX = 191 }; // RFC 5424, 6.2.1

static int64_t take_time(struct log_clock *clock, struct slice *rest)
{
    if (rest->len == 0)
        return -1;
    return rest->ptr[0] >= '0' && rest->ptr[0] <= '9' ? log_clock_iso(clock, rest)
                                                      : log_clock_traditional(clock, rest);
}

// "postfix/smtpd[9]: " with `out->service` before the bracket; a tag may lack the process id.
static bool take_tag(struct slice *rest, struct log_head *out)
{
    int64_t pid = 0;
    size_t len = 0;
    while (len < rest->len && rest->ptr[len] > ' ' && rest->ptr[len] != '[' && rest->ptr[len] != ':')
        len++;
    if (len == 0 || len == rest->len)
        return false;
    out->service = slice_make(rest->ptr, len);
    struct slice tail = slice_skip(*rest, len);
    if (line_scan_word(&tail, SLICE("[")) &&
        (!line_scan_number(&tail, UINT32_MAX, &pid) || !line_scan_word(&tail, SLICE("]"))))
        return false;
    if (!line_scan_word(&tail, SLICE(":")))
        return false;
    (void)line_scan_word(&tail, SLICE(" "));
    out->pid = (uint32_t)pid;
    *rest = tail;
    return true;
}

static bool take_host_and_tag(struct slice *rest, struct log_head *out)
{
    struct slice host, tail = *rest;
    if (rest->len > OWN_PREFIX && memcmp(rest->ptr, "emailgency-", OWN_PREFIX) == 0 && take_tag(rest, out))
        return true;
    if (!line_scan_until(&tail, SLICE(" "), &host) || host.len == 0 || !take_tag(&tail, out))
        return false;
    *rest = tail;
    return true;
}

// After the version: TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA MSG (RFC 5424 section 6).
static bool take_rfc5424(struct log_clock *clock, struct slice *rest, struct log_head *out)
{
    struct slice host, pid, id;
    int64_t number = 0;
    out->time = log_clock_iso(clock, rest);
    if (out->time < 0 || !line_scan_until(rest, SLICE(" "), &host) ||
        !line_scan_until(rest, SLICE(" "), &out->service) || !line_scan_until(rest, SLICE(" "), &pid) ||
        !line_scan_until(rest, SLICE(" "), &id))
        return false;
    if (line_scan_number(&pid, UINT32_MAX, &number))
        out->pid = (uint32_t)number;
    if (line_scan_word(rest, SLICE("- ")))
        (void)line_scan_word(rest, SLICE("\xef\xbb\xbf"));
    else if (!line_scan_word(rest, SLICE("[")) || !line_scan_until(rest, SLICE("] "), &id))
        return false;
    return true;
}

// A line of our daemons that another program logged: the inner head is skipped, its process id counts.
static void take_inner(struct log_head *out)
{
    struct log_head inner = {.pid = 0};
    struct log_clock clock = {.now = 0};
    struct slice rest = out->text, level;
    if (rest.len > 20 && rest.ptr[0] == '2' && log_clock_iso(&clock, &rest) >= 0 &&
        take_host_and_tag(&rest, &inner)) {
        out->pid = inner.pid;
        out->text = rest;
    }
    rest = out->text;
    if (line_scan_until(&rest, SLICE(": "), &level) &&
        (slice_equal(level, SLICE("info")) || slice_equal(level, SLICE("warning"))))
        out->text = rest;
}

bool log_head_parse(struct log_clock *clock, struct slice line, struct log_head *out)
{
    struct slice rest = line, tail;
    int64_t priority;
    *out = (struct log_head){.pid = 0};
    if (line_scan_word(&rest, SLICE("<")) && line_scan_number(&rest, PRIORITY_MAX, &priority) &&
        line_scan_word(&rest, SLICE(">1 "))) {
        if (!take_rfc5424(clock, &rest, out))
            return false;
    } else {
        rest = line;
        out->time = take_time(clock, &rest);
        if (out->time < 0 || !take_host_and_tag(&rest, out))
            return false;
    }
    out->text = rest;
    if (!slice_split_last(out->service, '/', &tail, &out->program))
        out->program = out->service;
    if (slice_has_prefix(out->program, SLICE("emailgency-")))
        take_inner(out);
    return true;
}
