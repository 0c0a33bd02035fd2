// SPDX-License-Identifier: BSD-2-Clause
// One line of tests/cases/milter/decide.cases, whose head says what its words mean.
#ifndef MILTER_DECIDE_CASE_H
#define MILTER_DECIDE_CASE_H

#include "milter/decide.h"

#define DECIDE_CASE_RECIPIENTS 8
#define DECIDE_CASE_SETTINGS 512
#define DECIDE_CASE_NOW (INT64_C(20400) * 86400 + 43200) // at noon of day 20400

struct decide_case {
    struct decide_client client;
    struct spf_findings findings;
    struct decide_message message;
    size_t recipient_count;
    char sender[ADDRESS_MAX + 1];
    char recipients[DECIDE_CASE_RECIPIENTS][ADDRESS_MAX + 1];
    char settings[DECIDE_CASE_SETTINGS]; // rows, a line each
};

// Fails the test where a word is unknown. `keys` is given to the message unless the line has keys=none. `out`
// must stay where it is and `line` live as long.
void decide_case_read(struct slice line, const struct batv_keys *keys, struct decide_case *out);

#endif
