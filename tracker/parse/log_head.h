// SPDX-License-Identifier: BSD-2-Clause
// The head of a log line: time, host, program and process id. Known formats: traditional ("Nov 29 14:13:28 mx
// postfix/smtpd[9]: text"), the same with an ISO 8601 time (rsyslog's and Postfix's own), RFC 5424
// ("<22>1 TIME mx postfix/smtpd 9 - - text"), and what our daemons write to stderr ("TIME
// emailgency-policyd[9]: info: text"), which may be the text of another one.
#ifndef TRACKER_PARSE_LOG_HEAD_H
#define TRACKER_PARSE_LOG_HEAD_H

#include "tracker/parse/log_clock.h"

struct log_head {
    int64_t time;         // microseconds since 1970
    struct slice program; // the last part of the tag: "smtpd" of "postfix/submission/smtpd"
    struct slice service; // all of it
    uint32_t pid;         // 0: none
    struct slice text;
};

// False: not a line of a known format.
bool log_head_parse(struct log_clock *clock, struct slice line, struct log_head *out)
    __attribute__((warn_unused_result));

#endif
