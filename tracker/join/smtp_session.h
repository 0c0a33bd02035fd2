// SPDX-License-Identifier: BSD-2-Clause
// The sessions of smtpd processes, each by its process id: what is said before a queue id exists.
#ifndef TRACKER_JOIN_SMTP_SESSION_H
#define TRACKER_JOIN_SMTP_SESSION_H

#include "tracker/join/tracked_message.h"
#include "tracker/parse/mail_line.h"

enum { SESSION_REFUSALS = 4, SESSION_TEXT_MAX = 255, SESSION_PENDING_MAX = 50 };

// A decision of policyd that smtpd has not logged yet.
struct pending_decision {
    struct pending_decision *next;
    struct tracked_message *message;
    int64_t id, time;
    uint64_t recipient; // a hash
    enum mail_action action;
    size_t address_len, reason_len, rule_len;
    char text[]; // address, reason, rule
};

// A refusal that smtpd logged before policyd's line of it came.
struct refusal {
    int64_t message, message_time, id, time;
    uint64_t recipient;
};

struct smtp_session {
    uint32_t pid;
    bool is_closed;
    int64_t begun;     // position of its first line
    int64_t last;      // time of its last line
    uint64_t instance; // a hash of that of the last decision
    struct smtp_session *chain, *older, *newer;
    struct tracked_message *message; // the transaction's; NULL: none yet
    struct pending_decision *pending;
    unsigned pending_count;
    struct refusal refusals[SESSION_REFUSALS];
    unsigned refusal_count;
    char tls[SESSION_TEXT_MAX + 1];
};

enum { SESSION_BUCKETS = 4096 };

struct session_table {
    struct smtp_session *buckets[SESSION_BUCKETS];
    struct smtp_session *oldest, *newest;
    size_t count, max;
};

// The session of a process, NULL: none.
struct smtp_session *smtp_session_find(struct session_table *table, uint32_t pid);
// A new one; the caller has taken the old one of this process out. NULL if out of memory.
struct smtp_session *smtp_session_add(struct session_table *table, uint32_t pid, int64_t position,
                                      int64_t time);
// Frees it; its pending decisions are the caller's before.
void smtp_session_remove(struct session_table *table, struct smtp_session *session);

#endif
