// SPDX-License-Identifier: BSD-2-Clause
// One line of tests/cases/milter/decide.cases, whose head says what its words mean.
#ifndef TESTS_UNIT_MILTER_RCPT_DECIDE_CASE_H
#define TESTS_UNIT_MILTER_RCPT_DECIDE_CASE_H

#include "milter/decide/rcpt_decide.h"

#define RCPT_DECIDE_CASE_RECIPIENTS 8
#define RCPT_DECIDE_CASE_SETTINGS 512
#define RCPT_DECIDE_CASE_NOW (INT64_C(20400) * 86400 + 43200) // at noon of day 20400

struct rcpt_decide_case {
    struct rcpt_decide_client client;
    struct spf_findings findings;
    struct rcpt_decide_message message;
    size_t recipient_count;
    struct mail_address sender;
    struct mail_address recipients[RCPT_DECIDE_CASE_RECIPIENTS];
    char settings[RCPT_DECIDE_CASE_SETTINGS]; // rows, a line each
};

// Fails the test if a word is unknown. `keys` is given to the message unless the line has keys=none. `out`
// must stay where it is and `line` live as long.
void rcpt_decide_case_read(struct slice line, const struct batv_keys *keys, struct rcpt_decide_case *out);

#endif
