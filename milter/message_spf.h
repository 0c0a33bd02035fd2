// SPDX-License-Identifier: BSD-2-Clause
// SPF checks of a message by the worker processes: MAIL FROM, and HELO as an identity of its own.
#ifndef MILTER_MESSAGE_SPF_H
#define MILTER_MESSAGE_SPF_H

#include "milter/session.h"
#include "spfclient/spf_client.h"

// Starts the workers; may be called again until it succeeds. Returns false with a human-readable message in
// `problem`; then each check is a temperror.
bool message_spf_start(const struct spf_client_spec *spec, struct problem *problem)
    __attribute__((warn_unused_result));
void message_spf_stop(void);

// Sets the time limit for all checks of a message. May be called while the threads run.
void message_spf_set_limit(int64_t within_ms);

struct message_spf_subject {
    struct ip client;
    const char *helo;
    bool helo_alone; // check the HELO identity as well
};

// Sets message->spf; call once per message. Blocks the calling thread only. Returns false if out of memory.
bool message_spf_run(struct session *session, const struct message_spf_subject *subject)
    __attribute__((warn_unused_result));

// For metrics.
void message_spf_counts(struct spf_client_counts *out);

#endif
