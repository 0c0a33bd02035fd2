// SPDX-License-Identifier: BSD-2-Clause
// The questions of a check to the DNS, and the answers known so far.
#ifndef SPF_SPF_QUESTION_H
#define SPF_SPF_QUESTION_H

#include "dns/dns_answer.h"
#include "wire/spf_codec.h"

// One question to the DNS.
struct spf_question {
    enum dns_type type;
    char name[SPF_NAME_MAX + 1]; // folded, at most 253 bytes, labels of 1 to 63 bytes
};

#define SPF_NEEDS_MAX 16
// The first is what the check waits for; the others it may ask next and are worth asking at once.
struct spf_needs {
    unsigned count;
    struct spf_question questions[SPF_NEEDS_MAX];
};

// The answers of the DNS so far. `find` returns NULL for a question that was not asked yet; its result stays
// valid until spf_check returns, and is the same each time for one check.
struct spf_answers {
    const struct dns_answer *(*find)(void *arg, const struct spf_question *question);
    void *arg;
};

#endif
