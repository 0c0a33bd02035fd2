// SPDX-License-Identifier: BSD-2-Clause
#include "decisions.h"
#include "idn/idn.h"
#include "milter/decide/rcpt_answer.h"
#include "milter/decide/smtp_command.h"

#include <inttypes.h>
#include <stdio.h>

static const struct slice untold = {NULL, 0};

// MAIL and RCPT as the milter reads them (message.c).
static void read_given(const struct decisions_given *given, struct mail_address *sender,
                       struct mail_address *recipient, struct rcpt_decide_client *client)
{
    const char *const mail[] = {given->sender, NULL}, *const rcpt[] = {given->recipient, NULL};
    char ascii[IDN_TEXT_MAX + 1];
    *client = (struct rcpt_decide_client){
        .known = true, .address = {.bits = 32, .bytes = {192, 0, 2, 1}}, .name = "unknown"};
    smtp_command_address_read(idn_to_ascii(smtp_command_address(mail, untold), ascii), sender);
    smtp_command_address_read(smtp_command_address(rcpt, untold), recipient);
    smtp_command_address_read(slice_from(given->login), &client->login);
}

static void show(const struct rcpt_decision *decision, const struct spf_findings *spf,
                 char out[DECISIONS_MAX])
{
    struct reply_text reply = {.code = ""};
    const size_t len = strlen(out);
    rcpt_answer_write(decision, spf, &reply);
    snprintf(out + len, DECISIONS_MAX - len, "%d %s %s; %s %s %s %" PRId64 " %d%d\n", decision->verdict,
             reply.code, reply.text, rcpt_decide_reason_word(decision->reason), decision->domain,
             decision->entry, decision->limit, decision->add_results_header, decision->no_bounce);
}

void decisions_of_milter(const struct directory_snapshot *rows, const struct decisions_given *given,
                         char out[DECISIONS_MAX])
{
    struct mail_address sender, recipient;
    struct rcpt_decide_client client;
    struct rcpt_decision decision;
    const struct spf_findings fail = {.mail_from = {.checked = true, .result = SPF_FAIL}};
    const struct spf_findings *const findings[] = {NULL, &fail};
    read_given(given, &sender, &recipient, &client);
    struct rcpt_decide_message message = {.client = &client, .sender = &sender, .limit = -1};
    message.client_class = rcpt_decide_client_class(rows, &client);
    snprintf(out, DECISIONS_MAX, "<%s> <%s> <%s>\n", sender.text, recipient.text, client.login.text);
    for (size_t i = 0; i < 2; i++)
        for (message.declared = -1; message.declared < 2000000; message.declared += 1000001) {
            message.spf = findings[i];
            rcpt_decide(rows, &message, &recipient, &decision);
            show(&decision, findings[i], out);
        }
}
