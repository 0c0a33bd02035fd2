// SPDX-License-Identifier: BSD-2-Clause
#include "milter/decide.h"

#include "directory/recipient.h"
#include "milter/size_limit.h"

#include <stdio.h>

static void settle(struct decision *out, enum decide_verdict verdict, enum decide_reason reason)
{
    out->verdict = verdict;
    out->reason = reason;
}

// Mailbox rows have the domain's own name; a domain alias has none of its own.
static bool never_sends(const struct directory_snapshot *rows, const struct domain_row *domain,
                        struct slice local)
{
    const struct recipient_domain where = recipient_domain_of(domain);
    struct recipient recipient;
    struct mailbox_row mailbox;
    if (domain->receive_only)
        return true;
    return recipient_find(rows, local, &where, &recipient) == DIRECTORY_OK && recipient.mailbox.len > 0 &&
           directory_mailbox(rows, recipient.mailbox, &mailbox) == DIRECTORY_OK && mailbox.receive_only;
}

static bool has_tag(const struct directory_snapshot *rows, const struct decide_message *message,
                    struct slice recipient)
{
    char original[ADDRESS_MAX + 1];
    const enum batv_rc rc =
        batv_verify(message->keys, recipient, recipient_delimiter(rows), message->now, original);
    return rc == BATV_VALID || rc == BATV_UNCHECKED;
}

// A bounce to who never sent anything, or never sent this.
static bool decide_bounce(const struct directory_snapshot *rows, const struct decide_message *message,
                          const struct domain_row *domain, struct slice local, struct slice recipient,
                          struct decision *out)
{
    if (message->sender.len > 0 || message->standing == DECIDE_AUTHENTICATED)
        return false;
    if (never_sends(rows, domain, local)) {
        settle(out, DECIDE_REFUSE, DECIDE_NEVER_SENDS);
        return true;
    }
    if (domain->batv == BATV_OFF || !message->keys || has_tag(rows, message, recipient))
        return false;
    if (domain->batv == BATV_REQUIRE)
        settle(out, DECIDE_REFUSE, DECIDE_TAG_MISSING);
    else
        out->reason = DECIDE_TAG_REPORTED;
    return domain->batv == BATV_REQUIRE;
}

static bool decide_size(const struct directory_snapshot *rows, const struct decide_message *message,
                        const struct domain_row *domain, struct slice local, struct decision *out)
{
    const int64_t slack = directory_setting_number(rows, "message_size_slack", 0);
    const int64_t limit = size_limit_of_recipient(rows, domain, local);
    out->limit = limit < SIZE_UNLIMITED - slack ? limit + slack : SIZE_UNLIMITED;
    if (message->declared > out->limit)
        settle(out, DECIDE_REFUSE, DECIDE_TOO_BIG);
    else if (message->declared < 0 && message->limit >= 0 && message->limit != out->limit &&
             message->standing != DECIDE_AUTHENTICATED) // a mail user agent does not try again by itself
        settle(out, DECIDE_DEFER, DECIDE_OTHER_LIMIT);
    else
        return false;
    return true;
}

static bool decide_sender_size(const struct directory_snapshot *rows, const struct decide_message *message,
                               struct decision *out)
{
    if (message->standing != DECIDE_AUTHENTICATED)
        return false;
    out->limit = size_limit_of_sender(rows, slice_from(message->client->login));
    if (message->declared <= out->limit)
        return false;
    settle(out, DECIDE_REFUSE, DECIDE_TOO_BIG_FOR_SENDER);
    return true;
}

static bool whitelisted(const struct directory_snapshot *rows, const struct decide_message *message,
                        const struct domain_row *domain, struct decision *out)
{
    const struct decide_client *client = message->client;
    return domain->whitelisting &&
           whitelist_match(rows, domain->name, message->sender, client->known ? &client->address : NULL,
                           slice_from(client->name), out->entry);
}

