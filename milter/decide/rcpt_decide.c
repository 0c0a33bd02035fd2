// SPDX-License-Identifier: BSD-2-Clause
#include "milter/decide/rcpt_decide.h"

#include "base/network_list.h"
#include "directory/expansion.h"
#include "milter/decide/size_limit.h"

#include <stdio.h>

enum rcpt_client_class rcpt_decide_client_class(const struct directory_snapshot *rows,
                                                const struct rcpt_decide_client *client)
{
    struct slice networks;
    if (client->login[0])
        return RCPT_DECIDE_AUTHENTICATED;
    if (!client->known)
        return RCPT_DECIDE_UNTRUSTED;
    if (directory_setting(rows, "trusted_networks", &networks) == DIRECTORY_OK &&
        network_list_has(networks, &client->address))
        return RCPT_DECIDE_TRUSTED;
    if (directory_setting(rows, "relay_networks", &networks) == DIRECTORY_OK &&
        network_list_has(networks, &client->address))
        return RCPT_DECIDE_RELAY;
    return RCPT_DECIDE_UNTRUSTED;
}

static void settle(struct rcpt_decision *out, enum rcpt_decide_verdict verdict,
                   enum rcpt_decide_reason reason)
{
    out->verdict = verdict;
    out->reason = reason;
}

static bool whitelisted(const struct directory_snapshot *rows, const struct rcpt_decide_message *message,
                        const struct domain_row *domain, struct rcpt_decision *out)
{
    const struct rcpt_decide_client *client = message->client;
    return domain->whitelisting &&
           whitelist_match(rows, domain->name, message->sender, client->known ? &client->address : NULL,
                           slice_from(client->name), out->entry);
}

// Who reports trouble with a domain writes to it, often as the null sender (RFC 5321 section 4.5.1).
static bool is_postmaster(struct slice local)
{
    return slice_equal(local, SLICE("postmaster"));
}

// Mailbox rows have the domain's own name; a domain alias has none of its own.
static bool never_sends(const struct directory_snapshot *rows, const struct expansion_item *item)
{
    struct mailbox_row mailbox;
    if (item->row.receive_only && !is_postmaster(item->local))
        return true;
    return item->mailbox.len > 0 && directory_mailbox(rows, item->mailbox, &mailbox) == DIRECTORY_OK &&
           mailbox.receive_only;
}

// An address is signed with its extension; where that leaves no room the mailbox has none the less.
static bool is_signable(const struct rcpt_decide_message *message, struct slice recipient, char delimiter)
{
    char signed_address[ADDRESS_MAX + 1], base[ADDRESS_MAX + 1], address[ADDRESS_MAX + 1];
    struct slice local, domain;
    const enum batv_sign_rc rc = batv_sign(message->keys, recipient, delimiter, message->now, signed_address);
    if (rc != BATV_UNSIGNABLE || !slice_split_last(recipient, '@', &local, &domain) ||
        !recipient_base(local, slice_make(&delimiter, 1), base))
        return rc == BATV_SIGNED;
    const int len = snprintf(address, sizeof address, "%s@%.*s", base, (int)domain.len, domain.ptr);
    return len > 0 && (size_t)len < sizeof address &&
           batv_sign(message->keys, slice_from(address), delimiter, message->now, signed_address) ==
               BATV_SIGNED;
}

// What cannot have been signed needs no tag: an address that is too long with one, or that has another's.
static bool lacks_tag(const struct directory_snapshot *rows, const struct rcpt_decide_message *message,
                      struct slice recipient, struct rcpt_decision *out)
{
    char address[ADDRESS_MAX + 1];
    const char delimiter = recipient_delimiter(rows);
    if (!message->keys || delimiter == '\0')
        return false;
    out->tag = batv_verify(message->keys, recipient, delimiter, message->now, address);
    if (out->tag == BATV_NO_TAG)
        return is_signable(message, recipient, delimiter);
    return out->tag != BATV_VALID && out->tag != BATV_UNCHECKED;
}

// A bounce to who never sent anything, or never sent this.
static bool rcpt_decide_bounce(const struct directory_snapshot *rows,
                               const struct rcpt_decide_message *message, const struct expansion_item *item,
                               struct slice recipient, struct rcpt_decision *out)
{
    const struct domain_row *domain = &item->row;
    if (message->sender.len > 0 || message->standing == RCPT_DECIDE_AUTHENTICATED)
        return false;
    if (never_sends(rows, item)) {
        settle(out, RCPT_DECIDE_REFUSE, RCPT_DECIDE_NEVER_SENDS);
        return true;
    }
    if (domain->batv == BATV_OFF || is_postmaster(item->local) || !lacks_tag(rows, message, recipient, out))
        return false;
    const bool refuse = domain->batv == BATV_REQUIRE && !whitelisted(rows, message, domain, out);
    if (refuse)
        settle(out, RCPT_DECIDE_REFUSE, RCPT_DECIDE_TAG_MISSING);
    else
        out->reason = RCPT_DECIDE_TAG_REPORTED;
    return refuse;
}

