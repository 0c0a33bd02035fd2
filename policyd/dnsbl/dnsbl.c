// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/dnsbl/dnsbl.h"

#include "policyd/dnsbl/dnsbl_score.h"
#include "policyd/dnsbl/dnsbl_zones.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

enum list_answer { ANSWER_ASKED, ANSWER_NOT_LISTED, ANSWER_LISTED, ANSWER_REFUSED, ANSWER_UNANSWERED };
enum test { TEST_ASKED, TEST_OK, TEST_FAILED };

// One list's answer for the client.
struct slot {
    struct dnsbl_check *check;
    struct dnsbl_zone *zone; // held
    struct resolver_query *client, *test_entry;
    enum list_answer answer;
    enum test test;
    bool fresh; // an answer came from the list, not from the cache: it says something about the list's health
    bool settled;
};

struct dnsbl_check {
    struct dnsbl *dnsbl;
    struct loop_timer deadline;
    dnsbl_callback callback;
    void *arg;
    char labels[IP_REVERSED_MAX];
    enum dnsbl_family family;
    int64_t threshold;
    bool asking; // inside a call of the resolver that may answer at once
    bool text_asked, text_known;
    struct resolver_query *text;
    struct dnsbl_result result;
    struct dnsbl_check *prev, *next;
    size_t count;
    struct slot slots[];
};

struct dnsbl {
    struct event_base *base;
    struct resolver *resolver;
    struct dnsbl_zones zones;
    struct dnsbl_check *checks;
};

static void slots_cancel(struct dnsbl_check *check)
{
    for (size_t i = 0; i < check->count; i++) {
        struct slot *slot = &check->slots[i];
        if (slot->client)
            resolver_cancel(slot->client);
        if (slot->test_entry)
            resolver_cancel(slot->test_entry);
        slot->client = slot->test_entry = NULL;
    }
}

static void check_free(struct dnsbl_check *check)
{
    slots_cancel(check);
    if (check->text)
        resolver_cancel(check->text);
    for (size_t i = 0; i < check->count; i++)
        dnsbl_zone_release(check->slots[i].zone);
    loop_timer_finish(&check->deadline);
    DL_DELETE(check->dnsbl->checks, check);
    free(check);
}

static void finish(struct dnsbl_check *check)
{
    struct dnsbl_result result = check->result;
    dnsbl_callback callback = check->callback;
    void *arg = check->arg;
    check_free(check);
    callback(&result, arg);
}

static enum dnsbl_event slot_event(const struct slot *slot)
{
    if (slot->answer == ANSWER_REFUSED)
        return DNSBL_EVENT_REFUSED;
    if (slot->answer == ANSWER_ASKED || slot->answer == ANSWER_UNANSWERED)
        return DNSBL_EVENT_NO_ANSWER;
    return slot->answer == ANSWER_LISTED && slot->test != TEST_OK ? DNSBL_EVENT_NO_ANSWER
                                                                  : DNSBL_EVENT_ANSWERED;
}

static void slot_settle(struct slot *slot)
{
    if (slot->settled || slot->answer == ANSWER_ASKED ||
        (slot->answer == ANSWER_LISTED && slot->test == TEST_ASKED))
        return;
    slot->settled = true;
    if (slot->fresh)
        dnsbl_zone_note(slot->zone, slot_event(slot));
    if (slot->answer == ANSWER_LISTED && slot->test == TEST_OK)
        counter_add(&slot->zone->counters[DNSBL_COUNT_LISTED], 1);
}

static bool slot_counts(const struct slot *slot)
{
    return slot->settled && slot->answer == ANSWER_LISTED && slot->test == TEST_OK &&
           dnsbl_zone_usable(slot->zone);
}

struct progress {
    struct dnsbl_score score;
    bool pending, allow_pending;
};

static struct progress weigh(struct dnsbl_check *check)
{
    struct progress progress = {0};
    for (size_t i = 0; i < check->count; i++) {
        struct slot *slot = &check->slots[i];
        slot_settle(slot);
        if (slot_counts(slot))
            dnsbl_score_add(&progress.score, i, slot->zone->weight, slot->zone->allow);
        progress.pending = progress.pending || !slot->settled;
        progress.allow_pending = progress.allow_pending || (!slot->settled && slot->zone->allow);
    }
    return progress;
}

