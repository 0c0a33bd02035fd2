// SPDX-License-Identifier: BSD-2-Clause
#include "milter/decide.h"

#include "directory/expansion.h"
#include "milter/networks.h"
#include "milter/size_limit.h"

#include <stdio.h>

enum decide_standing decide_standing_of(const struct directory_snapshot *rows,
                                        const struct decide_client *client)
{
    struct slice networks;
    if (client->login[0])
        return DECIDE_AUTHENTICATED;
    if (!client->known)
        return DECIDE_STRANGER;
    if (directory_setting(rows, "trusted_networks", &networks) == DIRECTORY_OK &&
        networks_hold(networks, &client->address))
        return DECIDE_TRUSTED;
    if (directory_setting(rows, "relay_networks", &networks) == DIRECTORY_OK &&
        networks_hold(networks, &client->address))
        return DECIDE_RELAY;
    return DECIDE_STRANGER;
}

static void settle(struct decision *out, enum decide_verdict verdict, enum decide_reason reason)
{
    out->verdict = verdict;
    out->reason = reason;
}

static bool whitelisted(const struct directory_snapshot *rows, const struct decide_message *message,
                        const struct domain_row *domain, struct decision *out)
{
    const struct decide_client *client = message->client;
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
static bool is_signable(const struct decide_message *message, struct slice recipient, char delimiter)
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
static bool lacks_tag(const struct directory_snapshot *rows, const struct decide_message *message,
                      struct slice recipient, struct decision *out)
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
static bool decide_bounce(const struct directory_snapshot *rows, const struct decide_message *message,
                          const struct expansion_item *item, struct slice recipient, struct decision *out)
{
    const struct domain_row *domain = &item->row;
    if (message->sender.len > 0 || message->standing == DECIDE_AUTHENTICATED)
        return false;
    if (never_sends(rows, item)) {
        settle(out, DECIDE_REFUSE, DECIDE_NEVER_SENDS);
        return true;
    }
    if (domain->batv == BATV_OFF || is_postmaster(item->local) || !lacks_tag(rows, message, recipient, out))
        return false;
    const bool refuse = domain->batv == BATV_REQUIRE && !whitelisted(rows, message, domain, out);
    if (refuse)
        settle(out, DECIDE_REFUSE, DECIDE_TAG_MISSING);
    else
        out->reason = DECIDE_TAG_REPORTED;
    return refuse;
}

// Without SIZE= all recipients must have one limit, as the message's true size meets them all. Who sends to
// the world as well is not put off for that, nor is a mail user agent, which does not try again by itself.
static bool is_of_other_limit(const struct decide_message *message, int64_t limit)
{
    return message->declared < 0 && message->limit >= 0 && message->limit != SIZE_UNLIMITED &&
           message->limit != limit && message->standing != DECIDE_AUTHENTICATED;
}

static bool decide_size(const struct directory_snapshot *rows, const struct decide_message *message,
                        const struct expansion *expansion, struct decision *out)
{
    struct size_limit limit;
    size_limit_of_expansion(rows, expansion, &limit);
    out->limit = limit.bytes;
    if (message->declared > out->limit)
        settle(out, DECIDE_REFUSE, DECIDE_TOO_BIG);
    else if (is_of_other_limit(message, out->limit))
        settle(out, DECIDE_DEFER, DECIDE_OTHER_LIMIT);
    else
        return false;
    return true;
}

static void name_domain_of(const struct directory_snapshot *rows, struct slice address, struct decision *out)
{
    struct slice local, name;
    struct domain_row domain;
    if (slice_split_last(address, '@', &local, &name) &&
        directory_domain_of(rows, name, &domain) == DIRECTORY_OK)
        (void)slice_copy(domain.name, out->domain, sizeof out->domain);
}

static bool decide_sender_size(const struct directory_snapshot *rows, const struct decide_message *message,
                               struct decision *out)
{
    if (message->standing != DECIDE_AUTHENTICATED)
        return false;
    const struct slice login = slice_from(message->client->login);
    out->limit = size_limit_of_sender(rows, login);
    if (message->declared <= out->limit)
        return false;
    name_domain_of(rows, login, out);
    settle(out, DECIDE_REFUSE, DECIDE_TOO_BIG_FOR_SENDER);
    return true;
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
        (domain->spf == SPF_OFF && !out->no_bounce))
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

static void note_wishes(const struct decide_message *message, const struct domain_row *domain,
                        struct decision *out)
{
    (void)slice_copy(domain->name, out->domain, sizeof out->domain);
    out->mark = domain->spf != SPF_OFF;
    out->no_bounce = domain->bounce_protection && recipient_domain_of(domain).relayed &&
                     message->sender.len > 0 && message->standing != DECIDE_AUTHENTICATED &&
                     message->standing != DECIDE_TRUSTED;
}

static bool is_stricter(enum decide_verdict verdict, enum decide_verdict than)
{
    static const int ranks[] = {
        [DECIDE_ACCEPT] = 0, [DECIDE_ASK_SPF] = 1, [DECIDE_DEFER] = 2, [DECIDE_REFUSE] = 3};
    return ranks[verdict] > ranks[than];
}

// The other domains that an alias leads to have a say as if the message were to them: each by its own row
// and its own white list, and the strictest counts. Of very many domains the white lists are not asked.
static void decide_targets(const struct directory_snapshot *rows, const struct decide_message *message,
                           const struct expansion *expansion, struct slice recipient, struct decision *out)
{
    struct expansion_domains led = {.next = 0};
    while (expansion_next_domain(expansion, &led)) {
        struct expansion_item item = *led.item;
        struct decision other = {
            .verdict = DECIDE_ACCEPT, .reason = DECIDE_NOTHING_APPLIES, .limit = out->limit};
        item.row.whitelisting = item.row.whitelisting && !led.crowded;
        note_wishes(message, &item.row, &other);
        if (!decide_bounce(rows, message, &item, recipient, &other) && !led.repeated)
            decide_spf(rows, message, &item.row, &other);
        other.mark = other.mark || out->mark;
        other.no_bounce = other.no_bounce || out->no_bounce;
        if (is_stricter(other.verdict, out->verdict))
            *out = other;
        out->mark = other.mark;
        out->no_bounce = other.no_bounce;
    }
}

// Of an expansion that breaks off, which transportmap refuses for now, what was seen counts.
static void decide_at_domain(const struct directory_snapshot *rows, const struct decide_message *message,
                             const struct domain_row *domain, struct slice local, struct slice recipient,
                             struct decision *out)
{
    struct expansion expansion;
    (void)(expansion_make_at(rows, local, domain, &expansion) == EXPANSION_OK);
    note_wishes(message, domain, out);
    if (!decide_bounce(rows, message, &expansion.items[0], recipient, out) &&
        !decide_size(rows, message, &expansion, out))
        decide_spf(rows, message, domain, out);
    if (expansion.count > 1)
        decide_targets(rows, message, &expansion, recipient, out);
}

void decide_recipient(const struct directory_snapshot *rows, const struct decide_message *message,
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

bool decide_is_tagged(const struct directory_snapshot *rows, struct slice sender)
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

const char *decide_recipient_reason(enum decide_reason reason)
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
