// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/decide/policy_decide.h"

#include "directory/expansion.h"

#include <stdio.h>
#include <string.h>

static const char *const reason_words[POLICY_DECIDE_REASONS] = {
    [POLICY_DECIDE_NOTHING_APPLIES] = "nothing-applies",
    [POLICY_DECIDE_NOT_OURS] = "not-ours",
    [POLICY_DECIDE_AUTHENTICATED] = "authenticated",
    [POLICY_DECIDE_WHITELISTED] = "whitelisted",
    [POLICY_DECIDE_DNS_ALLOWED] = "dns-allowed",
    [POLICY_DECIDE_NOT_SUSPICIOUS] = "not-suspicious",
    [POLICY_DECIDE_GREYLIST_PASSED] = "greylist-passed",
    [POLICY_DECIDE_GREYLIST_SHADOWED] = "greylist-shadowed",
    [POLICY_DECIDE_GREYLIST_AWAY] = "greylist-away",
    [POLICY_DECIDE_DOMAIN_STEALTH] = "domain-stealth",
    [POLICY_DECIDE_MAILBOX_DENIED] = "mailbox-denied",
    [POLICY_DECIDE_DOMAIN_DENIED] = "domain-denied",
    [POLICY_DECIDE_DNS_LISTED] = "dns-listed",
    [POLICY_DECIDE_GREYLIST_NEW] = "greylist-new",
};

const char *policy_reason_word(enum policy_reason reason)
{
    return reason_words[reason];
}

static void settle(struct policy_decision *out, enum policy_verdict verdict, enum policy_reason reason)
{
    out->verdict = verdict;
    out->reason = reason;
}

static bool at_recipient(const struct envelope *envelope)
{
    return envelope->recipient[0] && (envelope->state == POLICY_RCPT || envelope->state == POLICY_DATA ||
                                      envelope->state == POLICY_END_OF_MESSAGE);
}

// The mailbox that a login is; one by an alias or alternate domain is that of the domain it stands for.
static bool find_login(const struct directory_snapshot *rows, struct slice login, struct slice domain,
                       struct mailbox_row *out)
{
    char address[ADDRESS_MAX + 1];
    struct slice local, given;
    if (directory_mailbox(rows, login, out) == DIRECTORY_OK)
        return true;
    (void)slice_split_last(login, '@', &local, &given);
    const int len = snprintf(address, sizeof address, "%.*s@%.*s", (int)local.len, local.ptr, (int)domain.len,
                             domain.ptr);
    return len > 0 && (size_t)len < sizeof address &&
           directory_mailbox(rows, slice_make(address, (size_t)len), out) == DIRECTORY_OK;
}

static bool policy_decide_deny(const struct directory_snapshot *rows, const struct envelope *envelope,
                               struct policy_decision *out)
{
    struct domain_row domain;
    struct mailbox_row mailbox;
    if (!envelope->login[0] ||
        directory_domain_of(rows, envelope_domain(envelope->login), &domain) != DIRECTORY_OK)
        return false;
    const bool found = find_login(rows, slice_from(envelope->login), domain.name, &mailbox);
    const bool by_mailbox = found && mailbox.smtp_deny;
    const bool by_domain = domain.smtp_deny && !(found && mailbox.smtp_deny_exempt);
    if (!by_mailbox && !by_domain)
        return false;
    (void)slice_copy(domain.name, out->domain, sizeof out->domain);
    settle(out, POLICY_DECIDE_DENIED,
           by_mailbox ? POLICY_DECIDE_MAILBOX_DENIED : POLICY_DECIDE_DOMAIN_DENIED);
    return true;
}

// Whether the block lists have settled it, or must be asked first.
static bool policy_decide_dnsbl(const struct domain_row *domain, const struct envelope *envelope,
                                const struct policy_facts *facts, struct policy_decision *out)
{
    if (!envelope->has_client || !(domain->blacklisting || domain->greylisting == GREYLISTING_SUSPICIOUS))
        return false;
    if (!facts->has_dnsbl)
        settle(out, POLICY_DECIDE_ASK_DNSBL, POLICY_DECIDE_NOTHING_APPLIES);
    else if (facts->dnsbl == DNSBL_ALLOWED)
        settle(out, POLICY_DECIDE_PASS, POLICY_DECIDE_DNS_ALLOWED);
    else if (facts->dnsbl == DNSBL_LISTED && domain->blacklisting)
        settle(out, POLICY_DECIDE_BLACKLISTED, POLICY_DECIDE_DNS_LISTED);
    else
        return false;
    return true;
}