// What SPF has against the message, where the domain rejects.
static enum spf_action judge(const struct spf_policy *policy, const struct spf_findings *spf,
                             struct decision *out)
{
    const enum spf_result result = spf_policy_result(policy, &spf->mail_from);
    out->result = result;
    out->reason = DECIDE_SPF_RESULT;
    if (policy->action[result] != SPF_ACCEPT)
        return policy->action[result];
    if (policy->helo != SPF_REJECT || !spf->helo.checked || spf->helo.result != SPF_FAIL)
        return SPF_ACCEPT;
    out->result = SPF_FAIL;
    out->reason = DECIDE_SPF_HELO;
    return SPF_REFUSE;
}

static void decide_spf(const struct directory_snapshot *rows, const struct decide_message *message,
                       const struct domain_row *domain, struct decision *out)
{
    const enum decide_reason before = out->reason;
    struct spf_policy policy;
    if (message->standing != DECIDE_STRANGER || !message->client->known ||
        (domain->spf == SPF_OFF && !domain->bounce_protection))
        return;
    if (!message->spf) {
        settle(out, DECIDE_ASK_SPF, before);
        return;
    }
    spf_policy_read(rows, &policy);
    const enum spf_action action = domain->spf == SPF_REJECT ? judge(&policy, message->spf, out) : SPF_ACCEPT;
    if (action == SPF_ACCEPT)
        out->reason = before;
    else if (whitelisted(rows, message, domain, out))
        out->reason = DECIDE_WHITELISTED;
    else
        out->verdict = action == SPF_DEFER ? DECIDE_DEFER : DECIDE_REFUSE;
}

static void decide_at_domain(const struct directory_snapshot *rows, const struct decide_message *message,
                             const struct domain_row *domain, struct slice local, struct slice recipient,
                             struct decision *out)
{
    (void)slice_copy(domain->name, out->domain, sizeof out->domain);
    out->mark = domain->spf != SPF_OFF;
    out->no_bounce = domain->bounce_protection && recipient_domain_of(domain).relayed &&
                     message->standing != DECIDE_AUTHENTICATED && message->standing != DECIDE_TRUSTED;
    if (!decide_bounce(rows, message, domain, local, recipient, out) &&
        !decide_size(rows, message, domain, local, out))
        decide_spf(rows, message, domain, out);
}

void decide(const struct directory_snapshot *rows, const struct decide_message *message,
            struct slice recipient, struct decision *out)
{
    struct domain_row domain;
    struct slice local, given;
    *out = (struct decision){
        .verdict = DECIDE_ACCEPT, .reason = DECIDE_NOTHING_APPLIES, .limit = SIZE_UNLIMITED};
    if (decide_sender_size(rows, message, out))
        return;
    const int64_t sender_limit = out->limit;
    if (slice_split_last(recipient, '@', &local, &given) &&
        directory_domain_of(rows, given, &domain) == DIRECTORY_OK)
        decide_at_domain(rows, message, &domain, local, recipient, out);
    else
        out->reason = DECIDE_NOT_OURS;
    if (sender_limit < out->limit && out->verdict == DECIDE_ACCEPT)
        out->limit = sender_limit;
}

const char *decide_reason_word(enum decide_reason reason)
{
    static const char *const words[DECIDE_REASONS] = {[DECIDE_NOTHING_APPLIES] = "nothing-applies",
                                                      [DECIDE_NOT_OURS] = "not-ours",
                                                      [DECIDE_WHITELISTED] = "whitelisted",
                                                      [DECIDE_TAG_REPORTED] = "tag-reported",
                                                      [DECIDE_NEVER_SENDS] = "never-sends",
                                                      [DECIDE_TAG_MISSING] = "tag-missing",
                                                      [DECIDE_TOO_BIG] = "too-big",
                                                      [DECIDE_TOO_BIG_FOR_SENDER] = "too-big-for-sender",
                                                      [DECIDE_OTHER_LIMIT] = "other-limit",
                                                      [DECIDE_SPF_RESULT] = "spf",
                                                      [DECIDE_SPF_HELO] = "spf-helo"};
    return words[reason];
}
