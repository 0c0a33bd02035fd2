// SPDX-License-Identifier: BSD-2-Clause
#include "milter/message.h"

#include "base/clock.h"
#include "directory/recipient.h"
#include "idn/idn.h"
#include "milter/batv_keyring.h"
#include "milter/decide/rcpt_answer.h"
#include "milter/decide/smtp_command.h"
#include "milter/headers/forged_field.h"
#include "milter/message_log.h"
#include "milter/message_spf.h"
#include "milter/shared_directory.h"

#include <stdio.h>

static void read_rows(struct session *session, const struct directory_snapshot *rows)
{
    const struct slice domain_name = address_domain(&session->client.login);
    struct domain_row domain;
    session->sender_domain[0] = '\0';
    session->client_class = rows ? rcpt_decide_client_class(rows, &session->client) : RCPT_DECIDE_TRUSTED;
    if (rows && domain_name.len > 0 && directory_domain_of(rows, domain_name, &domain) == DIRECTORY_OK)
        (void)slice_copy(domain.name, session->sender_domain, sizeof session->sender_domain);
}

void message_mail(struct session *session, const char *const *arguments, struct slice parsed,
                  struct slice login)
{
    struct session_message *message = &session->message;
    char ascii[IDN_TEXT_MAX + 1];
    const struct slice sender = idn_to_ascii(smtp_command_address(arguments, parsed), ascii);
    session_begin_message(session);
    smtp_command_address_read(login, &session->client.login);
    smtp_command_address_cut(sender, message->given_sender, sizeof message->given_sender);
    smtp_command_address_read(sender, &message->sender);
    message->declared = smtp_command_size(arguments);
    const struct directory_snapshot *rows = shared_directory_begin();
    read_rows(session, rows);
    shared_directory_end();
}

// One decision under one snapshot; without a replica every recipient is accepted.
static void decide(const struct session *session, const struct mail_address *recipient,
                   struct rcpt_decision *out)
{
    const struct session_message *message = &session->message;
    struct batv_keys keys;
    const bool has_keys = message->sender.len == 0 && batv_keyring_copy(&keys);
    const struct directory_snapshot *rows = shared_directory_begin();
    *out = (struct rcpt_decision){.verdict = RCPT_DECIDE_ACCEPT, .limit = INT64_MAX};
    if (rows)
        rcpt_decide(rows,
                    &(struct rcpt_decide_message){.client = &session->client,
                                                  .client_class = session->client_class,
                                                  .sender = &message->sender,
                                                  .declared = message->declared,
                                                  .limit = message->limit,
                                                  .spf = message->spf,
                                                  .keys = has_keys ? &keys : NULL,
                                                  .now = clock_wall()},
                    recipient, out);
    shared_directory_end();
    if (has_keys)
        batv_keys_finish(&keys);
}

static bool check_spf(struct session *session, const struct ip *client, const char *helo, bool helo_alone)
{
    const bool done = message_spf_run(
        session, &(struct message_spf_subject){.client = *client, .helo = helo, .helo_alone = helo_alone});
    if (!done)
        message_log_fault(MESSAGE_LOG_NO_MEMORY, NULL);
    return done;
}

static void note_accepted(struct session_message *message, const struct rcpt_decision *decision,
                          const char *const *arguments, struct slice address)
{
    message->recipients++;
    message->add_results_header |= decision->add_results_header;
    if (message->limit < 0 || decision->limit < message->limit)
        message->limit = decision->limit;
    if (decision->domain[0])
        domain_counts_note(&message->domains, slice_from(decision->domain), "", 1);
    no_bounce_note(&message->no_bounce,
                   &(struct no_bounce_recipient){.given = slice_from(arguments[0]),
                                                 .address = address,
                                                 .notify = smtp_command_parameter(arguments, "NOTIFY"),
                                                 .orcpt = smtp_command_parameter(arguments, "ORCPT"),
                                                 .wanted = decision->no_bounce});
}

void message_rcpt(struct session *session, const char *const *arguments, struct slice parsed,
                  struct reply_text *reply)
{
    const struct slice address = smtp_command_address(arguments, parsed);
    struct session_message *message = &session->message;
    struct mail_address recipient;
    struct rcpt_decision decision;
    smtp_command_address_read(address, &recipient);
    decide(session, &recipient, &decision);
    if (decision.verdict == RCPT_DECIDE_ASK_SPF &&
        check_spf(session, &session->client.address, session->helo, decision.ask_helo))
        decide(session, &recipient, &decision);
    if (decision.verdict == RCPT_DECIDE_ACCEPT || decision.verdict == RCPT_DECIDE_ASK_SPF)
        note_accepted(message, &decision, arguments, address);
    rcpt_answer_write(&decision, message->spf, reply);
    message_log_recipient(session, &recipient, &decision);
}

static void note_forged(struct session_message *message, const char *name, int number)
{
    if (message->forged_count++ >= SESSION_FORGED_MAX)
        return;
    message->forged[message->forged_count - 1] = (struct session_field){name, number};
}

