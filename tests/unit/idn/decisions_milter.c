// SPDX-License-Identifier: BSD-2-Clause
#include "decisions.h"
#include "idn/idn.h"
#include "milter/answer.h"
#include "milter/command.h"

#include <inttypes.h>
#include <stdio.h>

static const struct slice untold = {NULL, 0};

// What the milter makes of MAIL and RCPT (receive.c).
static void read_given(const struct decisions_given *given, char sender[ADDRESS_MAX + 1],
                       char recipient[ADDRESS_MAX + 1], struct decide_client *client)
{
    const char *const mail[] = {given->sender, NULL}, *const rcpt[] = {given->recipient, NULL};
    char ascii[IDN_TEXT_MAX + 1];
    *client = (struct decide_client){
        .known = true, .address = {.bits = 32, .bytes = {192, 0, 2, 1}}, .name = "unknown"};
    command_address_fold(idn_to_ascii(command_address(mail, untold), ascii), sender);
    command_address_fold(command_address(rcpt, untold), recipient);
    command_address_fold(slice_from(given->login), client->login);
}

static void show(const struct decision *decision, const struct spf_findings *spf, char out[DECISIONS_MAX])
{
    struct reply_text reply = {.code = ""};
    const size_t len = strlen(out);
    answer_write(decision, spf, &reply);
    snprintf(out + len, DECISIONS_MAX - len, "%d %s %s; %s %s %s %" PRId64 " %d%d\n", decision->verdict,
             reply.code, reply.text, decide_recipient_reason(decision->reason), decision->domain,
             decision->entry, decision->limit, decision->mark, decision->no_bounce);
}

void decisions_of_milter(const struct directory_snapshot *rows, const struct decisions_given *given,
                         char out[DECISIONS_MAX])
{
    char sender[ADDRESS_MAX + 1], recipient[ADDRESS_MAX + 1];
    struct decide_client client;
    struct decision decision;
    const struct spf_findings fail = {.mail_from = {.checked = true, .result = SPF_FAIL}};
    const struct spf_findings *const findings[] = {NULL, &fail};
    read_given(given, sender, recipient, &client);
    struct decide_message message = {.client = &client, .sender = slice_from(sender), .limit = -1};
    message.standing = decide_standing_of(rows, &client);
    snprintf(out, DECISIONS_MAX, "<%s> <%s> <%s>\n", sender, recipient, client.login);
    for (size_t i = 0; i < 2; i++)
        for (message.declared = -1; message.declared < 2000000; message.declared += 1000001) {
            message.spf = findings[i];
            decide_recipient(rows, &message, slice_from(recipient), &decision);
            show(&decision, findings[i], out);
        }
}
