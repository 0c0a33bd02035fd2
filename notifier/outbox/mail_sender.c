// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/outbox/mail_sender.h"

#include "io/program.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>

enum { SENDMAIL_MS = 60000, SMARTHOST_MS = 60000 }; // together less than the lease of an alert

struct mail_delivery {
    const struct mail_sender_spec *spec;
    struct program *program;   // or
    struct transfer *transfer; // the second way
    char *recipient;
    char *message;
    size_t message_len;
    char error[PROGRAM_OUTPUT_MAX + 40]; // of sendmail(1)
    void (*on_sent)(const struct send_result *result, void *arg);
    void *arg;
};

static void free_delivery(struct mail_delivery *delivery)
{
    free(delivery->recipient);
    free(delivery->message);
    free(delivery);
}

static void end_delivery(struct mail_delivery *delivery, enum send_outcome outcome, const char *error)
{
    const struct send_result result = {.outcome = outcome, .error = outcome == SEND_SENT ? "" : error};
    delivery->on_sent(&result, delivery->arg);
    free_delivery(delivery);
}

// sendmail(1) has written the message to the queue when it ends with 0. Killed in the middle, nobody knows.
// All else is worth another attempt, since the message is well formed: a full disk, or a configuration that
// is being edited.
static enum send_outcome outcome_of(int status)
{
    if (status < 0 || !WIFEXITED(status))
        return SEND_UNKNOWN;
    return WEXITSTATUS(status) == EX_OK ? SEND_SENT : SEND_RETRY;
}

// That sendmail(1) failed is the fault to correct, so its error stays in front. A refusal by this server is
// no refusal by Postfix, which takes the message later.
static void on_transferred(const struct transfer_result *result, void *arg)
{
    struct mail_delivery *delivery = arg;
    char error[PROGRAM_OUTPUT_MAX + 400];
    enum send_outcome outcome = result->end == TRANSFER_NOT_SENT ? SEND_RETRY : SEND_UNKNOWN;
    if (result->end == TRANSFER_ANSWERED)
        outcome = send_outcome_of_smtp(result->status) == SEND_SENT ? SEND_SENT : SEND_RETRY;
    snprintf(error, sizeof error, "%s; second smarthost: %s (SMTP code %u)", delivery->error, result->error,
             result->status);
    end_delivery(delivery, outcome, error);
}

static bool start_transfer(struct mail_delivery *delivery)
{
    const struct mail_sender_spec *spec = delivery->spec;
    if (!*spec->smarthost)
        return false;
    delivery->transfer = transfer_start(
        spec->transfers, &(struct transfer_spec){.url = spec->smarthost,
                                                 .sender = spec->sender,
                                                 .recipient = delivery->recipient,
                                                 .user = spec->user,
                                                 .password = spec->password,
                                                 .body = slice_make(delivery->message, delivery->message_len),
                                                 .total_ms = SMARTHOST_MS,
                                                 .on_end = on_transferred,
                                                 .arg = delivery});
    return delivery->transfer != NULL;
}

static void on_end(int status, const char *output, void *arg)
{
    struct mail_delivery *delivery = arg;
    const enum send_outcome outcome = outcome_of(status);
    delivery->program = NULL;
    snprintf(delivery->error, sizeof delivery->error, "sendmail: %s", *output ? output : "no reason given");
    if (outcome != SEND_RETRY || !start_transfer(delivery))
        end_delivery(delivery, outcome, delivery->error);
}

static bool start_program(struct event_base *base, struct mail_delivery *delivery)
{
    const char *argv[] = {delivery->spec->sendmail, "-i", "-f", delivery->spec->sender, "--",
                          delivery->recipient,      NULL};
    delivery->program = program_start(
        base, &(struct program_spec){.argv = argv,
                                     .input = slice_make(delivery->message, delivery->message_len),
                                     .deadline_ms = SENDMAIL_MS,
                                     .on_end = on_end,
                                     .arg = delivery});
    if (!delivery->program)
        snprintf(delivery->error, sizeof delivery->error, "sendmail: %s", strerrordesc_np(errno));
    return delivery->program != NULL;
}

struct mail_delivery *mail_delivery_start(struct event_base *base, const struct mail_sender_spec *spec,
                                          const char *recipient, struct slice message,
                                          void (*on_sent)(const struct send_result *result, void *arg),
                                          void *arg)
{
    struct mail_delivery *delivery = calloc(1, sizeof *delivery);
    if (!delivery)
        return NULL;
    delivery->spec = spec;
    delivery->on_sent = on_sent;
    delivery->arg = arg;
    delivery->recipient = strdup(recipient);
    delivery->message = strndup(message.ptr, message.len);
    delivery->message_len = message.len;
    if (delivery->recipient && delivery->message &&
        (start_program(base, delivery) || start_transfer(delivery)))
        return delivery;
    const int error = errno;
    free_delivery(delivery);
    errno = error;
    return NULL;
}

void mail_delivery_cancel(struct mail_delivery *delivery)
{
    if (delivery->program)
        program_cancel(delivery->program);
    if (delivery->transfer)
        transfer_cancel(delivery->transfer);
    free_delivery(delivery);
}
