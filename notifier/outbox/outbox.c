// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/outbox/outbox.h"

#include "base/clock.h"
#include "base/counter.h"
#include "base/fault.h"
#include "base/log.h"
#include "io/loop.h"
#include "notifier/outbox/mail_message.h"
#include "notifier/outbox/outbox_retry.h"
#include "notifier/texts/texts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TICK_MS = 1000,
    IN_FLIGHT_MAX = 20,  // processes of sendmail(1) and requests to gateways
    LEASE_SECONDS = 180, // more than one attempt takes
    EXPIRE_TICKS = 600,
    ERROR_MAX = 800,
};

// The columns of claim_outbox().
enum column {
    ID,
    CHANNEL,
    ADDRESS,
    DOMAIN,
    KIND,
    TRANSITION,
    SUBJECT,
    DETAIL,
    OPENED,
    CLOSED,
    LANGUAGE,
    ZONE,
    WAITING,
    OLDEST,
    ATTEMPTS,
    LAST
};

struct outbox_entry {
    struct outbox *outbox;
    struct outbox_entry *next, **link;
    char id[24];
    unsigned attempts;
    struct mail_delivery *mail; // or
    struct sms_delivery *sms;
};

struct outbox {
    struct outbox_spec spec;
    struct event_base *base;
    struct loop_timer timer;
    struct outbox_entry *entries;
    unsigned in_flight, ticks;
    bool claiming;
};

static struct counter attempts[SEND_UNKNOWN + 1];

static struct fault refused = {.name = "outbox-refused",
                               .text = "the database refuses a statement about alerts",
                               .advice = "run sql/migrate, or check the rights of the role",
                               .interval_ms = 60000};
static struct fault unsent = {.name = "alert-unsent",
                              .text = "an alert could not be sent, and is tried again",
                              .advice = "check sendmail and the gateways in notifier.conf",
                              .is_warning = true};
static struct fault dead = {.name = "alert-dead",
                            .text = "an alert is given up",
                            .advice = "see last_error in table outbox; retry_outbox(id) sends it again"};

static const char *outcome_word(unsigned outcome)
{
    return send_outcome_name((enum send_outcome)outcome);
}

