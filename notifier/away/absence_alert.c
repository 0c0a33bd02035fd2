// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/away/absence_alert.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "notifier/away/absence.h"
#include "notifier/away/absence_contacts.h"
#include "notifier/outbox/mail_message.h"
#include "notifier/outbox/outbox_retry.h"
#include "notifier/texts/texts.h"
#include "pg/pg_refusal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    SPOOL_BYTES_MAX = 65536,
    PAUSE_MS = 3600000,   // between two alerts, while the database comes and goes
    PATIENCE_MS = 150000, // for the attempts of one message, on both ways
};

struct absence_alert {
    struct absence_alert_spec spec;
    struct event_base *base;
    struct spool_file *file;
    struct absence absence;
    bool away, recording;
    struct mail_delivery *mail; // or
    struct sms_delivery *sms;
    unsigned contact; // whose message that is
    bool about_end;
    unsigned attempts;
    int64_t again_ms;   // clock_mono_ms: no attempt before
    int64_t alerted_ms; // of the latest alert; 0: none
    int64_t wanted_ms;  // since when a message waits; 0: none does
};

static struct fault unsent = {.name = "absence-unsent",
                              .text = "the operator cannot be alerted that the database is away",
                              .advice =
                                  "check sendmail, second_smarthost and the SMS gateways in notifier.conf",
                              .is_warning = true};
static struct fault nobody = {.name = "absence-without-contact",
                              .text = "the database is away, and no contact of the operator is known",
                              .advice = "set operator_contacts in notifier.conf, or the setting"};
static struct fault refused = {.name = "absence-refused",
                               .text = "the database refuses the note of its absence",
                               .advice = "run emailgency-migrate, or check the rights of the role"};

static void format_time(int64_t at, char out[32])
{
    const time_t seconds = (time_t)at;
    struct tm tm;
    if (!at || !gmtime_r(&seconds, &tm) || strftime(out, 32, "%Y-%m-%d %H:%M", &tm) == 0)
        out[0] = '\0';
}

static void on_sent(const struct send_result *result, void *arg)
{
    struct absence_alert *alert = arg;
    const char *address = alert->absence.contacts[alert->contact].address;
    alert->mail = NULL;
    alert->sms = NULL;
    // One more attempt after an unknown outcome could be the second message.
    if (result->outcome == SEND_SENT || result->outcome == SEND_UNKNOWN || result->outcome == SEND_DEAD) {
        log_info("the operator is alerted that the database is %s: contact=%s outcome=%s",
                 alert->about_end ? "back" : "away", log_value(slice_from(address)).text,
                 send_outcome_name(result->outcome));
        if (alert->about_end)
            absence_set_ended(&alert->absence, alert->file, alert->contact);
        else
            absence_set_sent(&alert->absence, alert->file, alert->contact);
        alert->attempts = 0;
        alert->again_ms = 0;
    }
    if (result->outcome == SEND_SENT)
        return;
    (void)fault_report(&unsent, log_text(slice_from(result->error)).text);
    alert->again_ms = clock_mono_ms() + (int64_t)outbox_retry_seconds(alert->attempts) * 1000;
}

static bool send_mail(struct absence_alert *alert, const struct alert *about, const char *address)
{
    char subject[TEXTS_SUBJECT_MAX], body[TEXTS_BODY_MAX], text[MAIL_MESSAGE_MAX], id[120];
    texts_mail(about, subject, body);
    snprintf(id, sizeof id, "database-%s-%" PRId64 "-%u", about->transition, alert->absence.since,
             alert->contact);
    const size_t size = mail_message_write(&(struct mail_message){.sender = alert->spec.mail.sender,
                                                                  .recipient = address,
                                                                  .subject = subject,
                                                                  .body = body,
                                                                  .id = id,
                                                                  .host = alert->spec.host,
                                                                  .date = clock_wall()},
                                           text);
    if (size > 0)
        alert->mail = mail_delivery_start(alert->base, &alert->spec.mail, address, slice_make(text, size),
                                          on_sent, alert);
    return alert->mail != NULL;
}

static bool send_sms(struct absence_alert *alert, const struct alert *about, const char *number)
{
    char text[TEXTS_SMS_MAX], id[120];
    if (!sms_sender_has_route(alert->spec.sms))
        return false;
    texts_sms(about, text);
    snprintf(id, sizeof id, "emailgency-%.60s-%s-%" PRId64, alert->spec.node, about->transition,
             alert->absence.since);
    alert->sms = sms_delivery_start(
        alert->spec.sms, &(struct sms_message){.to = number, .text = text, .id = id}, on_sent, alert);
    return alert->sms != NULL;
}