// Line ends within a value are LF here and CRLF on the wire.
static size_t wire_size(const struct session *session, struct slice name, struct slice value)
{
    size_t size = name.len + (session->leading_space ? 1 : 2) + value.len + 2;
    for (size_t i = 0; i < value.len; i++)
        size += value.ptr[i] == '\n' && (i == 0 || value.ptr[i - 1] != '\r');
    return size;
}

static void trace_relayed(struct session_message *message, struct slice value)
{
    const struct directory_snapshot *rows = shared_directory_begin();
    if (rows)
        received_trace_add(&message->trace, rows, value);
    else
        message->trace.state = RECEIVED_TRACE_UNKNOWN;
    shared_directory_end();
}

void message_header(struct session *session, struct slice name, struct slice value)
{
    struct session_message *message = &session->message;
    const char *own = session_authserv_id(session);
    message_bytes(session, wire_size(session, name, value));
    if (session->client_class == RCPT_DECIDE_RELAY && slice_equal_nocase(name, SLICE("Received")))
        trace_relayed(message, value);
    if (slice_equal_nocase(name, SLICE("Authentication-Results"))) {
        message->results_seen++;
        if (forged_field_auth_results(name, value, slice_from(own)))
            note_forged(message, "Authentication-Results", message->results_seen);
    } else if (slice_equal_nocase(name, SLICE("Received-SPF"))) {
        message->received_spf_seen++;
        if (forged_field_received_spf(name, value, slice_from(own)))
            note_forged(message, "Received-SPF", message->received_spf_seen);
    }
}

void message_bytes(struct session *session, size_t count)
{
    session->message.size += (int64_t)count;
}

// The sender's own domain may verify tags, or one that the sender's address leads to.
static char signature_delimiter(const struct session *session, const struct directory_snapshot *rows)
{
    if (session->client_class != RCPT_DECIDE_AUTHENTICATED ||
        !rcpt_decide_is_tagged(rows, &session->message.sender))
        return '\0';
    return recipient_delimiter(rows);
}

// A bounce goes to the one sender of the original message (RFC 5321 section 4.5.5).
static bool is_bounce_to_many(const struct session *session)
{
    return session->message.sender.len == 0 && session->client_class != RCPT_DECIDE_AUTHENTICATED &&
           session->message.recipients > 1;
}

static int64_t bounce_recipients(const struct directory_snapshot *rows)
{
    const int64_t most = directory_setting_number(rows, "null_sender_recipients", 1);
    return most > 0 ? most : INT64_MAX;
}

// Reads only what this message needs: each setting is a look-up.
void message_read_rules(const struct session *session, struct message_rules *out)
{
    *out = (struct message_rules){.spf = {.helo = SPF_OFF}, .bounce_recipients = INT64_MAX};
    const struct directory_snapshot *rows = shared_directory_begin();
    if (rows) {
        if (session->message.spf || session->client_class == RCPT_DECIDE_RELAY)
            spf_policy_read(rows, &out->spf);
        if (is_bounce_to_many(session))
            out->bounce_recipients = bounce_recipients(rows);
        out->signature_delimiter = signature_delimiter(session, rows);
    }
    shared_directory_end();
}

// Checks the client that the relay received the message from. If the relay's fields do not name one, there is
// no result: no header field is added, and bounces are as without a pass.
static void check_relayed(struct session *session, const struct message_rules *rules)
{
    const struct received_trace *trace = &session->message.trace;
    const bool wanted = session->message.add_results_header || no_bounce_wanted(&session->message.no_bounce);
    if (session->client_class == RCPT_DECIDE_RELAY && wanted && trace->state == RECEIVED_TRACE_FOUND)
        (void)check_spf(session, &trace->client.ip, trace->client.helo, rules->spf.helo != SPF_OFF);
}

// The checks of the message as a whole.
static enum message_log_end judge(const struct session *session, const struct message_rules *rules,
                                  struct reply_text *reply)
{
    const struct session_message *message = &session->message;
    if (is_bounce_to_many(session) && message->recipients > rules->bounce_recipients) {
        reply_text_plain(REPLY_TEXT_BOUNCE_RECIPIENTS, reply);
        return MESSAGE_LOG_MANY_RECIPIENTS;
    }
    if (message->limit >= 0 && message->size > message->limit) {
        reply_text_too_big(REPLY_TEXT_SIZE_MESSAGE, (uint64_t)message->limit, reply);
        return MESSAGE_LOG_TOO_BIG;
    }
    if (message->forged_count > SESSION_FORGED_MAX) {
        reply_text_plain(REPLY_TEXT_MANY_FORGED, reply);
        return MESSAGE_LOG_MANY_FORGED;
    }
    return MESSAGE_LOG_ACCEPTED;
}

enum message_log_end message_end(struct session *session, const struct message_rules *rules,
                                 struct reply_text *reply)
{
    message_bytes(session, 2); // the empty line after the header
    const enum message_log_end end = judge(session, rules, reply);
    if (end == MESSAGE_LOG_ACCEPTED)
        check_relayed(session, rules);
    return end;
}
