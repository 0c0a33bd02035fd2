// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/request.h"

#include "base/clock.h"
#include "policyd/decide/policy_reply.h"
#include "policyd/decision_log.h"
#include "policyd/domain_activity.h"

static void step(struct request *request);

static void drop_lookups(struct request *request)
{
    if (request->check)
        dnsbl_cancel(request->check);
    if (request->ask)
        greylist_cancel(request->ask);
    outbound_cancel(request->count);
    request->check = NULL;
    request->ask = NULL;
    request->count = NULL;
    loop_timer_stop(&request->deadline);
}

static struct transaction *transaction_of(const struct request *request)
{
    return transactions_obtain(request->services->instances, request->transaction);
}

// Counts a message at its end, and one that a limit of its login or domain refuses: each once per
// transaction.
static void count_outbound(const struct request *request, struct transaction *transaction)
{
    enum { SENT = 1, REFUSED = 2 };
    const struct policy_decision *decision = &request->decision;
    const struct slice login = slice_from(decision->login), domain = slice_from(decision->login_domain);
    const bool ended = request->envelope.state == POLICY_END_OF_MESSAGE;
    const uint64_t what = (ended && decision->verdict == POLICY_DECIDE_PASS ? SENT : 0) |
                          (decision->verdict == POLICY_DECIDE_LIMITED ? REFUSED : 0);
    if (!login.len || !what)
        return;
    const uint64_t first = transaction_first(transaction, login, what);
    if (first & SENT)
        outbound_sent(request->services->outbound, login, domain, request->envelope.recipient_count);
    if (first & REFUSED)
        outbound_refused(request->services->outbound, decision->limit.of_domain ? domain : login, domain);
}

static void answer(struct request *request)
{
    char action[POLICY_REPLY_ACTION_MAX];
    struct transaction *transaction = transaction_of(request);
    drop_lookups(request);
    request->open = false;
    transaction_remember(transaction, &request->facts, &request->listing);
    domain_activity_count(request->services->activity, transaction, &request->decision);
    count_outbound(request, transaction);
    policy_reply_action(&request->decision, &request->envelope, &request->listing, action);
    decision_log_record(&request->decision, &request->envelope, &request->listing,
                        clock_mono_us() - request->started_us);
    request->on_answer(action, request->arg);
}

// Without the rows or after the deadline nothing is refused.
static void give_up(struct request *request)
{
    request->decision.verdict = POLICY_DECIDE_PASS;
    request->decision.verify = false;
    request->decision.reason = POLICY_DECIDE_NOTHING_APPLIES;
    answer(request);
}

// Reads the counts of the login and its domain as this node has them.
static void look_at_counts(struct request *request)
{
    request->facts.outbound_is_fresh =
        outbound_look(request->services->outbound, slice_from(request->decision.login),
                      slice_from(request->decision.login_domain), &request->facts.outbound);
    request->facts.has_outbound = true;
}

// The counts are as good as they get: the database was asked.
static void on_counts(void *arg)
{
    struct request *request = arg;
    outbound_cancel(request->count);
    request->count = NULL;
    look_at_counts(request);
    request->facts.outbound_is_fresh = true;
    if (!request->stepping)
        step(request);
}

static bool find_counts(struct request *request)
{
    if (!request->facts.has_outbound) {
        look_at_counts(request);
        return true;
    }
    request->count = outbound_ask(request->services->outbound, slice_from(request->decision.login),
                                  slice_from(request->decision.login_domain), on_counts, request);
    request->facts.outbound_is_fresh = !request->count;
    return !request->count;
}

static void on_deadline(void *arg)
{
    struct request *request = arg;
    if (request->decision.verdict == POLICY_DECIDE_ASK_OUTBOUND) {
        on_counts(request);
        return;
    }
    // The transaction's further recipients get the same answer, and at once.
    if (request->decision.verdict == POLICY_DECIDE_ASK_DNSBL) {
        request->facts.has_dnsbl = true;
        request->facts.dnsbl = DNSBL_CLEAR;
    }
    request->facts.has_greylist = true;
    request->facts.greylist = GREYLIST_UNAVAILABLE;
    decision_log_fault(DECISION_LOG_DEADLINE, NULL);
    give_up(request);
}

static void on_dnsbl(const struct dnsbl_result *result, void *arg)
{
    struct request *request = arg;
    request->check = NULL;
    request->facts.has_dnsbl = true;
    request->facts.dnsbl = result->outcome;
    request->listing = *result;
    if (!request->stepping)
        step(request);
}

static void on_greylist(enum greylist_outcome outcome, void *arg)
{
    struct request *request = arg;
    request->ask = NULL;
    request->facts.has_greylist = true;
    request->facts.greylist = outcome;
    if (!request->stepping)
        step(request);
}

