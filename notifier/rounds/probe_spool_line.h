// SPDX-License-Identifier: BSD-2-Clause
// A line of the spool of probes:
//   change|result DOMAIN STATE RESULTS CHECKS REPLY
// with STATE as it is after the last probe, RESULTS and CHECKS as record_probes() takes them ("110",
// "{1,2,3}"), and the rest the server's reply. "change": the state was another one before. Pure.
#ifndef NOTIFIER_ROUNDS_PROBE_SPOOL_LINE_H
#define NOTIFIER_ROUNDS_PROBE_SPOOL_LINE_H

#include "base/address.h"
#include "notifier/judge/judge.h"

#define PROBE_SPOOL_LINE_MAX 1400 // NUL included
#define PROBE_SPOOL_REPLY_MAX 400 // bytes of a reply that are kept, NUL included

struct probe_spool_line {
    bool change;
    char domain[ADDRESS_DOMAIN_MAX + 1];
    struct judge_history history; // of one probe or more
    char reply[PROBE_SPOOL_REPLY_MAX];
};

// Bytes of the reply that are no printable ASCII become "?".
void probe_spool_line_format(const struct probe_spool_line *line, char out[PROBE_SPOOL_LINE_MAX]);

// Returns false for what is no such line.
bool probe_spool_line_parse(struct slice text, struct probe_spool_line *out)
    __attribute__((warn_unused_result));

#endif
