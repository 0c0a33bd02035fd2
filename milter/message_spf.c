// SPDX-License-Identifier: BSD-2-Clause
#include "milter/message_spf.h"

#include "base/clock.h"
#include "idn/idn.h"
#include "milter/message_log.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static struct spf_client *_Atomic client; // NULL: no worker could be started
// The client waits this much longer for a worker that exceeds its time (spf_client.h).
enum { SPARE_MS = 500 };

static atomic_llong within_ms;

bool message_spf_start(const struct spf_client_spec *spec, struct problem *problem)
{
    struct spf_client *started = spf_client_create(spec, problem);
    atomic_store(&client, started);
    return started != NULL;
}

void message_spf_stop(void)
{
    spf_client_destroy(atomic_exchange(&client, NULL));
}

void message_spf_set_limit(int64_t ms)
{
    atomic_store(&within_ms, ms);
}

void message_spf_counts(struct spf_client_counts *out)
{
    *out = (struct spf_client_counts){.running = 0};
    struct spf_client *started = atomic_load(&client);
    if (started)
        spf_client_counts(started, out);
}

static void check(struct spf_request *request, int64_t until, struct spf_finding *out)
{
    struct spf_client *started = atomic_load(&client);
    struct spf_verdict verdict;
    request->within_ms = until - clock_mono_ms();
    if (started && request->within_ms > 0) {
        spf_client_check(started, request, &verdict);
        spf_finding_keep(&verdict, out);
    } else {
        *out = (struct spf_finding){
            .checked = true, .result = SPF_TEMPERROR, .problem = started ? SPF_TOO_SLOW : SPF_NO_WORKER};
    }
    if (out->problem == SPF_WORKER_LOST || out->problem == SPF_NO_WORKER || out->problem == SPF_WORKERS_BUSY)
        message_log_fault(MESSAGE_LOG_SPF_WORKER, spf_problem_words(out->problem));
}

// SPF looks up A-labels (RFC 8616 section 4).
static void read_helo(struct slice given, char out[SPF_NAME_MAX + 1])
{
    char ascii[IDN_TEXT_MAX + 1];
    if (!slice_copy(idn_to_ascii(given, ascii), out, SPF_NAME_MAX + 1))
        (void)slice_copy(given, out, SPF_NAME_MAX + 1);
}

bool message_spf_run(struct session *session, const struct message_spf_subject *subject)
{
    struct session_message *message = &session->message;
    struct spf_findings *findings = calloc(1, sizeof *findings);
    struct spf_request request = {.identity = SPF_MAIL_FROM, .client = subject->client};
    const int64_t until = clock_mono_ms() + atomic_load(&within_ms) - SPARE_MS;
    if (!findings)
        return false;
    read_helo(slice_from(subject->helo), request.helo);
    (void)slice_copy(slice_from(message->given_sender), request.sender, sizeof request.sender);
    (void)slice_copy(slice_from(session->mta), request.receiver, sizeof request.receiver);
    findings->client = subject->client;
    memcpy(findings->helo_name, request.helo, sizeof findings->helo_name);
    check(&request, until, &findings->mail_from);
    if (subject->helo_alone && message->given_sender[0]) {
        request.identity = SPF_HELO;
        check(&request, until, &findings->helo);
    }
    message->spf = findings;
    return true;
}
