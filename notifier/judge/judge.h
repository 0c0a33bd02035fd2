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

// Adds a probe; the oldest leaves a full history. A probe that is older than the last one (the clock was set
// back) is taken to be of the same second.
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
//                those right before the window, span `down_min` seconds;
//   to up        with `up_after` successes in a row; from unknown with one;
//   to unstable  when more than JUDGE_FLAPPING_PERCENT of the results differ from the one before, and back to
//   up or
//                down when less than JUDGE_STEADY_PERCENT do.
// With `suspect_self` no server goes down and none becomes unstable: very many fail at once, so the fault is
// in this service.
enum judge_state judge_server(const struct judge_history *history, const struct judge_rules *rules,
                              bool suspect_self);

// Two thresholds, so that a server at one of them is not reported again and again.
#define JUDGE_FLAPPING_PERCENT 40
#define JUDGE_STEADY_PERCENT 20
#define JUDGE_FLAPPING_MIN 12 // results, so that a first outage is not called unstable

// Returns whether this service is at fault rather than the customers' servers: of at least JUDGE_SELF_MIN
// probed ones more than `percent` fail.
bool judge_self(uint64_t probed, uint64_t failing, unsigned percent);

#define JUDGE_SELF_MIN 10

#endif
