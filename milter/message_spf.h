// SPDX-License-Identifier: BSD-2-Clause
// A message's SPF checks, by the workers: MAIL FROM, and HELO as an identity of its own.
#ifndef MILTER_MESSAGE_SPF_H
#define MILTER_MESSAGE_SPF_H

#include "milter/session.h"
#include "spfclient/spf_client.h"

// Starts the workers; may be called again until it succeeds. Returns NULL or a line for people, and then each
// check is a temperror.
const char *message_spf_start(const struct spf_client_spec *spec);
void message_spf_stop(void);

// All checks of a message take at most this; may change while the threads run.
void message_spf_follow(int64_t within_ms);

struct message_spf_subject {
    struct ip client;
    const char *helo;
    bool helo_alone; // check the HELO identity too
};

// Sets message->spf, once a message. It blocks the calling thread only. False without memory.
bool message_spf_run(struct session *session, const struct message_spf_subject *subject)
    __attribute__((warn_unused_result));

// For metrics.
void message_spf_counts(struct spf_client_counts *out);

#endif
