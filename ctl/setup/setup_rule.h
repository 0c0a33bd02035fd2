// SPDX-License-Identifier: BSD-2-Clause
// How each parameter of packaging/postfix/main.cf meets the value that an operator has.
#ifndef CTL_SETUP_SETUP_RULE_H
#define CTL_SETUP_SETUP_RULE_H

#include "base/problem.h"
#include "ctl/setup/setup_text.h"

// "Present" is the operator's value, "shipped" that of packaging/postfix/main.cf.
enum rule_kind {
    RULE_SET,              // shipped
    RULE_KEEP,             // present, if it is set and not empty
    RULE_KEEP_EMPTY,       // present, if it is set, also to nothing
    RULE_STRICT,           // present, unless it is "no"
    RULE_PREPEND,          // shipped, then present
    RULE_LARGER,           // the larger number; 0 is no limit
    RULE_LONGER,           // the longer time
    RULE_PERSISTENT,       // present, if it is a table that outlives Postfix
    RULE_MILTERS,          // shipped, then present without the same socket
    RULE_RELAY,            // setup_value_relay
    RULE_RECIPIENT,        // setup_value_recipient
    RULE_DATA,             // the same, and permit_mynetworks stays
    RULE_ALIAS_DOMAINS,    // the operator's, that are by default the tables of virtual_alias_maps
    RULE_RELAY_RECIPIENTS, // shipped, then present; else all recipients of the operator's own relay domains
};

struct rule {
    const char *parameter;
    enum rule_kind kind;
    char unit; // of RULE_LONGER
};

// NULL if the table has no rule, which means RULE_SET. Parameters that begin with "emailgency_" are set, too.
const struct rule *rule_find(struct slice parameter);

struct rule_values {
    struct slice main_cf; // the operator's
    struct slice present; // the parameter's value there
    bool is_set;          // whether it is there
    struct slice shipped;
    bool drop_permit_mynetworks;
};

// Sets `*keep` if the operator's line stays as it is, else adds the combined value to `out`. Returns false if
// none is right; `problem` says what the operator is to do first.
bool rule_apply(const struct rule *rule, const struct rule_values *values, bool *keep, struct setup_text *out,
                struct problem *problem) __attribute__((warn_unused_result));

// The value of a parameter of main.cf, on one line. Returns the number of its entries; the last one counts.
size_t main_cf_value(struct slice main_cf, struct slice parameter, struct setup_text *out);

// The parameter's name and the start of its value in the first line of an entry; the name is empty if it is
// none.
struct slice main_cf_name(struct slice line, struct slice *value);

#endif
