// SPDX-License-Identifier: BSD-2-Clause
#include "milter/message_edit.h"

#include "base/clock.h"
#include "milter/batv_keyring.h"
#include "milter/headers/auth_results.h"
#include "milter/headers/received_spf.h"
#include "milter/message_log.h"

#include <stdio.h>

#define VALUE_MAX (RECEIVED_SPF_MAX + 1) // the larger of the two fields, and a space before it

static void expect(int rc, const char *what)
{
    if (rc != MI_SUCCESS)
        message_log_fault(MESSAGE_LOG_EDIT, what);
}

// From the last to the first: each removal renumbers the fields after it.
static void remove_forged(struct session *session, SMFICTX *ctx)
{
    for (unsigned i = session->message.forged_count; i-- > 0;) {
        const struct session_field *field = &session->message.forged[i];
        expect(smfi_chgheader(ctx, (char *)field->name, field->number, NULL), field->name);
    }
}

// Above all other fields, our MTA's own Received included (RFC 8601 section 2.1).
static void insert(struct session *session, SMFICTX *ctx, char *name, char value[VALUE_MAX])
{
    expect(smfi_insheader(ctx, 0, name, session->leading_space ? value : value + 1), name);
}

// Both fields need a name of our own: their readers trust them by it.
static void add_headers(struct session *session, SMFICTX *ctx, const struct spf_policy *policy)
{
    const struct spf_report report = {.receiver = slice_from(session_authserv_id(session)),
                                      .sender = slice_from(session->message.given_sender),
                                      .spf = session->message.spf,
                                      .policy = policy};
    char value[VALUE_MAX] = " ";
    if (!session->message.add_results_header || !report.spf || report.receiver.len == 0)
        return;
    if (policy->received_spf) {
        (void)received_spf_write(&report, value + 1);
        insert(session, ctx, "Received-SPF", value);
    }
    (void)auth_results_write(&report, value + 1);
    insert(session, ctx, "Authentication-Results", value);
}

struct envelope {
    SMFICTX *ctx;
    bool broken; // the MTA refused an edit: no further one is certain
};

static bool edit_recipient(void *arg, const struct no_bounce_edit *edit)
{
    struct envelope *envelope = arg;
    if (envelope->broken)
        return false;
    envelope->broken = (edit->add && smfi_addrcpt_par(envelope->ctx, (char *)edit->add,
                                                      (char *)edit->parameters) != MI_SUCCESS) ||
                       smfi_delrcpt(envelope->ctx, (char *)edit->drop) != MI_SUCCESS;
    if (envelope->broken)
        message_log_fault(MESSAGE_LOG_EDIT, "recipient");
    return !envelope->broken;
}

// With enable_original_recipient = no Postfix drops each added recipient as a duplicate, and then deletes the
// one that it was to replace.
static void ask_for_no_bounce(struct session *session, SMFICTX *ctx, const struct spf_policy *policy)
{
    struct session_message *message = &session->message;
    struct envelope envelope = {.ctx = ctx, .broken = !session->original_recipients};
    if (!no_bounce_wanted(&message->no_bounce) ||
        (message->spf && spf_policy_result(policy, &message->spf->mail_from) == SPF_PASS))
        return;
    if (!session->original_recipients)
        message_log_fault(MESSAGE_LOG_RECIPIENTS, NULL);
    message->no_bounce_counts = no_bounce_edit(&message->no_bounce, edit_recipient, &envelope);
}

static void sign_sender(struct session *session, SMFICTX *ctx, char delimiter)
{
    char signed_sender[ADDRESS_MAX + 1], path[ADDRESS_MAX + 3];
    struct batv_keys keys;
    if (delimiter == '\0' || !batv_keyring_copy(&keys))
        return;
    if (batv_sign(&keys, slice_from(session->message.given_sender), delimiter, clock_wall(), signed_sender) ==
        BATV_SIGNED) {
        snprintf(path, sizeof path, "<%s>", signed_sender);
        expect(smfi_chgfrom(ctx, path, NULL), "sender");
    }
    batv_keys_finish(&keys);
}

void message_edit(struct session *session, const struct message_rules *rules, SMFICTX *ctx)
{
    sign_sender(session, ctx, rules->signature_delimiter);
    remove_forged(session, ctx);
    add_headers(session, ctx, &rules->spf);
    ask_for_no_bounce(session, ctx, &rules->spf);
}
