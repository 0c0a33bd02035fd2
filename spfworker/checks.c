// SPDX-License-Identifier: BSD-2-Clause
#include "spfworker/checks.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "spfworker/answer_set.h"

#include <stdlib.h>

// Answers that are asked for ahead, beside the one that is waited for.
#define AHEAD_MAX (SPF_QUESTIONS_MAX / 2)
#define WITHIN_MAX_MS 600000

// A look-up in flight.
struct pending {
    struct check *check;
    struct resolver_query *query; // NULL: free
    struct spf_question question;
};

struct check {
    struct checks *checks;
    struct event *timer;
    unsigned channel;
    bool under_way;
    bool stepping; // an answer that comes now is seen by step() itself
    bool last;     // questions still open count as unanswered
    int64_t deadline;
    struct spf_request request;
    struct answer_set answers;
    struct spf_question awaited;
    struct pending pending[SPF_NEEDS_MAX];
};

struct checks {
    struct checks_spec spec;
    struct spf_verdict verdict;
    char reply[SPF_VERDICT_BYTES_MAX];
    struct check of[];
};

static void drop(struct check *check)
{
    for (unsigned i = 0; i < SPF_NEEDS_MAX; i++) {
        if (check->pending[i].query)
            resolver_cancel(check->pending[i].query);
        check->pending[i].query = NULL;
    }
    (void)evtimer_del(check->timer);
    answer_set_finish(&check->answers);
    check->under_way = check->last = false;
}

static void finish(struct check *check)
{
    struct checks *checks = check->checks;
    size_t len = spf_verdict_encode(&checks->verdict, checks->reply);
    drop(check);
    checks->spec.reply(checks->spec.arg, check->channel, slice_make(checks->reply, len));
}

struct peeked {
    struct check *check;
    const struct spf_question *question;
    const struct dns_answer *answer;
};

static void on_peeked(const struct dns_answer *answer, void *arg)
{
    struct peeked *peeked = arg;
    peeked->answer = answer_set_put(&peeked->check->answers, peeked->question, answer);
}

static const struct dns_answer *find(void *arg, const struct spf_question *question)
{
    static const struct dns_answer too_late = {.rc = DNS_TIMEOUT};
    struct check *check = arg;
    const struct dns_answer *known = answer_set_find(&check->answers, question);
    struct peeked peeked = {check, question, NULL};
    if (known)
        return known;
    if (check->last)
        return &too_late;
    (void)resolver_peek(check->checks->spec.resolver, question->name, question->type, on_peeked, &peeked);
    return peeked.answer;
}

static enum spf_step evaluate(struct check *check, struct spf_needs *needs)
{
    struct checks *checks = check->checks;
    const struct spf_answers answers = {find, check};
    checks->spec.begin(checks->spec.arg, check->channel);
    enum spf_step step = spf_check(&check->request, &answers, &checks->verdict, needs);
    checks->spec.end(checks->spec.arg);
    return step;
}

// The verdict without the open answers, which may be irrelevant.
static void evaluate_last(struct check *check, enum spf_result result, enum spf_problem problem)
{
    struct spf_verdict *verdict = &check->checks->verdict;
    struct spf_needs needs;
    check->last = true;
    if (evaluate(check, &needs) == SPF_WAITING ||
        (verdict->result == SPF_TEMPERROR && verdict->problem == SPF_DNS_FAILED)) {
        verdict->result = result;
        verdict->problem = problem;
    }
    finish(check);
}

static struct pending *free_pending(struct check *check)
{
    for (unsigned i = 0; i < SPF_NEEDS_MAX; i++)
        if (!check->pending[i].query)
            return &check->pending[i];
    return NULL;
}

static bool is_pending(const struct check *check, const struct spf_question *question)
{
    for (unsigned i = 0; i < SPF_NEEDS_MAX; i++)
        if (check->pending[i].query && answer_set_same_question(&check->pending[i].question, question))
            return true;
    return false;
}

static void step(struct check *check);

