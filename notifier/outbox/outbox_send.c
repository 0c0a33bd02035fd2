// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/outbox/outbox_send.h"

#include "base/clock.h"
#include "notifier/outbox/mail_message.h"
#include "notifier/texts/texts.h"
#include "notifier/webhook/webhook_request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct outbox_row {
    struct event_base *base;
    const struct outbox_spec *spec;
    const PGresult *result;
    int row;
    struct alert alert;
    void (*on_sent)(const struct send_result *result, void *arg);
    void *arg;
};

static const char *value(const struct outbox_row *row, enum outbox_column column)
{
    return PQgetvalue(row->result, row->row, (int)column);
}

static void end_as(const struct outbox_row *row, enum send_outcome outcome, const char *error)
{
    row->on_sent(&(struct send_result){.outcome = outcome, .error = error}, row->arg);
}

static struct alert alert_of(const struct outbox_row *row)
{
    return (struct alert){.kind = value(row, OUTBOX_KIND),
                          .transition = value(row, OUTBOX_TRANSITION),
                          .domain = value(row, OUTBOX_DOMAIN),
                          .subject = value(row, OUTBOX_SUBJECT),
                          .detail = value(row, OUTBOX_DETAIL),
                          .opened = value(row, OUTBOX_OPENED),
                          .closed = value(row, OUTBOX_CLOSED),
                          .time_zone = value(row, OUTBOX_ZONE),
                          .language = value(row, OUTBOX_LANGUAGE),
                          .waiting = strtoul(value(row, OUTBOX_WAITING), NULL, 10),
                          .oldest = value(row, OUTBOX_OLDEST),
                          .kept_days = row->spec->kept_days,
                          .last_of_week = value(row, OUTBOX_LAST)[0] == 't'};
}

static void send_message(struct outbox_send *send, const struct outbox_row *row, struct slice message)
{
    send->mail = mail_delivery_start(row->base, &row->spec->mail, value(row, OUTBOX_ADDRESS), message,
                                     row->on_sent, row->arg);
    if (!send->mail)
        end_as(row, SEND_RETRY, strerrordesc_np(errno));
}

// The console composed the message, without the fields that are the notifier's. The report itself has another
// Message-ID: its readers get both.
static void send_copy(struct outbox_send *send, const struct outbox_row *row)
{
    char head[MAIL_MESSAGE_HEAD_MAX], id[40], *text = NULL;
    snprintf(id, sizeof id, "copy-%s", value(row, OUTBOX_ID));
    const size_t size = mail_message_head(&(struct mail_message){.sender = row->spec->mail.sender,
                                                                 .recipient = value(row, OUTBOX_ADDRESS),
                                                                 .id = id,
                                                                 .host = row->spec->host},
                                          head);
    const int len = size > 0 ? asprintf(&text, "%.*s%s", (int)size, head, row->alert.detail) : 0;
    if (size == 0)
        end_as(row, SEND_DEAD, "the addresses do not make a message");
    else if (len < 0)
        end_as(row, SEND_RETRY, strerrordesc_np(ENOMEM));
    else
        send_message(send, row, slice_make(text, (size_t)len));
    if (len > 0)
        free(text);
}

static void send_mail(struct outbox_send *send, const struct outbox_row *row)
{
    char subject[TEXTS_SUBJECT_MAX], body[TEXTS_BODY_MAX], text[MAIL_MESSAGE_MAX], id[40];
    const char *address = value(row, OUTBOX_ADDRESS);
    texts_mail(&row->alert, subject, body);
    snprintf(id, sizeof id, "alert-%s", value(row, OUTBOX_ID));
    const size_t size = mail_message_write(&(struct mail_message){.sender = row->spec->mail.sender,
                                                                  .recipient = address,
                                                                  .subject = subject,
                                                                  .body = body,
                                                                  .id = id,
                                                                  .host = row->spec->host,
                                                                  .date = clock_wall()},
                                           text);
    if (size == 0)
        end_as(row, SEND_DEAD, "the addresses do not make a message");
    else
        send_message(send, row, slice_make(text, size));
}

static void send_sms(struct outbox_send *send, const struct outbox_row *row)
{
    char text[TEXTS_SMS_MAX], id[40];
    texts_sms(&row->alert, text);
    snprintf(id, sizeof id, "emailgency-%s", value(row, OUTBOX_ID));
    send->sms = sms_delivery_start(
        row->spec->sms, &(struct sms_message){.to = value(row, OUTBOX_ADDRESS), .text = text, .id = id},
        row->on_sent, row->arg);
    if (!send->sms)
        end_as(row, SEND_RETRY, strerrordesc_np(ENOMEM));
}

static void send_webhook(struct outbox_send *send, const struct outbox_row *row)
{
    char title[TEXTS_SUBJECT_MAX], text[TEXTS_BODY_MAX], id[40];
    texts_mail(&row->alert, title, text);
    char *body = webhook_body_write(&(struct webhook_event){.transition = row->alert.transition,
                                                            .created = value(row, OUTBOX_CREATED_UTC),
                                                            .opened = value(row, OUTBOX_OPENED_UTC),
                                                            .closed = value(row, OUTBOX_CLOSED_UTC),
                                                            .domain = row->alert.domain,
                                                            .kind = row->alert.kind,
                                                            .subject = row->alert.subject,
                                                            .detail = row->alert.detail,
                                                            .waiting = row->alert.waiting,
                                                            .title = title,
                                                            .text = text});
    snprintf(id, sizeof id, "alert-%s", value(row, OUTBOX_ID));
    if (body)
        send->webhook = webhook_delivery_start(
            row->spec->webhook,
            &(struct webhook_message){
                .domain = row->alert.domain, .url = value(row, OUTBOX_ADDRESS), .id = id, .body = body},
            row->on_sent, row->arg);
    free(body);
    if (!send->webhook)
        end_as(row, SEND_RETRY, strerrordesc_np(ENOMEM));
}

void outbox_send_start(struct outbox_send *send, struct event_base *base, const struct outbox_spec *spec,
                       const PGresult *result, int row,
                       void (*on_sent)(const struct send_result *result, void *arg), void *arg)
{
    struct outbox_row one = {
        .base = base, .spec = spec, .result = result, .row = row, .on_sent = on_sent, .arg = arg};
    const char *channel = value(&one, OUTBOX_CHANNEL);
    one.alert = alert_of(&one);
    if (strcmp(channel, "sms") == 0)
        send_sms(send, &one);
    else if (strcmp(channel, "webhook") == 0)
        send_webhook(send, &one);
    else if (strcmp(one.alert.kind, "report_copy") == 0)
        send_copy(send, &one);
    else if (strcmp(one.alert.transition, "report") == 0) // emailgency-report composed it
        send_message(send, &one, slice_from(one.alert.detail));
    else
        send_mail(send, &one);
}

void outbox_send_cancel(struct outbox_send *send)
{
    if (send->mail)
        mail_delivery_cancel(send->mail);
    if (send->sms)
        sms_delivery_cancel(send->sms);
    if (send->webhook)
        webhook_delivery_cancel(send->webhook);
}
