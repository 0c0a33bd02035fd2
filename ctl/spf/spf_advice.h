// SPDX-License-Identifier: BSD-2-Clause
// What a customer's SPF record should be, and what is wrong with the present one. Pure: facts in, advice out.
#ifndef CTL_SPF_SPF_ADVICE_H
#define CTL_SPF_SPF_ADVICE_H

#include "ctl/check/finding.h"
#include "ctl/spf/spf_hosts.h"
#include "wire/spf_codec.h"

// One of our outgoing addresses.
struct spf_trial {
    struct ip client;
    struct spf_verdict verdict; // by the customer's record
    enum spf_result included;   // by the record of hosts->include; SPF_PASS where there is no such name
};

struct spf_facts {
    const char *domain;
    bool cut;                    // `record` is only the beginning of it
    struct slice record;         // the present one; of several their terms in one; empty: none
    const struct slice *several; // they, as they are
    unsigned several_count;      // 0: there is no more than one
    struct spf_verdict stranger; // by that record, of an address that no record should name
    const struct spf_hosts *hosts;
    struct spf_verdict included; // the stranger by the record of hosts->include, where there is such a name
    const struct spf_trial *trials;
    unsigned trial_count;
};

struct spf_advice {
    char *proposed; // the record to publish; NULL: it takes a person to write it
    struct findings findings;
};

// Returns false without memory. What it found may have been a worker's or the DNS's failure: then nothing is
// advised, and the caller has to see to that before.
bool spf_advice_make(const struct spf_facts *facts, struct spf_advice *out)
    __attribute__((warn_unused_result));
void spf_advice_finish(struct spf_advice *advice);

// Both return false where the stream or memory failed. The JSON form is one object.
bool spf_advice_print(const struct spf_facts *facts, const struct spf_advice *advice, FILE *out)
    __attribute__((warn_unused_result));
bool spf_advice_print_json(const struct spf_facts *facts, const struct spf_advice *advice, FILE *out)
    __attribute__((warn_unused_result));

#endif