static void take_score(struct dnsbl_check *check, const struct dnsbl_score *score)
{
    struct dnsbl_result *result = &check->result;
    result->outcome = dnsbl_score_outcome(score, check->threshold);
    result->weight = score->weight;
    if (score->hit)
        snprintf(result->zone, sizeof result->zone, "%s", check->slots[score->list].zone->name);
}

static bool check_step(struct dnsbl_check *check);

static void on_text(const struct dns_answer *answer, void *arg)
{
    struct dnsbl_check *check = arg;
    size_t len = answer->count > 0 ? answer->data[0].len : 0;
    if (len > DNSBL_TEXT_MAX - 1)
        len = DNSBL_TEXT_MAX - 1;
    for (size_t i = 0; i < len; i++) {
        char byte = answer->data[0].ptr[i];
        check->result.text[i] = (char)(byte >= ' ' && byte < 0x7f ? byte : '?');
    }
    check->result.text[len] = '\0';
    check->text = NULL;
    check->text_known = true;
    if (!check->asking)
        check_step(check);
}

// The client is refused, and `zone` says why. Pending answers of the other lists are no longer needed.
static void ask_text(struct dnsbl_check *check, const struct dnsbl_zone *zone)
{
    char question[DNSBL_QUESTION_MAX];
    slots_cancel(check);
    check->text_asked = true;
    dnsbl_zone_question(zone, check->labels, question);
    check->asking = true;
    check->text = resolver_ask(check->dnsbl->resolver, question, DNS_TYPE_TXT, on_text, check);
    check->asking = false;
}

// Proceeds as far as the answers allow. Returns true if the check ended and was freed.
static bool check_step(struct dnsbl_check *check)
{
    if (!check->text_asked) {
        struct progress now = weigh(check);
        take_score(check, &now.score);
        bool decided = check->result.outcome == DNSBL_ALLOWED || !now.pending ||
                       (check->result.outcome == DNSBL_LISTED && !now.allow_pending);
        if (!decided)
            return false;
        if (check->result.outcome == DNSBL_LISTED)
            ask_text(check, check->slots[now.score.list].zone);
        else
            check->text_known = true;
    }
    if (check->text_known)
        finish(check);
    else
        return false;
    return true;
}

static void on_client(const struct dns_answer *answer, void *arg)
{
    struct slot *slot = arg;
    slot->client = NULL;
    slot->fresh = slot->fresh || !slot->check->asking;
    if (answer->rc == DNS_FOUND) {
        enum dnsbl_reply reply = dnsbl_zone_judge(slot->zone, answer);
        slot->answer = reply == DNSBL_REPLY_COUNTS  ? ANSWER_LISTED
                       : reply == DNSBL_REPLY_ERROR ? ANSWER_REFUSED
                                                    : ANSWER_NOT_LISTED;
    } else {
        slot->answer = answer->rc == DNS_NONE ? ANSWER_NOT_LISTED : ANSWER_UNANSWERED;
    }
    if (!slot->check->asking)
        check_step(slot->check);
}

static void on_test_entry(const struct dns_answer *answer, void *arg)
{
    struct slot *slot = arg;
    slot->test_entry = NULL;
    slot->fresh = slot->fresh || !slot->check->asking;
    enum dnsbl_event event = dnsbl_zone_take_test_entry(slot->zone, slot->check->family, answer);
    slot->test = event == DNSBL_EVENT_TEST_OK ? TEST_OK : TEST_FAILED;
    if (!slot->check->asking)
        check_step(slot->check);
}

