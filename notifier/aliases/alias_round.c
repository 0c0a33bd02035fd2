// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/aliases/alias_round.h"

#include "base/address.h"
#include "base/fault.h"
#include "base/log.h"
#include "io/loop.h"
#include "notifier/aliases/alias_proof.h"
#include "pg/pg_refusal.h"

#include <stdio.h>
#include <stdlib.h>

#define AT_ONCE "16"
#define LEASE_S "60" // longer than a look-up and its record take

enum { CHECKS_MAX = 16, TICK_MS = 2000, TOKEN_MAX = 64 };

struct alias_check {
    struct alias_round *round;
    struct resolver_query *query; // NULL: the answer is there
    char name[ADDRESS_DOMAIN_MAX + 1], domain[ADDRESS_DOMAIN_MAX + 1], token[TOKEN_MAX];
};

struct alias_round {
    struct alias_round_spec spec;
    struct loop_timer timer;
    bool claiming;
    unsigned open; // checks whose record has no answer of the database
    struct alias_check checks[CHECKS_MAX];
};

static struct fault refused = {.name = "alias-refused",
                               .text = "the database refuses a look-up of a claimed alias domain",
                               .advice = "run emailgency-migrate, or check the rights of the role",
                               .interval_ms = 60000};

// A record that is lost is made again after the lease.
static void on_recorded(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct alias_check *check = arg;
    check->round->open--;
    pg_refusal_report(&refused, rc, result);
    if (rc == PG_OK && PQntuples(result) == 1 && strcmp(PQgetvalue(result, 0, 0), "proved") == 0)
        log_info("claimed alias domain is proved by DNS, and takes mail: name=%s domain=%s", check->name,
                 check->domain);
}

static void on_answer(const struct dns_answer *answer, void *arg)
{
    struct alias_check *check = arg;
    const struct alias_round_spec *spec = &check->round->spec;
    check->query = NULL;
    pg_call(spec->pg, NULL, "select emailgency.record_alias_check($1, $2, $3, $4, $5)",
            (const char *const[]){spec->node, check->name, check->domain, check->token,
                                  alias_proof_judge(answer, check->token)},
            5, on_recorded, check);
}

// The present state is looked up, since somebody has just written the record.
static void look_up(struct alias_check *check)
{
    char name[sizeof ALIAS_PROOF_LABEL + ADDRESS_DOMAIN_MAX];
    snprintf(name, sizeof name, ALIAS_PROOF_LABEL "%s", check->name);
    check->round->open++;
    struct resolver_query *query =
        resolver_refresh(check->round->spec.resolver, name, DNS_TYPE_TXT, on_answer, check);
    if (query)
        check->query = query;
}

static void on_claimed(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct alias_round *round = arg;
    round->claiming = false;
    pg_refusal_report(&refused, rc, result);
    const int rows = rc == PG_OK ? PQntuples(result) : 0;
    for (int row = 0; row < rows && row < CHECKS_MAX; row++) {
        struct alias_check *check = &round->checks[row];
        check->round = round;
        if (slice_copy(slice_from(PQgetvalue(result, row, 0)), check->name, sizeof check->name) &&
            slice_copy(slice_from(PQgetvalue(result, row, 1)), check->domain, sizeof check->domain) &&
            slice_copy(slice_from(PQgetvalue(result, row, 2)), check->token, sizeof check->token))
            look_up(check);
    }
}

static void on_tick(void *arg)
{
    struct alias_round *round = arg;
    loop_timer_set(&round->timer, TICK_MS);
    if (round->claiming || round->open > 0 || !pg_ready(round->spec.pg))
        return;
    round->claiming = true;
    pg_call(round->spec.pg, NULL,
            "select name, domain, token from emailgency.claim_alias_checks($1, $2::integer, $3::integer)",
            (const char *const[]){round->spec.node, AT_ONCE, LEASE_S}, 3, on_claimed, round);
}

struct alias_round *alias_round_create(struct event_base *base, const struct alias_round_spec *spec)
{
    struct alias_round *round = calloc(1, sizeof *round);
    if (!round)
        return NULL;
    round->spec = *spec;
    fault_register(&refused, 1, "emailgency_notifier_errors_total");
    loop_timer_init(&round->timer, base, on_tick, round);
    loop_timer_set(&round->timer, TICK_MS);
    return round;
}

void alias_round_destroy(struct alias_round *round)
{
    if (!round)
        return;
    for (unsigned i = 0; i < CHECKS_MAX; i++)
        if (round->checks[i].query)
            resolver_cancel(round->checks[i].query);
    loop_timer_finish(&round->timer);
    free(round);
}
