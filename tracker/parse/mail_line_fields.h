// SPDX-License-Identifier: BSD-2-Clause
// One log line of Postfix (3.5 to 3.10) or of our daemons as a value. Slices lead into the line; they are as
// Postfix logged them and may hold any byte but a line feed.
#ifndef TRACKER_PARSE_MAIL_LINE_FIELDS_H
#define TRACKER_PARSE_MAIL_LINE_FIELDS_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum mail_line_kind {
    MAIL_LINE_UNKNOWN, // of a program that is read here, in no form that is known
    MAIL_LINE_OTHER,   // nothing about a message
    MAIL_LINE_CONNECT,
    MAIL_LINE_TLS,
    MAIL_LINE_DISCONNECT,
    MAIL_LINE_CLIENT,     // smtpd or pickup begins a queue file
    MAIL_LINE_REJECT,     // smtpd or cleanup refuses: action, reply
    MAIL_LINE_MESSAGE_ID, // cleanup
    MAIL_LINE_QUEUED,     // qmgr takes it: sender, size, recipients
    MAIL_LINE_STATUS,     // of a recipient: status
    MAIL_LINE_EXPIRED,
    MAIL_LINE_REMOVED,
    MAIL_LINE_HELD,
    MAIL_LINE_RELEASED,
    MAIL_LINE_NOTICE,   // bounce makes a message about another: child
    MAIL_LINE_DECISION, // policyd, of a recipient
    MAIL_LINE_FILTERED, // the milter, of a recipient
    MAIL_LINE_ENDED,    // the milter, of a message
    MAIL_LINE_KINDS
};

enum mail_action { MAIL_ACTION_NONE, MAIL_ACTION_ACCEPT, MAIL_ACTION_DEFER, MAIL_ACTION_REJECT };

enum mail_status {
    MAIL_STATUS_SENT,
    MAIL_STATUS_DEFERRED,
    MAIL_STATUS_BOUNCED,
    MAIL_STATUS_PROBED // "deliverable", "undeliverable": a message of verify(8)
};

struct mail_line {
    enum mail_line_kind kind;
    int64_t time; // microseconds since 1970
    uint32_t pid; // of the smtpd process; of a decision: the one that asked
    struct slice queue_id;
    struct slice client_name, client, helo, login, tls;
    struct slice sender, recipient, original; // original: orig_to, empty: none
    bool has_sender;
    struct slice message_id, child;
    int64_t size, recipients; // -1: not known
    enum mail_status status;
    bool is_stored; // by a program that delivers to a mail store: lmtp, virtual, local, pipe
    struct slice host, reply;
    double delay; // seconds, -1: not known
    enum mail_action action;
    struct slice reason, rule, domain, instance;
};

#endif
