// SPDX-License-Identifier: BSD-2-Clause
// Advice on a customer's SPF record. Pure: facts in, advice out.
#ifndef CTL_SPF_SPF_ADVICE_H
#define CTL_SPF_SPF_ADVICE_H

#include "ctl/check/finding.h"
#include "ctl/spf/spf_hosts.h"
#include "wire/spf_codec.h"

// An outgoing address of the service.
struct spf_trial {
    struct ip client;
    struct spf_verdict verdict; // by the customer's record
    enum spf_result included;   // by the record of hosts->include; SPF_PASS if there is no such name
};

struct spf_facts {
    const char *domain;
    bool cut;                    // `record` is truncated
    struct slice record;         // the present one, several joined; empty: none
    const struct slice *several; // the several records
    unsigned several_count;      // 0: one record or none
    struct spf_verdict unlisted; // by that record, for an address that no record should name
    const struct spf_hosts *hosts;
    struct spf_verdict included; // that address by the record of hosts->include, if there is such a name
    const struct spf_trial *trials;
    unsigned trial_count;
};

struct spf_advice {
    char *proposed; // the record to publish; NULL: it cannot be derived, as from one with wrong terms
    struct findings findings;
};

// Returns false if out of memory. The facts must be complete: after a failure of the worker or the DNS the
// caller must not ask for advice.
bool spf_advice_make(const struct spf_facts *facts, struct spf_advice *out)
    __attribute__((warn_unused_result));
void spf_advice_finish(struct spf_advice *advice);

// Both return false if the stream failed or if out of memory. The JSON form is one object.
bool spf_advice_print(const struct spf_facts *facts, const struct spf_advice *advice, FILE *out)
    __attribute__((warn_unused_result));
bool spf_advice_print_json(const struct spf_facts *facts, const struct spf_advice *advice, FILE *out)
    __attribute__((warn_unused_result));

#endif