// Under stress Postfix has no processes to spare for a slow list (stress=yes, STRESS_README).
static int64_t dns_deadline(const struct request *request)
{
    const int64_t ms = request->services->dns_timeout_ms;
    return request->envelope.stress ? ms / 4 : ms;
}

// The recipient by the name of its own domain: alias and alternate names stand for that.
static struct slice own_recipient(const struct request *request, struct mail_address *joined)
{
    const struct mail_address *recipient = &request->envelope.recipient;
    return address_join(address_local(recipient), slice_from(request->decision.own), joined)
               ? address_text(joined)
               : address_text(recipient);
}

static struct greylist_ask *attempt(struct request *request, const struct directory_snapshot *rows,
                                    greylist_callback callback)
{
    struct mail_address recipient;
    const struct greylist_key key = {.identity = &request->decision.identity,
                                     .sender = slice_from(request->envelope.sender_key),
                                     .recipient = own_recipient(request, &recipient)};
    return greylist_ask(request->services->greylist, rows, &key, callback, request);
}

// Starts the look-up that the verdict asks for. Returns false if its answer is pending.
static bool find_out(struct request *request, const struct directory_snapshot *rows)
{
    if (request->decision.verdict == POLICY_DECIDE_ASK_OUTBOUND)
        return find_counts(request);
    if (request->decision.verdict == POLICY_DECIDE_ASK_DNSBL)
        request->check = dnsbl_ask(request->services->dnsbl, rows, &request->envelope.client,
                                   dns_deadline(request), on_dnsbl, request);
    else
        request->ask = attempt(request, rows, on_greylist);
    return !request->check && !request->ask;
}

static bool settled(const struct request *request)
{
    return request->decision.verdict != POLICY_DECIDE_ASK_DNSBL &&
           request->decision.verdict != POLICY_DECIDE_ASK_GREYLIST &&
           request->decision.verdict != POLICY_DECIDE_ASK_OUTBOUND;
}

// A sender that retries each recipient apart must not wait again for each: the attempts of the other
// recipients of a greylisted transaction are recorded too.
static void record_further_recipient(struct request *request, const struct directory_snapshot *rows)
{
    if (request->recalled && request->decision.reason == POLICY_DECIDE_GREYLIST_NEW)
        (void)attempt(request, rows, NULL);
}

static bool run(struct request *request, const struct directory_snapshot *rows)
{
    struct policy_question question = {.rows = rows,
                                       .rules = request->services->rules,
                                       .envelope = &request->envelope,
                                       .facts = &request->facts};
    policy_decide(&question, &request->decision);
    request->stepping = true;
    while (!settled(request) && find_out(request, rows))
        policy_decide_resume(&question, &request->decision);
    request->stepping = false;
    if (settled(request))
        record_further_recipient(request, rows);
    return settled(request);
}

static void set_deadline(struct request *request)
{
    const int64_t spent = (clock_mono_us() - request->started_us) / 1000;
    const int64_t left = request->services->answer_within_ms - spent;
    if (!loop_timer_running(&request->deadline))
        loop_timer_set(&request->deadline, left > 0 ? left : 0);
}

static void step(struct request *request)
{
    const struct directory_snapshot *rows;
    if (directory_begin(request->services->directory, &rows) != DIRECTORY_OK) {
        decision_log_fault(DECISION_LOG_NO_DIRECTORY, directory_problem(request->services->directory));
        give_up(request);
        return;
    }
    const bool done = run(request, rows);
    directory_end(request->services->directory);
    if (done)
        answer(request);
    else
        set_deadline(request);
}

void request_init(struct request *request, const struct request_services *services)
{
    request->services = services;
    request->open = request->stepping = false;
    request->check = NULL;
    request->ask = NULL;
    request->count = NULL;
    loop_timer_init(&request->deadline, services->base, on_deadline, request);
}

void request_finish(struct request *request)
{
    drop_lookups(request);
    loop_timer_finish(&request->deadline);
}

void request_begin(struct request *request, const struct policy_request *received)
{
    if (slice_equal(received->policy_context, SLICE("queue-id"))) {
        decision_log_queue_id(received);
        request->on_answer("DUNNO", request->arg);
        return;
    }
    request->started_us = clock_mono_us();
    request->open = true;
    request->decision.domain[0] = request->decision.own[0] = request->decision.entry[0] = '\0';
    request->decision.login[0] = request->decision.login_domain[0] = '\0';
    envelope_read(received, &request->envelope);
    request->transaction = transaction_key(slice_from(request->envelope.instance));
    transaction_recall(transaction_of(request), &request->facts, &request->listing);
    request->recalled = request->facts.has_greylist;
    request->facts.has_outbound = request->facts.outbound_is_fresh =
        false; // each stage reads the counts again
    step(request);
}
