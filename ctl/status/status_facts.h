// SPDX-License-Identifier: BSD-2-Clause
// Observations of a node, which status_judge() judges.
#ifndef CTL_STATUS_STATUS_FACTS_H
#define CTL_STATUS_STATUS_FACTS_H

#include "base/problem.h"
#include "ctl/status/queue_listing.h"

enum status_daemon {
    STATUS_REPLICATOR,
    STATUS_POLICYD,
    STATUS_TRANSPORTMAP,
    STATUS_MILTER,
    STATUS_QUEUEWATCH,
    STATUS_NOTIFIER,
    STATUS_TRACKER,
    STATUS_KEEPER,
    STATUS_DAEMONS
};

enum status_answer {
    STATUS_ANSWERS,
    STATUS_REFUSED,    // nobody listens
    STATUS_SILENT,     // it accepts the connection, or its backlog does, and does not answer in time
    STATUS_GARBLED,    // something answers, but not as this daemon does
    STATUS_NO_RIGHT,   // this account may not connect, or not read where to
    STATUS_NO_ADDRESS, // none is configured
    STATUS_ANSWERS_END // the number of them
};

struct status_seen {
    enum status_answer answer;
    const char *address;  // where it was asked
    const char *problem;  // of its configuration; NULL: none
    struct slice metrics; // its answer
};

// Names of domains that have a problem: some of them, "a.example, b.example".
#define STATUS_NAMES_MAX 200

struct status_replica {
    bool read;           // this account could read it
    int64_t checked_at;  // seconds since 1970; 0: never proved current
    const char *problem; // why it could not be read
    bool missing;        // there is none
    int64_t best_mx;     // backup domains whose best MX is this service
    char names[STATUS_NAMES_MAX];
};

struct status_queue {
    struct queue_summary summary;
    bool known;
    bool stopped; // Postfix does not run
    bool cut;     // there are more messages than were counted in time
    struct problem problem;
};

struct status_facts {
    int64_t now;         // seconds since 1970
    const char *version; // of this program
    int wait_s;          // how long an answer was waited for
    struct status_seen daemons[STATUS_DAEMONS];
    bool has_logins; // PgBouncer is configured for log-ins
    struct status_seen logins;
    bool has_queuehold; // the notifier holds queued mail
    struct status_seen queuehold;
    struct status_replica replica;
    struct status_queue queue;
    int64_t spf_workers;    // as configured in milter.conf; 0: not known
    int64_t greylist_cache; // as configured in policyd.conf; 0: not known
};

// "policyd".
const char *status_daemon_name(enum status_daemon daemon);

#endif
