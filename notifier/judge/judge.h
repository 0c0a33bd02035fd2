// SPDX-License-Identifier: BSD-2-Clause
// The state of a customer's server, judged from its latest probes. Pure.
#ifndef NOTIFIER_JUDGE_JUDGE_H
#define NOTIFIER_JUDGE_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#define JUDGE_HISTORY_MAX 21 // as table probe keeps, and Nagios

enum judge_state { JUDGE_UNKNOWN, JUDGE_UP, JUDGE_DOWN, JUDGE_UNSTABLE };

// The names of the states as table probe has them; false if `name` is none.
const char *judge_state_name(enum judge_state state);
bool judge_state_of(const char *name, enum judge_state *state) __attribute__((warn_unused_result));

struct judge_probe {
    int64_t at; // seconds, of any epoch
    bool ok;
};

// The latest probes, oldest first, and the state before the last of them.
struct judge_history {
    struct judge_probe probes[JUDGE_HISTORY_MAX];
    unsigned count;
    enum judge_state state;
};

// Adds a probe; the oldest leaves a full history. If the probe is older than the last one, the clock was set
// back, or is that of another node: the history is moved back with it, so that the probe is of the same
// second as the last one, and what follows has its time.
void judge_history_add(struct judge_history *history, int64_t at, bool ok);

// The settings probe_window, probe_down_after, probe_down_min (seconds), probe_up_after.
struct judge_rules {
    unsigned window;
    unsigned down_after;
    unsigned down_min;
    unsigned up_after;
};

// The state after the last probe. It changes
//   to down      with `down_after` failures among the last `window` probes, the last of them one; these, with
//                those right before the window, span `down_min` seconds, less one in JUDGE_SPAN_ALLOWANCE;
//   to up        with `up_after` successes in a row; from unknown with one;
//   to unstable  when more than JUDGE_FLAPPING_PERCENT of the results differ from the one before, and back to
//   up or
//                down when less than JUDGE_STEADY_PERCENT do.
// With `suspect_self` no server goes down and none becomes unstable: very many fail at once, so the fault is
// in this service.
enum judge_state judge_server(const struct judge_history *history, const struct judge_rules *rules,
                              bool suspect_self);

#define JUDGE_SPAN_ALLOWANCE 20

// Two thresholds, so that a server at one of them is not reported again and again.
#define JUDGE_FLAPPING_PERCENT 40
#define JUDGE_STEADY_PERCENT 20
#define JUDGE_FLAPPING_MIN 12 // results, so that a first outage is not called unstable

// Returns how a probe counts. One that failed while mail for the domain left the queue (`mail_left`) counts
// as success, since the server took that mail: what the queue shows is worth more than a connection that was
// not made. Not where the server answered and `refuses` us: mail that it refuses for good leaves the queue,
// too.
bool judge_probe_ok(bool up, bool refuses, bool mail_left);

// The latest probes in numbers. A server is an address; it fails if all domains there do.
struct judge_totals {
    uint64_t domains, failing_domains;
    uint64_t servers, failing_servers;
};

// Returns whether so many fail that this service is at fault rather than the customers' servers: more than
// `percent` of at least JUDGE_SELF_DOMAINS domains, and more than `percent` of the servers, at least
// JUDGE_SELF_SERVERS of them. So a hoster's outage is its own, however many domains it has.
bool judge_self(const struct judge_totals *totals, unsigned percent);

#define JUDGE_SELF_DOMAINS 10
#define JUDGE_SELF_SERVERS 3

// The suspicion over time. It begins at once, so that no customer is alerted, and is reported when it lasts;
// it ends when it was not so for JUDGE_CALM_SECONDS, so that a share near the limit makes no row of
// incidents.
struct judge_suspicion {
    bool suspected;
    bool reported; // the operator is to have an incident
    bool now_so;   // at the last look
    int64_t since; // from when on without a break; seconds, of a clock that is never set
    int64_t last;  // when it was so last
};

// A look at the totals. Returns whether `suspected` or `reported` changed.
bool judge_suspect(struct judge_suspicion *suspicion, bool now_so, int64_t now);

#define JUDGE_REPORT_SECONDS 10
#define JUDGE_CALM_SECONDS 60

#endif