static void settle_greylist(const struct directory_snapshot *rows, const struct domain_row *domain,
                            enum greylist_outcome greylist, struct policy_decision *out)
{
    switch (greylist) {
    case GREYLIST_PASS:
        settle(out, POLICY_DECIDE_PASS, POLICY_DECIDE_GREYLIST_PASSED);
        break;
    case GREYLIST_UNAVAILABLE:
        settle(out, POLICY_DECIDE_PASS, POLICY_DECIDE_GREYLIST_AWAY);
        break;
    case GREYLIST_DEFER:
        if (domain->greylisting_shadow || directory_setting_flag(rows, "greylist_shadow", false))
            settle(out, POLICY_DECIDE_PASS, POLICY_DECIDE_GREYLIST_SHADOWED);
        else
            settle(out, POLICY_DECIDE_GREYLISTED, POLICY_DECIDE_GREYLIST_NEW);
        break;
    }
}

static bool is_suspicious(const struct identity *identity, const struct policy_facts *facts)
{
    const bool weighed =
        facts->has_dnsbl && (facts->dnsbl == DNSBL_SUSPICIOUS || facts->dnsbl == DNSBL_LISTED);
    return !identity->named || weighed;
}

static void policy_decide_greylisting(const struct directory_snapshot *rows,
                                      const struct identity_rules *rules, const struct domain_row *domain,
                                      const struct envelope *envelope, const struct policy_facts *facts,
                                      struct policy_decision *out)
{
    if (domain->greylisting == GREYLISTING_OFF || !envelope->has_client)
        return;
    identity_of(rules, &envelope->client, slice_from(envelope->client_name), &out->identity);
    if (domain->greylisting == GREYLISTING_SUSPICIOUS && !is_suspicious(&out->identity, facts))
        settle(out, POLICY_DECIDE_PASS, POLICY_DECIDE_NOT_SUSPICIOUS);
    else if (!facts->has_greylist)
        settle(out, POLICY_DECIDE_ASK_GREYLIST, POLICY_DECIDE_NOTHING_APPLIES);
    else
        settle_greylist(rows, domain, facts->greylist, out);
}

static bool is_whitelisted(const struct directory_snapshot *rows, const struct domain_row *domain,
                           const struct envelope *envelope, struct policy_decision *out)
{
    const struct ip *client = envelope->has_client ? &envelope->client : NULL;
    return domain->whitelisting && whitelist_match(rows, domain->name, slice_from(envelope->sender), client,
                                                   slice_from(envelope->client_name), out->entry);
}

static void policy_decide_recipient(const struct directory_snapshot *rows, const struct identity_rules *rules,
                                    const struct domain_row *domain, const struct envelope *envelope,
                                    const struct policy_facts *facts, struct policy_decision *out)
{
    if (is_whitelisted(rows, domain, envelope, out))
        settle(out, POLICY_DECIDE_PASS, POLICY_DECIDE_WHITELISTED);
    else if (!policy_decide_dnsbl(domain, envelope, facts, out))
        policy_decide_greylisting(rows, rules, domain, envelope, facts, out);
}

// Whether the customer's server is to be asked for the recipient: it knows, and while it is down verify(8)
// says yes (unverified_recipient_defer_code = 250).
static bool needs_verify(const struct directory_snapshot *rows, const struct domain_row *row,
                         const struct envelope *envelope)
{
    const struct recipient_domain domain = recipient_domain_of(row);
    struct recipient recipient;
    struct slice local, given;
    if (envelope->state != POLICY_RCPT || !domain.verified)
        return false;
    (void)slice_split_last(slice_from(envelope->recipient), '@', &local, &given);
    return recipient_find(rows, local, &domain, &recipient) == DIRECTORY_OK &&
           (recipient.kind == RECIPIENT_VERIFIED || recipient.kind == RECIPIENT_CATCHALL);
}

static bool is_stricter(enum policy_verdict verdict, enum policy_verdict than)
{
    static const int ranks[] = {
        [POLICY_DECIDE_PASS] = 0,      [POLICY_DECIDE_ASK_GREYLIST] = 1, [POLICY_DECIDE_GREYLISTED] = 2,
        [POLICY_DECIDE_ASK_DNSBL] = 3, [POLICY_DECIDE_BLACKLISTED] = 4,  [POLICY_DECIDE_DENIED] = 5,
        [POLICY_DECIDE_STEALTH] = 6};
    return ranks[verdict] > ranks[than];
}

