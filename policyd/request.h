// SPDX-License-Identifier: BSD-2-Clause
// One policy request from its envelope to its answer: decide, find out what is missing, go on. It is answered
// within its deadline, whatever is slow.
#ifndef POLICYD_REQUEST_H
#define POLICYD_REQUEST_H

#include "activity/activity.h"
#include "io/loop.h"
#include "policyd/decide/policy_decide.h"
#include "policyd/dnsbl/dnsbl.h"
#include "policyd/greylist/greylist.h"
#include "policyd/outbound/outbound.h"
#include "policyd/transaction.h"

// Shared by all requests; everything is borrowed.
struct request_services {
    struct event_base *base;
    struct directory *directory;
    struct identity_rules *rules; // NULL: no public suffix list
    struct dnsbl *dnsbl;
    struct greylist *greylist;
    struct outbound *outbound;
    struct activity *activity;
    struct transactions *instances;
    int64_t answer_within_ms;
    int64_t dns_timeout_ms;
};

struct request {
    const struct request_services *services;
    // Runs once per request_begin, perhaps before that returns. `action` is valid during the call.
    void (*on_answer)(const char *action, void *arg);
    void *arg;
    struct envelope envelope;
    struct lru_key transaction; // of the services' instances
    struct policy_facts facts;
    struct dnsbl_result listing;
    struct policy_decision decision;
    struct dnsbl_check *check;
    struct greylist_ask *ask;
    struct outbound_ask *count;
    struct loop_timer deadline;
    int64_t started_us;
    bool recalled; // the facts are those of an earlier request of the same SMTP transaction
    bool stepping; // a look-up is being started; its callback may run before that returns
    bool open;
};

// The caller sets on_answer and arg. One request at a time.
void request_init(struct request *request, const struct request_services *services);

// Cancels pending look-ups without an answer.
void request_finish(struct request *request);

// `received` is not used after the call.
void request_begin(struct request *request, const struct policy_request *received);

#endif
