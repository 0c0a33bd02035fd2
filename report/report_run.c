// SPDX-License-Identifier: BSD-2-Clause
#include "report/report_run.h"

#include "base/clock.h"
#include "base/log.h"
#include "catalogue/catalogue.h"
#include "installation/installation.h"
#include "io/loop.h"
#include "mime/mime.h"
#include "report/compose/report_words.h"
#include "report/report_batch.h"
#include "report/report_conf.h"
#include "unsubscribe/unsubscribe.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    LEASE_SECONDS = 600,
    BATCH = 50,
    CONNECT_MS = 60000, // for the first connection, and for another after a loss
    EXPIRED_AT_ONCE = 10000,
    LOSSES_MAX = 3, // of the connection
};

static struct pg *pg;
static struct report_mail mail;
static struct report_batch batch;
static struct loop_timer patience;
static char sender[600];
static unsigned done, failed, losses;

static const char claim_sql[] =
    "select domain, month, coalesce(figures::text, ''), array_to_string(recipients, ' '), error "
    "from emailgency.claim_reports($1, $2::integer, $3::integer)";
static const char finish_sql[] = "select domain, to_char(month, 'YYYY-MM'), error from "
                                 "emailgency.finish_reports($1, $2::text[], $3::date[], "
                                 "$4::text[], $5::text[], $6::integer[], $7::text[], $8::text[])";

// Returns whether a statement took effect. After one that was lost the next connection begins again; what
// this node has leased is free again when its lease ends.
static bool succeeded(enum pg_rc rc, const PGresult *result)
{
    if (rc == PG_ERROR)
        daemon_fail(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
    else if (rc != PG_OK && ++losses >= LOSSES_MAX)
        daemon_fail("the connection to the database broke again and again; the next run goes on");
    else if (rc != PG_OK)
        loop_timer_set(&patience, CONNECT_MS);
    return rc == PG_OK;
}

static void on_expired(enum pg_rc rc, const PGresult *result, void *arg)
{
    (void)arg;
    if (!succeeded(rc, result))
        return;
    log_info("reports done=%u failed=%u", done, failed);
    if (failed > 0)
        daemon_fail("reports failed; select domain, month, last_error from report where made_at is null and "
                    "last_error <> '' shows why");
    else
        daemon_stopped();
}

static void claim(void);

static void on_finished(enum pg_rc rc, const PGresult *result, void *arg)
{
    (void)arg;
    if (!succeeded(rc, result))
        return;
    for (int row = 0; row < PQntuples(result); row++)
        log_error("no report: domain=%s month=%s error=%s",
                  log_text(slice_from(PQgetvalue(result, row, 0))).text, PQgetvalue(result, row, 1),
                  log_text(slice_from(PQgetvalue(result, row, 2))).text);
    failed += (unsigned)PQntuples(result);
    done -= (unsigned)PQntuples(result);
    claim();
}

static void on_claimed(enum pg_rc rc, const PGresult *result, void *arg)
{
    const char *values[REPORT_BATCH_VALUES], *count[1];
    char text[16];
    (void)arg;
    if (!succeeded(rc, result))
        return;
    snprintf(text, sizeof text, "%d", EXPIRED_AT_ONCE);
    count[0] = text;
    mail.date = clock_wall();
    if (PQntuples(result) == 0)
        pg_call(pg, NULL, "select emailgency.expire_reports($1::integer)", count, 1, on_expired, NULL);
    else if (!report_batch_compose(&batch, &mail, daemon_node_name(report_conf.node), result, values))
        daemon_fail("out of memory");
    else
        pg_call(pg, NULL, finish_sql, values, REPORT_BATCH_VALUES, on_finished, NULL);
    done += (unsigned)PQntuples(result);
}

static void claim(void)
{
    char count[16], lease[16];
    const char *values[] = {daemon_node_name(report_conf.node), count, lease};
    snprintf(count, sizeof count, "%d", BATCH);
    snprintf(lease, sizeof lease, "%d", LEASE_SECONDS);
    pg_call(pg, NULL, claim_sql, values, 3, on_claimed, NULL);
}

static void on_planned(enum pg_rc rc, const PGresult *result, void *arg)
{
    (void)arg;
    if (succeeded(rc, result))
        claim();
}

static void on_ready(struct pg *connection, void *arg)
{
    (void)connection;
    (void)arg;
    loop_timer_stop(&patience);
    pg_call(pg, NULL, "select emailgency.plan_reports()", NULL, 0, on_planned, NULL);
}

static void on_impatient(void *arg)
{
    (void)arg;
    daemon_fail("no connection to the database; the next run goes on");
}

bool report_start(struct event_base *base, struct problem *problem)
{
    (void)base;
    (void)problem;
    return true;
}

// Without catalogues the texts are English.
static void open_texts(void)
{
    char installed[INSTALLATION_PATH_MAX];
    struct problem why;
    const char *folder = report_conf.locale_folder;
    if (!*folder) {
        if (!installation_find(INSTALLATION_DATA, "locale", installed, &why))
            log_warn("all reports are in English: %s", why.text);
        folder = installed;
    }
    catalogue_open(REPORT_CATALOGUE, folder);
}

static bool set_mail(struct problem *problem)
{
    const char *key = report_conf.unsubscribe_key.value;
    if (*report_conf.unsubscribe_url && strlen(key) < UNSUBSCRIBE_KEY_MIN)
        return problem_set(problem,
                           "unsubscribe_url needs unsubscribe_key_file, whose first line has at least %d "
                           "characters: openssl rand -hex 32 makes one",
                           UNSUBSCRIBE_KEY_MIN);
    if (strchr(report_conf.sender, '@'))
        snprintf(sender, sizeof sender, "%s", report_conf.sender);
    else
        snprintf(sender, sizeof sender, "%s@%s", report_conf.sender, daemon_node_name(report_conf.node));
    mail = (struct report_mail){.sender = sender,
                                .sender_name = report_conf.sender_name,
                                .unsubscribe_base = report_conf.unsubscribe_url,
                                .unsubscribe_key = key};
    return mime_is_address(sender) || problem_set(problem, "sender: %s is no mail address", sender);
}

bool report_run(struct event_base *base, struct problem *problem)
{
    struct pg_spec database = pg_spec_of(&report_conf.database, "emailgency-report");
    database.on_ready = on_ready;
    if (!set_mail(problem))
        return false;
    open_texts();
    loop_timer_init(&patience, base, on_impatient, NULL);
    loop_timer_set(&patience, CONNECT_MS);
    pg = pg_create(base, &database);
    return pg || problem_set(problem, "out of memory");
}

void report_finish(void)
{
    pg_destroy(pg);
    loop_timer_finish(&patience);
    report_batch_finish(&batch);
}