static void on_answer(const struct dns_answer *answer, void *arg)
{
    struct pending *pending = arg;
    struct check *check = pending->check;
    pending->query = NULL;
    (void)answer_set_put(&check->answers, &pending->question, answer);
    if (!check->stepping && answer_set_same_question(&pending->question, &check->awaited))
        step(check);
}

static void ask(struct check *check, const struct spf_question *question)
{
    struct pending *pending = free_pending(check);
    if (!pending || is_pending(check, question))
        return;
    pending->question = *question;
    pending->query =
        resolver_ask(check->checks->spec.resolver, question->name, question->type, on_answer, pending);
}

// Sends the question that the check waits for, and those that it may need next.
static void ask_needs(struct check *check, const struct spf_needs *needs)
{
    check->awaited = needs->questions[0];
    if (!is_pending(check, &check->awaited) && !free_pending(check)) {
        resolver_cancel(check->pending[0].query); // it was asked for ahead
        check->pending[0].query = NULL;
    }
    ask(check, &check->awaited);
    for (unsigned i = 1; i < needs->count && check->answers.count < AHEAD_MAX; i++)
        if (!answer_set_find(&check->answers, &needs->questions[i]))
            ask(check, &needs->questions[i]);
}

static void wait_for_answer(struct check *check)
{
    int64_t left = check->deadline - clock_mono_ms();
    const struct timeval wait = {.tv_sec = left > 0 ? left / 1000 : 0,
                                 .tv_usec = left > 0 ? left % 1000 * 1000 : 0};
    if (!evtimer_pending(check->timer, NULL) && evtimer_add(check->timer, &wait) != 0)
        evaluate_last(check, SPF_TEMPERROR, SPF_DNS_FAILED);
}

// Evaluates as often as the answers that it needs are at hand, which is as often as there is room for one.
static void step(struct check *check)
{
    struct spf_needs needs;
    for (;;) {
        if (evaluate(check, &needs) == SPF_DONE) {
            finish(check);
            return;
        }
        if (check->answers.count == ANSWER_SET_MAX) {
            evaluate_last(check, SPF_PERMERROR, SPF_TOO_MANY_TERMS);
            return;
        }
        check->stepping = true;
        unsigned before = check->answers.count;
        ask_needs(check, &needs);
        check->stepping = false;
        if (is_pending(check, &check->awaited)) {
            wait_for_answer(check);
            return;
        }
        if (check->answers.count == before) { // out of memory
            evaluate_last(check, SPF_TEMPERROR, SPF_DNS_FAILED);
            return;
        }
    }
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    evaluate_last(arg, SPF_TEMPERROR, SPF_TOO_SLOW);
}

void checks_start(struct checks *checks, unsigned channel, struct slice request)
{
    struct check *check = &checks->of[channel];
    if (check->under_way)
        drop(check);
    if (!spf_request_decode(request, &check->request)) {
        log_error("malformed request bytes=%zu", request.len);
        return;
    }
    check->under_way = true;
    check->deadline = clock_mono_ms() +
                      (check->request.within_ms < WITHIN_MAX_MS ? check->request.within_ms : WITHIN_MAX_MS);
    step(check);
}

struct checks *checks_create(const struct checks_spec *spec)
{
    struct checks *checks = memory_or_exit(calloc(1, sizeof *checks + spec->channels * sizeof checks->of[0]));
    checks->spec = *spec;
    for (unsigned i = 0; i < spec->channels; i++) {
        struct check *check = &checks->of[i];
        check->checks = checks;
        check->channel = i;
        for (unsigned j = 0; j < SPF_NEEDS_MAX; j++)
            check->pending[j].check = check;
        check->timer = memory_or_exit(evtimer_new(spec->base, on_deadline, check));
    }
    return checks;
}

void checks_destroy(struct checks *checks)
{
    if (!checks)
        return;
    for (unsigned i = 0; i < checks->spec.channels && checks->of[i].timer; i++) {
        drop(&checks->of[i]);
        event_free(checks->of[i].timer);
    }
    free(checks);
}