// One message at a time, since there are few.
static void send_next(struct absence_alert *alert)
{
    const unsigned contact = absence_next(&alert->absence, alert->contact + 1);
    char opened[32], closed[32];
    if (contact == ABSENCE_CONTACTS_MAX) {
        alert->wanted_ms = 0;
        return;
    }
    if (!alert->wanted_ms)
        alert->wanted_ms = clock_mono_ms();
    if (alert->mail || alert->sms || clock_mono_ms() < alert->again_ms)
        return;
    format_time(alert->absence.since, opened);
    format_time(alert->absence.until, closed);
    alert->contact = contact;
    alert->about_end = alert->absence.until != 0;
    alert->attempts++;
    const char *address = alert->absence.contacts[contact].address;
    const struct alert about = {.kind = "database",
                                .transition = alert->about_end ? "closed" : "opened",
                                .domain = "",
                                .subject = alert->spec.node,
                                .detail = "",
                                .opened = opened,
                                .closed = closed,
                                .time_zone = "UTC",
                                .language = "en",
                                .oldest = ""};
    if (!(*address == '+' ? send_sms(alert, &about, address) : send_mail(alert, &about, address)))
        on_sent(&(struct send_result){.outcome = SEND_RETRY, .error = "no way out"}, alert);
}

static void on_recorded(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct absence_alert *alert = arg;
    alert->recording = false;
    pg_refusal_report(&refused, rc, result);
    if (rc == PG_OK)
        absence_clear(&alert->absence, alert->file);
    else
        alert->again_ms = clock_mono_ms() + 60000;
}

// Once nobody is to be sent anything more.
static void record(struct absence_alert *alert)
{
    char since[24], until[24];
    if (alert->recording || !pg_ready(alert->spec.pg) || clock_mono_ms() < alert->again_ms)
        return;
    snprintf(since, sizeof since, "%" PRId64, alert->absence.since);
    snprintf(until, sizeof until, "%" PRId64, alert->absence.until);
    const char *values[] = {alert->spec.node, since, until, "the database did not answer"};
    alert->recording = true;
    pg_send(alert->spec.pg, &(struct pg_statement){.name = "record_absence",
                                                   .sql = "select emailgency.record_absence($1, $2::bigint, "
                                                          "$3::bigint, $4)",
                                                   .count = 4,
                                                   .values = values,
                                                   .on_result = on_recorded,
                                                   .arg = alert});
}

static void turn_away(struct absence_alert *alert, int64_t since, int64_t silent_ms)
{
    const int64_t now = clock_mono_ms();
    struct absence *absence = &alert->absence;
    // A new absence before the last one is noted: it is one.
    if (absence->since && absence->until) {
        if (alert->mail || alert->sms || alert->recording)
            return;
        absence_resume(absence, alert->file);
    }
    if (!absence->since) {
        const bool paused = alert->alerted_ms && now - alert->alerted_ms < PAUSE_MS;
        if (!alert->spec.after_ms || paused || silent_ms < alert->spec.after_ms)
            return;
        log_warn("the database is away, and the operator is alerted: since=%" PRId64, since);
        absence_begin(absence, alert->file, since);
        alert->alerted_ms = now;
        alert->attempts = 0;
        alert->again_ms = 0;
    }
    absence_contacts_add(absence, alert->spec.contacts, alert->spec.directory);
    if (absence->count == 0)
        (void)fault_report(&nobody, NULL);
    send_next(alert);
}

static void turn_present(struct absence_alert *alert)
{
    struct absence *absence = &alert->absence;
    if (!absence->since || alert->recording)
        return;
    if (!absence->until) {
        // The outcome of a message in flight comes first.
        if (alert->mail || alert->sms)
            return;
        absence_end(absence, alert->file, clock_wall());
        alert->attempts = 0;
        alert->again_ms = 0;
    }
    send_next(alert);
    if (!alert->wanted_ms)
        record(alert);
}

void absence_alert_turn(struct absence_alert *alert, enum database_state state, int64_t answered_at,
                        int64_t silent_ms)
{
    if (state == DATABASE_AWAY)
        turn_away(alert, answered_at, silent_ms);
    else if (state == DATABASE_PRESENT)
        turn_present(alert);
    alert->away = state == DATABASE_AWAY;
}

bool absence_alert_is_settled(const struct absence_alert *alert)
{
    if (alert->away && alert->spec.after_ms && alert->absence.since && alert->absence.count == 0)
        return false;
    return !alert->wanted_ms || clock_mono_ms() - alert->wanted_ms < PATIENCE_MS;
}

struct absence_alert *absence_alert_create(struct event_base *base, const struct absence_alert_spec *spec)
{
    struct absence_alert *alert = calloc(1, sizeof *alert);
    if (!alert)
        return NULL;
    alert->spec = *spec;
    alert->base = base;
    alert->file = spool_file_create(spec->spool, SPOOL_BYTES_MAX);
    absence_read(&alert->absence, alert->file);
    fault_register(&unsent, 1, "emailgency_notifier_errors_total");
    fault_register(&nobody, 1, "emailgency_notifier_errors_total");
    fault_register(&refused, 1, "emailgency_notifier_errors_total");
    return alert;
}

void absence_alert_destroy(struct absence_alert *alert)
{
    if (!alert)
        return;
    if (alert->mail)
        mail_delivery_cancel(alert->mail);
    if (alert->sms)
        sms_delivery_cancel(alert->sms);
    spool_file_destroy(alert->file);
    free(alert);
}