// Without SIZE= all recipients must have one limit, as the message's true size meets them all. Who sends to
// the world as well is not put off for that, nor is a mail user agent, which does not try again by itself.
static bool is_of_other_limit(const struct rcpt_decide_message *message, int64_t limit)
{
    return message->declared < 0 && message->limit >= 0 && message->limit != SIZE_LIMIT_UNLIMITED &&
           message->limit != limit && message->standing != RCPT_DECIDE_AUTHENTICATED;
}

static bool rcpt_decide_size(const struct directory_snapshot *rows, const struct rcpt_decide_message *message,
                             const struct expansion *expansion, struct rcpt_decision *out)
{
    struct size_limit limit;
    size_limit_of_expansion(rows, expansion, &limit);
    out->limit = limit.bytes;
    if (message->declared > out->limit)
        settle(out, RCPT_DECIDE_REFUSE, RCPT_DECIDE_TOO_BIG);
    else if (is_of_other_limit(message, out->limit))
        settle(out, RCPT_DECIDE_DEFER, RCPT_DECIDE_OTHER_LIMIT);
    else
        return false;
    return true;
}

static void name_domain_of(const struct directory_snapshot *rows, struct slice address,
                           struct rcpt_decision *out)
{
    struct slice local, name;
    struct domain_row domain;
    if (slice_split_last(address, '@', &local, &name) &&
        directory_domain_of(rows, name, &domain) == DIRECTORY_OK)
        (void)slice_copy(domain.name, out->domain, sizeof out->domain);
}

static bool rcpt_decide_sender_size(const struct directory_snapshot *rows,
                                    const struct rcpt_decide_message *message, struct rcpt_decision *out)
{
    if (message->standing != RCPT_DECIDE_AUTHENTICATED)
        return false;
    const struct slice login = slice_from(message->client->login);
    out->limit = size_limit_of_sender(rows, login);
    if (message->declared <= out->limit)
        return false;
    name_domain_of(rows, login, out);
    settle(out, RCPT_DECIDE_REFUSE, RCPT_DECIDE_TOO_BIG_FOR_SENDER);
    return true;
}

// What SPF has against the message, where the domain rejects.
static enum spf_action judge(const struct spf_policy *policy, const struct spf_findings *spf,
                             struct rcpt_decision *out)
{
    const enum spf_result result = spf_policy_result(policy, &spf->mail_from);
    out->result = result;
    out->reason = RCPT_DECIDE_SPF_RESULT;
    if (policy->action[result] != SPF_POLICY_ACCEPT)
        return policy->action[result];
    if (policy->helo != SPF_REJECT || !spf->helo.checked || spf->helo.result != SPF_FAIL)
        return SPF_POLICY_ACCEPT;
    out->result = SPF_FAIL;
    out->reason = RCPT_DECIDE_SPF_HELO;
    return SPF_POLICY_REFUSE;
}

static void rcpt_decide_spf(const struct directory_snapshot *rows, const struct rcpt_decide_message *message,
                            const struct domain_row *domain, struct rcpt_decision *out)
{
    const enum rcpt_decide_reason before = out->reason;
    struct spf_policy policy;
    if (message->standing != RCPT_DECIDE_UNTRUSTED || !message->client->known ||
        (domain->spf == SPF_OFF && !out->no_bounce))
        return;
    if (!message->spf) {
        settle(out, RCPT_DECIDE_ASK_SPF, before);
        return;
    }
    spf_policy_read(rows, &policy);
    const enum spf_action action =
        domain->spf == SPF_REJECT ? judge(&policy, message->spf, out) : SPF_POLICY_ACCEPT;
    if (action == SPF_POLICY_ACCEPT)
        out->reason = before;
    else if (whitelisted(rows, message, domain, out))
        out->reason = RCPT_DECIDE_WHITELISTED;
    else
        out->verdict = action == SPF_POLICY_DEFER ? RCPT_DECIDE_DEFER : RCPT_DECIDE_REFUSE;
}

static void note_wishes(const struct rcpt_decide_message *message, const struct domain_row *domain,
                        struct rcpt_decision *out)
{
    (void)slice_copy(domain->name, out->domain, sizeof out->domain);
    out->mark = domain->spf != SPF_OFF;
    out->no_bounce = domain->bounce_protection && recipient_domain_of(domain).relayed &&
                     message->sender.len > 0 && message->standing != RCPT_DECIDE_AUTHENTICATED &&
                     message->standing != RCPT_DECIDE_TRUSTED;
}

static bool is_stricter(enum rcpt_decide_verdict verdict, enum rcpt_decide_verdict than)
{
    static const int ranks[] = {[RCPT_DECIDE_ACCEPT] = 0,
                                [RCPT_DECIDE_ASK_SPF] = 1,
                                [RCPT_DECIDE_DEFER] = 2,
                                [RCPT_DECIDE_REFUSE] = 3};
    return ranks[verdict] > ranks[than];
}