static void on_marked(enum pg_rc rc, const PGresult *result, void *arg)
{
    (void)arg;
    if (rc == PG_ERROR)
        (void)fault_report(&refused, PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
}

static void send_statement(struct outbox *outbox, const char *name, const char *sql,
                           const char *const *values, int count,
                           void (*on_result)(enum pg_rc, const PGresult *, void *))
{
    pg_send(outbox->spec.pg, &(struct pg_statement){.name = name,
                                                    .sql = sql,
                                                    .count = count,
                                                    .values = values,
                                                    .on_result = on_result,
                                                    .arg = outbox});
}

static void remove_entry(struct outbox_entry *entry)
{
    *entry->link = entry->next;
    if (entry->next)
        entry->next->link = entry->link;
    entry->outbox->in_flight--;
    free(entry);
}

// An error as the log and the database take it: it can hold bytes of a peer, and a text that is no UTF-8
// would have the mark refused, so that the message were sent again.
static void printable(const char *error, char out[ERROR_MAX])
{
    const size_t len = strnlen(error, ERROR_MAX - 1);
    memcpy(out, error, len);
    for (char *at = out; at < out + len; at++)
        if (*at < ' ' || *at > '~')
            *at = *at == '\n' || *at == '\r' ? ' ' : '?';
    out[len] = '\0';
}

// Marks what became of an entry. A message that was sent while the database is away is sent again when its
// lease ends: late twice is better than never.
static void mark(struct outbox_entry *entry, const struct send_result *result)
{
    char delay[24], error[ERROR_MAX];
    const unsigned wait = outbox_retry_seconds(entry->attempts);
    const enum send_outcome outcome =
        result->outcome == SEND_RETRY && outbox_gives_up(entry->attempts) ? SEND_DEAD : result->outcome;
    printable(result->error, error);
    snprintf(delay, sizeof delay, "%u", wait < result->retry_after ? result->retry_after : wait);
    const char *values[] = {entry->outbox->spec.node, entry->id, send_outcome_name(outcome), error, delay};
    counter_add(&attempts[outcome], 1);
    if (outcome != SEND_SENT)
        (void)fault_report(outcome == SEND_DEAD ? &dead : &unsent, error);
    send_statement(entry->outbox, "mark_outbox",
                   "select emailgency.mark_outbox($1, $2::bigint, $3, $4, $5::integer)", values, 5,
                   on_marked);
    remove_entry(entry);
}

static void mark_as(struct outbox_entry *entry, enum send_outcome outcome, const char *error)
{
    mark(entry, &(struct send_result){.outcome = outcome, .error = error});
}

static void on_sent(const struct send_result *result, void *arg)
{
    mark(arg, result);
}

static struct alert alert_of(const struct outbox *outbox, const PGresult *result, int row)
{
    return (struct alert){.kind = PQgetvalue(result, row, KIND),
                          .transition = PQgetvalue(result, row, TRANSITION),
                          .domain = PQgetvalue(result, row, DOMAIN),
                          .subject = PQgetvalue(result, row, SUBJECT),
                          .detail = PQgetvalue(result, row, DETAIL),
                          .opened = PQgetvalue(result, row, OPENED),
                          .closed = PQgetvalue(result, row, CLOSED),
                          .time_zone = PQgetvalue(result, row, ZONE),
                          .language = PQgetvalue(result, row, LANGUAGE),
                          .waiting = strtoul(PQgetvalue(result, row, WAITING), NULL, 10),
                          .oldest = PQgetvalue(result, row, OLDEST),
                          .kept_days = outbox->spec.kept_days,
                          .last_of_week = PQgetvalue(result, row, LAST)[0] == 't'};
}

static void send_mail(struct outbox_entry *entry, const struct alert *alert, const char *address)
{
    const struct outbox *outbox = entry->outbox;
    char subject[TEXTS_SUBJECT_MAX], body[TEXTS_BODY_MAX], text[MAIL_MESSAGE_MAX], id[40];
    texts_mail(alert, subject, body);
    snprintf(id, sizeof id, "alert-%s", entry->id);
    const size_t size = mail_message_write(&(struct mail_message){.sender = outbox->spec.mail.sender,
                                                                  .recipient = address,
                                                                  .subject = subject,
                                                                  .body = body,
                                                                  .id = id,
                                                                  .host = outbox->spec.host,
                                                                  .date = clock_wall()},
                                           text);
    if (size == 0) {
        mark_as(entry, SEND_DEAD, "the addresses do not make a message");
        return;
    }
    entry->mail = mail_delivery_start(outbox->base, &outbox->spec.mail, address, slice_make(text, size),
                                      on_sent, entry);
    if (!entry->mail)
        mark_as(entry, SEND_RETRY, strerrordesc_np(errno));
}

static void send_sms(struct outbox_entry *entry, const struct alert *alert, const char *number)
{
    char text[TEXTS_SMS_MAX], id[40];
    texts_sms(alert, text);
    snprintf(id, sizeof id, "emailgency-%s", entry->id);
    entry->sms = sms_delivery_start(
        entry->outbox->spec.sms, &(struct sms_message){.to = number, .text = text, .id = id}, on_sent, entry);
    if (!entry->sms)
        mark_as(entry, SEND_RETRY, strerrordesc_np(ENOMEM));
}

// A row of claim_outbox(). One that cannot be kept is sent when its lease ends.
static void start_entry(struct outbox *outbox, const PGresult *result, int row)
{
    struct outbox_entry *entry = calloc(1, sizeof *entry);
    if (!entry || !slice_copy(slice_from(PQgetvalue(result, row, ID)), entry->id, sizeof entry->id)) {
        free(entry);
        return;
    }
    entry->outbox = outbox;
    entry->attempts = (unsigned)strtoul(PQgetvalue(result, row, ATTEMPTS), NULL, 10);
    entry->next = outbox->entries;
    entry->link = &outbox->entries;
    if (entry->next)
        entry->next->link = &entry->next;
    outbox->entries = entry;
    outbox->in_flight++;
    const struct alert alert = alert_of(outbox, result, row);
    if (strcmp(PQgetvalue(result, row, CHANNEL), "sms") == 0)
        send_sms(entry, &alert, PQgetvalue(result, row, ADDRESS));
    else
        send_mail(entry, &alert, PQgetvalue(result, row, ADDRESS));
}

static void on_claimed(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct outbox *outbox = arg;
    outbox->claiming = false;
    if (rc != PG_OK) {
        on_marked(rc, result, NULL);
        return;
    }
    for (int row = 0; row < PQntuples(result); row++)
        start_entry(outbox, result, row);
}

static void claim(struct outbox *outbox)
{
    char count[16], lease[16];
    if (outbox->claiming || outbox->in_flight >= IN_FLIGHT_MAX)
        return;
    snprintf(count, sizeof count, "%u", IN_FLIGHT_MAX - outbox->in_flight);
    snprintf(lease, sizeof lease, "%d", LEASE_SECONDS);
    const char *values[] = {outbox->spec.node,
                            sms_sender_has_route(outbox->spec.sms) ? "{mail,sms}" : "{mail}", count, lease};
    outbox->claiming = true;
    send_statement(outbox, "claim_outbox",
                   "select * from emailgency.claim_outbox($1, $2::text[], $3::integer, $4::integer)", values,
                   4, on_claimed);
}

static void on_tick(void *arg)
{
    struct outbox *outbox = arg;
    const char *count[] = {"1000"};
    loop_timer_set(&outbox->timer, TICK_MS);
    if (!pg_ready(outbox->spec.pg))
        return;
    if (outbox->ticks++ % EXPIRE_TICKS == 0)
        send_statement(outbox, "expire_outbox", "select emailgency.expire_outbox($1::integer)", count, 1,
                       on_marked);
    claim(outbox);
}

struct outbox *outbox_create(struct event_base *base, const struct outbox_spec *spec)
{
    struct outbox *outbox = calloc(1, sizeof *outbox);
    if (!outbox)
        return NULL;
    outbox->spec = *spec;
    outbox->base = base;
    counter_family_register(&(struct counter_family){.name = "emailgency_notifier_alert_attempts_total",
                                                     .help = "Attempts to send an alert, by outcome.",
                                                     .label = "outcome",
                                                     .word = outcome_word,
                                                     .count = sizeof attempts / sizeof *attempts,
                                                     .counters = attempts});
    fault_register(&refused, 1, "emailgency_notifier_errors_total");
    fault_register(&unsent, 1, "emailgency_notifier_errors_total");
    fault_register(&dead, 1, "emailgency_notifier_errors_total");
    loop_timer_init(&outbox->timer, base, on_tick, outbox);
    loop_timer_set(&outbox->timer, 0);
    return outbox;
}

void outbox_destroy(struct outbox *outbox)
{
    if (!outbox)
        return;
    for (struct outbox_entry *next, *entry = outbox->entries; entry; entry = next) {
        next = entry->next;
        if (entry->mail)
            mail_delivery_cancel(entry->mail);
        if (entry->sms)
            sms_delivery_cancel(entry->sms);
        free(entry);
    }
    loop_timer_finish(&outbox->timer);
    free(outbox);
}
