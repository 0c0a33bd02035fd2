// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/request.h"

#include "base/clock.h"
#include "policyd/decide/policy_reply.h"
#include "policyd/decision_log.h"

static void step(struct request *tx);

static void drop_lookups(struct request *tx)
{
    if (tx->check)
        dnsbl_cancel(tx->check);
    if (tx->ask)
        greylist_cancel(tx->ask);
    tx->check = NULL;
    tx->ask = NULL;
    loop_timer_stop(&tx->deadline);
}

static void answer(struct request *tx)
{
    char action[POLICY_REPLY_ACTION_MAX];
    drop_lookups(tx);
    tx->open = false;
    policy_reply_action(&tx->decision, &tx->envelope, tx->listing.zone[0] ? &tx->listing : NULL, action);
    decision_log_record(tx);
    tx->on_answer(action, tx->arg);
}

// Without the rows or past the deadline nothing is refused.
static void give_up(struct request *tx, enum decision_log_fault fault)
{
    decision_log_fault(tx, fault);
    tx->decision.verdict = POLICY_DECIDE_PASS;
    tx->decision.verify = false;
    tx->decision.reason = POLICY_DECIDE_NOTHING_APPLIES;
    answer(tx);
}

static void on_deadline(void *arg)
{
    struct request *tx = arg;
    tx->instance = transactions_of(tx->services->instances, &tx->envelope);
    // The transaction's further recipients get the same answer, and at once.
    if (tx->decision.verdict == POLICY_DECIDE_ASK_DNSBL) {
        tx->facts.has_dnsbl = true;
        tx->facts.dnsbl = DNSBL_CLEAR;
    }
    tx->facts.has_greylist = true;
    tx->facts.greylist = GREYLIST_UNAVAILABLE;
    transaction_remember(tx->instance, &tx->facts, &tx->listing);
    give_up(tx, DECISION_LOG_DEADLINE);
}

// Goes on after a wait, in which other transactions may have taken the instance's place.
static void resume(struct request *tx)
{
    tx->instance = transactions_of(tx->services->instances, &tx->envelope);
    step(tx);
}

static void on_dnsbl(const struct dnsbl_result *result, void *arg)
{
    struct request *tx = arg;
    tx->check = NULL;
    tx->facts.has_dnsbl = true;
    tx->facts.dnsbl = result->outcome;
    tx->listing = *result;
    if (!tx->stepping)
        resume(tx);
}

static void on_greylist(enum greylist_outcome outcome, void *arg)
{
    struct request *tx = arg;
    tx->ask = NULL;
    tx->facts.has_greylist = true;
    tx->facts.greylist = outcome;
    if (!tx->stepping)
        resume(tx);
}

// Under stress Postfix has no processes to spare for a slow list (stress=yes, STRESS_README).
static int64_t dns_deadline(const struct request *tx)
{
    const int64_t ms = tx->services->dns_timeout_ms;
    return tx->envelope.stress ? ms / 4 : ms;
}

// The recipient as rows name it: alias and alternate domains are their domain.
static void own_recipient(const struct request *tx, char out[ADDRESS_MAX + 1])
{
    struct slice local, domain;
    (void)slice_split_last(slice_from(tx->envelope.recipient), '@', &local, &domain);
    const int len = snprintf(out, ADDRESS_MAX + 1, "%.*s@%s", (int)local.len, local.ptr, tx->decision.own);
    if (len < 0 || len > ADDRESS_MAX)
        (void)slice_copy(slice_from(tx->envelope.recipient), out, ADDRESS_MAX + 1);
}

static struct greylist_ask *attempt(struct request *tx, const struct directory_snapshot *rows,
                                    greylist_callback callback)
{
    char recipient[ADDRESS_MAX + 1];
    own_recipient(tx, recipient);
    const struct greylist_key key = {
        .identity = &tx->decision.identity, .sender = tx->envelope.sender_key, .recipient = recipient};
    return greylist_ask(tx->services->greylist, rows, &key, callback, tx);
}

// Starts what the verdict asks for. Returns false while its answer is awaited.
static bool find_out(struct request *tx, const struct directory_snapshot *rows)
{
    if (tx->decision.verdict == POLICY_DECIDE_ASK_DNSBL)
        tx->check =
            dnsbl_ask(tx->services->dnsbl, rows, &tx->envelope.client, dns_deadline(tx), on_dnsbl, tx);
    else
        tx->ask = attempt(tx, rows, on_greylist);
    return !tx->check && !tx->ask;
}

static bool settled(const struct request *tx)
{
    return tx->decision.verdict != POLICY_DECIDE_ASK_DNSBL &&
           tx->decision.verdict != POLICY_DECIDE_ASK_GREYLIST;
}

// A sender that splits its retry by recipient must not start anew for each: the attempts of the other
// recipients of a greylisted transaction are recorded too.
static void record_further_recipient(struct request *tx, const struct directory_snapshot *rows)
{
    if (tx->recalled && tx->decision.reason == POLICY_DECIDE_GREYLIST_NEW)
        (void)attempt(tx, rows, NULL);
}

static bool run(struct request *tx, const struct directory_snapshot *rows)
{
    tx->stepping = true;
    do {
        policy_decide(rows, tx->services->rules, &tx->envelope, &tx->facts, &tx->decision);
    } while (!settled(tx) && find_out(tx, rows));
    tx->stepping = false;
    if (settled(tx))
        record_further_recipient(tx, rows);
    return settled(tx);
}

static void step(struct request *tx)
{
    const struct directory_snapshot *rows;
    if (directory_begin(tx->services->directory, &rows) != DIRECTORY_OK) {
        give_up(tx, DECISION_LOG_NO_DIRECTORY);
        return;
    }
    const bool done = run(tx, rows);
    directory_end(tx->services->directory);
    if (!done) {
        const int64_t spent = (clock_mono_us() - tx->started_us) / 1000;
        const int64_t left = tx->services->answer_within_ms - spent;
        if (!loop_timer_running(&tx->deadline))
            loop_timer_set(&tx->deadline, left > 0 ? left : 0);
        return;
    }
    transaction_remember(tx->instance, &tx->facts, &tx->listing);
    answer(tx);
}

void request_init(struct request *tx, const struct request_services *services)
{
    tx->services = services;
    tx->open = tx->stepping = false;
    tx->check = NULL;
    tx->ask = NULL;
    loop_timer_init(&tx->deadline, services->base, on_deadline, tx);
}

void request_finish(struct request *tx)
{
    drop_lookups(tx);
    loop_timer_finish(&tx->deadline);
}

void request_begin(struct request *tx, const struct policy_request *request)
{
    tx->started_us = clock_mono_us();
    tx->open = true;
    tx->decision.domain[0] = tx->decision.own[0] = tx->decision.entry[0] = '\0';
    envelope_read(request, &tx->envelope);
    tx->instance = transactions_of(tx->services->instances, &tx->envelope);
    transaction_recall(tx->instance, &tx->facts, &tx->listing);
    tx->recalled = tx->facts.has_greylist;
    step(tx);
}