// The other domains that an alias leads to have a say as if the message were to them: each by its own row
// and its own white list, and the strictest counts. Of very many domains the white lists are not asked.
static void rcpt_decide_targets(const struct directory_snapshot *rows,
                                const struct rcpt_decide_message *message, const struct expansion *expansion,
                                struct slice recipient, struct rcpt_decision *out)
{
    struct expansion_domains led = {.next = 0};
    while (expansion_next_domain(expansion, &led)) {
        struct expansion_item item = *led.item;
        struct rcpt_decision other = {
            .verdict = RCPT_DECIDE_ACCEPT, .reason = RCPT_DECIDE_NOTHING_APPLIES, .limit = out->limit};
        item.row.whitelisting = item.row.whitelisting && !led.crowded;
        note_wishes(message, &item.row, &other);
        if (!rcpt_decide_bounce(rows, message, &item, recipient, &other) && !led.repeated)
            rcpt_decide_spf(rows, message, &item.row, &other);
        other.mark = other.mark || out->mark;
        other.no_bounce = other.no_bounce || out->no_bounce;
        if (is_stricter(other.verdict, out->verdict))
            *out = other;
        out->mark = other.mark;
        out->no_bounce = other.no_bounce;
    }
}

// Of an expansion that breaks off, which transportmap refuses for now, what was seen counts.
static void rcpt_decide_at_domain(const struct directory_snapshot *rows,
                                  const struct rcpt_decide_message *message, const struct domain_row *domain,
                                  struct slice local, struct slice recipient, struct rcpt_decision *out)
{
    struct expansion expansion;
    (void)(expansion_make_at(rows, local, domain, &expansion) == EXPANSION_OK);
    note_wishes(message, domain, out);
    if (!rcpt_decide_bounce(rows, message, &expansion.items[0], recipient, out) &&
        !rcpt_decide_size(rows, message, &expansion, out))
        rcpt_decide_spf(rows, message, domain, out);
    if (expansion.count > 1)
        rcpt_decide_targets(rows, message, &expansion, recipient, out);
}

void rcpt_decide(const struct directory_snapshot *rows, const struct rcpt_decide_message *message,
                 struct slice recipient, struct rcpt_decision *out)
{
    struct domain_row domain;
    struct slice local, given;
    *out = (struct rcpt_decision){
        .verdict = RCPT_DECIDE_ACCEPT, .reason = RCPT_DECIDE_NOTHING_APPLIES, .limit = SIZE_LIMIT_UNLIMITED};
    if (rcpt_decide_sender_size(rows, message, out))
        return;
    const int64_t sender_limit = out->limit;
    if (slice_split_last(recipient, '@', &local, &given) &&
        directory_domain_of(rows, given, &domain) == DIRECTORY_OK)
        rcpt_decide_at_domain(rows, message, &domain, local, recipient, out);
    else
        out->reason = RCPT_DECIDE_NOT_OURS;
    if (sender_limit < out->limit && out->verdict == RCPT_DECIDE_ACCEPT)
        out->limit = sender_limit;
}

bool rcpt_decide_is_tagged(const struct directory_snapshot *rows, struct slice sender)
{
    struct expansion expansion;
    struct expansion_domains led = {.next = 0};
    struct slice local, name;
    struct domain_row domain;
    if (!slice_split_last(sender, '@', &local, &name) ||
        directory_domain_of(rows, name, &domain) != DIRECTORY_OK)
        return false;
    if (domain.batv != BATV_OFF || !expansion_may_lead_on(rows, local, &domain))
        return domain.batv != BATV_OFF;
    bool tagged = expansion_make_at(rows, local, &domain, &expansion) == EXPANSION_TOO_MANY;
    while (!tagged && expansion_next_domain(&expansion, &led))
        tagged = led.item->row.batv != BATV_OFF;
    return tagged;
}

const char *rcpt_decide_reason_word(enum rcpt_decide_reason reason)
{
    static const char *const words[RCPT_DECIDE_REASONS] = {[RCPT_DECIDE_NOTHING_APPLIES] = "nothing-applies",
                                                           [RCPT_DECIDE_NOT_OURS] = "not-ours",
                                                           [RCPT_DECIDE_WHITELISTED] = "whitelisted",
                                                           [RCPT_DECIDE_TAG_REPORTED] = "tag-reported",
                                                           [RCPT_DECIDE_NEVER_SENDS] = "never-sends",
                                                           [RCPT_DECIDE_TAG_MISSING] = "tag-missing",
                                                           [RCPT_DECIDE_TOO_BIG] = "too-big",
                                                           [RCPT_DECIDE_TOO_BIG_FOR_SENDER] =
                                                               "too-big-for-sender",
                                                           [RCPT_DECIDE_OTHER_LIMIT] = "other-limit",
                                                           [RCPT_DECIDE_SPF_RESULT] = "spf",
                                                           [RCPT_DECIDE_SPF_HELO] = "spf-helo"};
    return words[reason];
}
