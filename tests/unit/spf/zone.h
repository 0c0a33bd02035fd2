// SPDX-License-Identifier: BSD-2-Clause
// A DNS zone in a few lines of text, and what a resolver would answer from it:
//   NAME TYPE DATA     A, AAAA, PTR, CNAME, TXT (the rest of the line), MX (preference and name)
//   NAME TYPE STATE    TIMEOUT: no answer; FAILED: SERVFAIL; TRUNCATED: more records than are kept
//   NAME TIMEOUT       no answer for any type that is not named
// Text is unescaped already: see cases.h. CNAMEs are followed; an MX may have no name.
#ifndef UNIT_SPF_ZONE_H
#define UNIT_SPF_ZONE_H

#include "spf/spf.h"

struct zone;

struct zone *zone_create(void);
void zone_destroy(struct zone *zone);

// Returns false for a line that is none of the above.
bool zone_add(struct zone *zone, struct slice name, struct slice type, struct slice data);

// The answer; it lives as long as the zone.
const struct dns_answer *zone_find(struct zone *zone, const struct spf_question *question);

// The same as the `find` of struct spf_answers: `arg` is the zone, and nothing has to be waited for.
const struct dns_answer *zone_answer(void *arg, const struct spf_question *question);

#endif
