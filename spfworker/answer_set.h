// SPDX-License-Identifier: BSD-2-Clause
// The DNS answers that a check has: copies, since they have to stay as they are while the cache moves on.
#ifndef SPFWORKER_ANSWER_SET_H
#define SPFWORKER_ANSWER_SET_H

#include "spf/spf.h"

// A few more than a check may need, for those that it asked for ahead and did not need.
#define ANSWER_SET_MAX (SPF_QUESTIONS_MAX + 64)
#define ANSWER_SET_BYTES_MAX 524288 // of records

struct kept_copy;

// Zeroed it is empty.
struct answer_set {
    unsigned count;
    size_t bytes;
    struct kept_copy *copies[ANSWER_SET_MAX];
};

void answer_set_finish(struct answer_set *set);

// Returns NULL where there is none.
const struct dns_answer *answer_set_find(const struct answer_set *set, const struct spf_question *question);

// Copies an answer to a question that has none, as DNS_FAILED where it would make the set too big. Returns
// the copy, NULL if there are too many or out of memory.
const struct dns_answer *answer_set_put(struct answer_set *set, const struct spf_question *question,
                                        const struct dns_answer *answer);

bool answer_set_same_question(const struct spf_question *a, const struct spf_question *b);

#endif