static bool policy_decide_stealth(const struct domain_row *domain, const struct expansion *expansion,
                                  struct policy_decision *out)
{
    struct expansion_domains led = {.next = 0};
    const struct domain_row *found = domain->stealth ? domain : NULL;
    while (!found && expansion && expansion_next_domain(expansion, &led))
        found = led.item->row.stealth ? &led.item->row : NULL;
    if (!found)
        return false;
    (void)slice_copy(found->name, out->domain, sizeof out->domain);
    settle(out, POLICY_DECIDE_STEALTH, POLICY_DECIDE_DOMAIN_STEALTH);
    return true;
}

// The other domains that an alias leads to have a say as if the message were to them: each by its own row
// and its own white list, and the strictest counts. Of very many domains the white lists are not asked.
static void policy_decide_targets(const struct directory_snapshot *rows, const struct identity_rules *rules,
                                  const struct expansion *expansion, const struct envelope *envelope,
                                  const struct policy_facts *facts, struct policy_decision *out)
{
    struct expansion_domains led = {.next = 0};
    struct policy_decision other;
    while (expansion_next_domain(expansion, &led)) {
        struct domain_row row = led.item->row;
        if (led.repeated)
            continue;
        other.entry[0] = '\0';
        settle(&other, POLICY_DECIDE_PASS, POLICY_DECIDE_NOTHING_APPLIES);
        row.whitelisting = row.whitelisting && !led.crowded;
        policy_decide_recipient(rows, rules, &row, envelope, facts, &other);
        if (!is_stricter(other.verdict, out->verdict))
            continue;
        settle(out, other.verdict, other.reason);
        out->entry[0] = '\0';
        out->identity = other.identity;
        (void)slice_copy(row.name, out->domain, sizeof out->domain);
    }
}

// `domain` is the recipient's, NULL where that is not ours; `expansion` is NULL of what leads nowhere else.
static void policy_decide_for(const struct directory_snapshot *rows, const struct identity_rules *rules,
                              const struct domain_row *domain, const struct expansion *expansion,
                              const struct envelope *envelope, const struct policy_facts *facts,
                              struct policy_decision *out)
{
    if (domain && policy_decide_stealth(domain, expansion, out))
        return;
    if (policy_decide_deny(rows, envelope, out))
        return;
    if (envelope->login[0])
        settle(out, POLICY_DECIDE_PASS, POLICY_DECIDE_AUTHENTICATED);
    else if (domain)
        policy_decide_recipient(rows, rules, domain, envelope, facts, out);
    else if (at_recipient(envelope))
        settle(out, POLICY_DECIDE_PASS, POLICY_DECIDE_NOT_OURS);
    if (expansion && !envelope->login[0])
        policy_decide_targets(rows, rules, expansion, envelope, facts, out);
}

// Apart from the others for the room that it takes. An expansion that breaks off is refused for now by
// transportmap; here what was seen of it counts.
static __attribute__((noinline)) void
policy_decide_alias(const struct directory_snapshot *rows, const struct identity_rules *rules,
                    const struct domain_row *domain, struct slice local, const struct envelope *envelope,
                    const struct policy_facts *facts, struct policy_decision *out)
{
    struct expansion expansion;
    (void)(expansion_make_at(rows, local, domain, &expansion) == EXPANSION_OK);
    policy_decide_for(rows, rules, domain, &expansion, envelope, facts, out);
}

void policy_decide(const struct directory_snapshot *rows, const struct identity_rules *rules,
                   const struct envelope *envelope, const struct policy_facts *facts,
                   struct policy_decision *out)
{
    struct domain_row domain;
    struct slice local = SLICE(""), name = SLICE("");
    bool ours = false;
    settle(out, POLICY_DECIDE_PASS, POLICY_DECIDE_NOTHING_APPLIES);
    out->domain[0] = out->own[0] = out->entry[0] = '\0';
    out->verify = false;
    if (envelope->context == ENVELOPE_ALL && at_recipient(envelope) &&
        slice_split_last(slice_from(envelope->recipient), '@', &local, &name))
        ours = directory_domain_of(rows, name, &domain) == DIRECTORY_OK;
    if (ours) {
        (void)slice_copy(domain.name, out->domain, sizeof out->domain);
        (void)slice_copy(domain.name, out->own, sizeof out->own);
    }
    if (ours && expansion_may_lead_on(rows, local, &domain))
        policy_decide_alias(rows, rules, &domain, local, envelope, facts, out);
    else
        policy_decide_for(rows, rules, ours ? &domain : NULL, NULL, envelope, facts, out);
    out->verify = ours && out->verdict == POLICY_DECIDE_PASS && needs_verify(rows, &domain, envelope);
}
