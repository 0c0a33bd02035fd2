// SPDX-License-Identifier: BSD-2-Clause
#include "milter/message_edit.h"

#include "base/clock.h"
#include "directory/recipient.h"
#include "milter/batv_keyring.h"
#include "milter/headers/auth_results.h"
#include "milter/headers/received_spf.h"
#include "milter/message_log.h"
#include "milter/shared_directory.h"

#include <stdio.h>

#define VALUE_MAX (RECEIVED_SPF_MAX + 1) // the larger one of the two fields, and a blank before it

static void expect(int rc, const char *what)
{
    if (rc != MI_SUCCESS)
        message_log_fault(MESSAGE_LOG_EDIT, what);
}

// From the last to the first: what is taken out renumbers what follows.
static void remove_forged(struct session *session, SMFICTX *ctx)
{
    for (unsigned i = session->message.forged_count; i-- > 0;) {
        const struct session_field *field = &session->message.forged[i];
        expect(smfi_chgheader(ctx, (char *)field->name, field->number, NULL), field->name);
    }
}

// On top of all others, our MTA's own Received too (RFC 8601 section 2.1).
static void insert(struct session *session, SMFICTX *ctx, char *name, char value[VALUE_MAX])
{
    expect(smfi_insheader(ctx, 0, name, session->spaced ? value : value + 1), name);
}

// Why a result is no plain one, for people.
static struct slice comment_of(const struct spf_policy *policy, const struct spf_finding *finding)
{
    if (spf_policy_result(policy, finding) != finding->result)
        return SLICE("its record lets everybody pass");
    return slice_from(spf_problem_words(finding->problem));
}

static struct slice sender_value(const struct session *session, char out[SPF_SENDER_MAX + 1])
{
    if (session->message.given_sender[0])
        return slice_from(session->message.given_sender);
    snprintf(out, SPF_SENDER_MAX + 1, "postmaster@%s", session->message.spf->helo_name);
    return slice_from(out);
}

static void insert_results(struct session *session, SMFICTX *ctx, const struct spf_policy *policy)
{
    const struct spf_findings *spf = session->message.spf;
    const struct spf_finding *checked[] = {&spf->mail_from, &spf->helo};
    char sender[SPF_SENDER_MAX + 1], value[VALUE_MAX] = " ";
    struct auth_results results = {.authserv_id = slice_from(session_authserv_id(session))};
    for (size_t i = 0; i < 2; i++)
        if (checked[i]->checked)
            results.spf[results.spf_count++] = (struct auth_results_spf){
                .identity = i == 0 ? SPF_MAIL_FROM : SPF_HELO,
                .result = spf_policy_result(policy, checked[i]),
                .value = i == 0 ? sender_value(session, sender) : slice_from(spf->helo_name),
                .comment = comment_of(policy, checked[i])};
    (void)auth_results_write(&results, value + 1);
    insert(session, ctx, "Authentication-Results", value);
}

static void insert_received_spf(struct session *session, SMFICTX *ctx, const struct spf_policy *policy)
{
    const struct spf_findings *spf = session->message.spf;
    char value[VALUE_MAX] = " ";
    (void)received_spf_write(
        &(struct received_spf){.identity = SPF_MAIL_FROM,
                               .result = spf_policy_result(policy, &spf->mail_from),
                               .client = spf->client,
                               .sender = slice_from(session->message.given_sender),
                               .helo = slice_from(spf->helo_name),
                               .receiver = slice_from(session_authserv_id(session)),
                               .mechanism = slice_from(spf->mail_from.term),
                               .problem = slice_from(spf_problem_words(spf->mail_from.problem))},
        value + 1);
    insert(session, ctx, "Received-SPF", value);
}

// A name of our own is needed for both: who reads them goes by it.
static void add_headers(struct session *session, SMFICTX *ctx, const struct spf_policy *policy)
{
    if (!session->message.mark || !session->message.spf || !*session_authserv_id(session))
        return;
    if (policy->received_spf)
        insert_received_spf(session, ctx, policy);
    insert_results(session, ctx, policy);
}

struct envelope {
    SMFICTX *ctx;
    bool broken; // the MTA did not take an edit: no further one is certain
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

// With enable_original_recipient = no Postfix takes each recipient that is added for a repeated one, and
// deletes what it was to replace.
static void ask_for_no_bounce(struct session *session, SMFICTX *ctx, const struct spf_policy *policy)
{
    struct session_message *message = &session->message;
    struct envelope envelope = {.ctx = ctx, .broken = !session->distinct};
    if (!no_bounce_wanted(&message->no_bounce) ||
        (message->spf && spf_policy_result(policy, &message->spf->mail_from) == SPF_PASS))
        return;
    if (!session->distinct)
        message_log_fault(MESSAGE_LOG_RECIPIENTS, NULL);
    message->no_bounce_counts = no_bounce_edit(&message->no_bounce, edit_recipient, &envelope);
}

static bool wants_signature(const struct directory_snapshot *rows, const char *sender, char *delimiter)
{
    if (!rcpt_decide_is_tagged(rows, slice_from(sender)))
        return false;
    *delimiter = recipient_delimiter(rows);
    return *delimiter != '\0';
}

static void sign_sender(struct session *session, SMFICTX *ctx, const struct directory_snapshot *rows)
{
    char signed_sender[ADDRESS_MAX + 1], path[ADDRESS_MAX + 3], delimiter;
    struct batv_keys keys;
    if (session->standing != RCPT_DECIDE_AUTHENTICATED || !rows ||
        !wants_signature(rows, session->message.sender, &delimiter) || !batv_keyring_copy(&keys))
        return;
    if (batv_sign(&keys, slice_from(session->message.given_sender), delimiter, clock_wall(), signed_sender) ==
        BATV_SIGNED) {
        snprintf(path, sizeof path, "<%s>", signed_sender);
        expect(smfi_chgfrom(ctx, path, NULL), "sender");
    }
    batv_keys_finish(&keys);
}

void message_edit(struct session *session, SMFICTX *ctx)
{
    struct spf_policy policy = {.helo = SPF_OFF};
    const struct directory_snapshot *rows = shared_directory_begin();
    if (rows)
        spf_policy_read(rows, &policy);
    sign_sender(session, ctx, rows);
    shared_directory_end();
    remove_forged(session, ctx);
    add_headers(session, ctx, &policy);
    ask_for_no_bounce(session, ctx, &policy);
}