static void slot_ask(struct slot *slot)
{
    struct dnsbl_check *check = slot->check;
    struct resolver *resolver = check->dnsbl->resolver;
    char question[DNSBL_QUESTION_MAX];
    counter_add(&slot->zone->counters[DNSBL_COUNT_QUERIES], 1);
    dnsbl_zone_question(slot->zone, check->labels, question);
    slot->client = resolver_ask(resolver, question, DNS_TYPE_A, on_client, slot);
    if (dnsbl_zone_test_ok(slot->zone, check->family))
        slot->test = TEST_OK;
    else if (slot->answer == ANSWER_ASKED || slot->answer == ANSWER_LISTED)
        slot->test_entry =
            dnsbl_zone_ask_test_entry(slot->zone, resolver, check->family, on_test_entry, slot);
}

static void on_deadline(void *arg)
{
    struct dnsbl_check *check = arg;
    if (!check->text_asked) {
        struct progress now = weigh(check);
        take_score(check, &now.score);
        for (size_t i = 0; i < check->count; i++)
            if (!check->slots[i].settled)
                dnsbl_zone_note(check->slots[i].zone, slot_event(&check->slots[i]));
    }
    finish(check);
}

static struct dnsbl_check *check_create(struct dnsbl *dnsbl, const struct ip *client)
{
    size_t usable = 0;
    for (size_t i = 0; i < dnsbl->zones.count; i++)
        usable += dnsbl_zone_usable(dnsbl->zones.list[i]);
    struct dnsbl_check *check =
        usable > 0 ? calloc(1, sizeof *check + usable * sizeof check->slots[0]) : NULL;
    if (!check)
        return NULL;
    check->dnsbl = dnsbl;
    check->family = client->bits == 32 ? DNSBL_IPV4 : DNSBL_IPV6;
    ip_reversed(client, check->labels);
    for (size_t i = 0; i < dnsbl->zones.count; i++) {
        struct dnsbl_zone *zone = dnsbl->zones.list[i];
        if (dnsbl_zone_usable(zone))
            check->slots[check->count++] = (struct slot){.check = check, .zone = dnsbl_zone_hold(zone)};
    }
    DL_APPEND(dnsbl->checks, check);
    return check;
}

struct dnsbl_check *dnsbl_ask(struct dnsbl *dnsbl, const struct directory_snapshot *rows,
                              const struct ip *client, int64_t deadline_ms, dnsbl_callback callback,
                              void *arg)
{
    dnsbl_zones_reload(&dnsbl->zones, rows);
    struct dnsbl_check *check = check_create(dnsbl, client);
    if (!check) { // no list to ask, or out of memory
        callback(&(struct dnsbl_result){.outcome = DNSBL_CLEAR}, arg);
        return NULL;
    }
    check->threshold = directory_setting_number(rows, "dnsbl_threshold", 1);
    check->callback = callback;
    check->arg = arg;
    check->asking = true;
    for (size_t i = 0; i < check->count; i++)
        slot_ask(&check->slots[i]);
    check->asking = false;
    if (check_step(check))
        return NULL;
    loop_timer_init(&check->deadline, dnsbl->base, on_deadline, check);
    loop_timer_set(&check->deadline, deadline_ms);
    return check;
}

void dnsbl_cancel(struct dnsbl_check *check)
{
    check_free(check);
}

struct dnsbl *dnsbl_create(struct event_base *base, struct resolver *resolver)
{
    struct dnsbl *dnsbl = calloc(1, sizeof *dnsbl);
    if (!dnsbl)
        return NULL;
    dnsbl->base = base;
    dnsbl->resolver = resolver;
    dnsbl_zones_init(&dnsbl->zones, base, resolver);
    return dnsbl;
}

void dnsbl_destroy(struct dnsbl *dnsbl)
{
    struct dnsbl_check *check, *next;
    if (!dnsbl)
        return;
    DL_FOREACH_SAFE(dnsbl->checks, check, next)
    check_free(check);
    dnsbl_zones_finish(&dnsbl->zones);
    free(dnsbl);
}

bool dnsbl_visit(const struct dnsbl *dnsbl, void (*visit)(const char *zone, const char *state, void *arg),
                 void *arg)
{
    for (size_t i = 0; i < dnsbl->zones.count; i++)
        visit(dnsbl->zones.list[i]->name, dnsbl_state_name(dnsbl->zones.list[i]->health.state), arg);
    return dnsbl->zones.loaded;
}
