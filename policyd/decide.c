// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/decide.h"

#include "directory/recipient.h"

#include <stdio.h>
#include <string.h>

static const char *const reason_words[DECIDE_REASONS] = {
    [DECIDE_NOTHING_APPLIES] = "nothing-applies", [DECIDE_NOT_OURS] = "not-ours",
    [DECIDE_AUTHENTICATED] = "authenticated",     [DECIDE_WHITELISTED] = "whitelisted",
    [DECIDE_DNS_ALLOWED] = "dns-allowed",         [DECIDE_NOT_SUSPICIOUS] = "not-suspicious",
    [DECIDE_GREYLIST_PASSED] = "greylist-passed", [DECIDE_GREYLIST_SHADOWED] = "greylist-shadowed",
    [DECIDE_GREYLIST_AWAY] = "greylist-away",     [DECIDE_DOMAIN_STEALTH] = "domain-stealth",
    [DECIDE_MAILBOX_DENIED] = "mailbox-denied",   [DECIDE_DOMAIN_DENIED] = "domain-denied",
    [DECIDE_DNS_LISTED] = "dns-listed",           [DECIDE_GREYLIST_NEW] = "greylist-new",
};

const char *decide_reason_word(enum decide_reason reason)
{
    return reason_words[reason];
}

static void settle(struct decision *out, enum decide_verdict verdict, enum decide_reason reason)
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

static bool decide_deny(const struct directory_snapshot *rows, const struct envelope *envelope,
                        struct decision *out)
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
    settle(out, DECIDE_DENIED, by_mailbox ? DECIDE_MAILBOX_DENIED : DECIDE_DOMAIN_DENIED);
    return true;
}

// Whether the block lists have settled it, or must be asked first.
static bool decide_dnsbl(const struct domain_row *domain, const struct envelope *envelope,
                         const struct decide_facts *facts, struct decision *out)
{
    if (!envelope->has_client || !(domain->blacklisting || domain->greylisting == GREYLISTING_SUSPICIOUS))
        return false;
    if (!facts->has_dnsbl)
        settle(out, DECIDE_ASK_DNSBL, DECIDE_NOTHING_APPLIES);
    else if (facts->dnsbl == DNSBL_ALLOWED)
        settle(out, DECIDE_PASS, DECIDE_DNS_ALLOWED);
    else if (facts->dnsbl == DNSBL_LISTED && domain->blacklisting)
        settle(out, DECIDE_BLACKLISTED, DECIDE_DNS_LISTED);
    else
        return false;
    return true;
}

static void settle_greylist(const struct directory_snapshot *rows, const struct domain_row *domain,
                            enum decide_greylist greylist, struct decision *out)
{
    switch (greylist) {
    case DECIDE_GREYLIST_PASS:
        settle(out, DECIDE_PASS, DECIDE_GREYLIST_PASSED);
        break;
    case DECIDE_GREYLIST_UNAVAILABLE:
        settle(out, DECIDE_PASS, DECIDE_GREYLIST_AWAY);
        break;
    case DECIDE_GREYLIST_DEFER:
        if (domain->greylisting_shadow || directory_setting_flag(rows, "greylist_shadow", false))
            settle(out, DECIDE_PASS, DECIDE_GREYLIST_SHADOWED);
        else
            settle(out, DECIDE_GREYLISTED, DECIDE_GREYLIST_NEW);
        break;
    }
}

static bool is_suspicious(const struct identity *identity, const struct decide_facts *facts)
{
    const bool weighed =
        facts->has_dnsbl && (facts->dnsbl == DNSBL_SUSPICIOUS || facts->dnsbl == DNSBL_LISTED);
    return !identity->named || weighed;
}

static void decide_greylisting(const struct directory_snapshot *rows, const struct identity_rules *rules,
                               const struct domain_row *domain, const struct envelope *envelope,
                               const struct decide_facts *facts, struct decision *out)
{
    if (domain->greylisting == GREYLISTING_OFF || !envelope->has_client)
        return;
    identity_of(rules, &envelope->client, slice_from(envelope->client_name), &out->identity);
    if (domain->greylisting == GREYLISTING_SUSPICIOUS && !is_suspicious(&out->identity, facts))
        settle(out, DECIDE_PASS, DECIDE_NOT_SUSPICIOUS);
    else if (!facts->has_greylist)
        settle(out, DECIDE_ASK_GREYLIST, DECIDE_NOTHING_APPLIES);
    else
        settle_greylist(rows, domain, facts->greylist, out);
}

static void decide_recipient(const struct directory_snapshot *rows, const struct identity_rules *rules,
                             const struct domain_row *domain, const struct envelope *envelope,
                             const struct decide_facts *facts, struct decision *out)
{
    const struct ip *client = envelope->has_client ? &envelope->client : NULL;
    if (domain->whitelisting && whitelist_match(rows, domain->name, slice_from(envelope->sender), client,
                                                slice_from(envelope->client_name), out->entry))
        settle(out, DECIDE_PASS, DECIDE_WHITELISTED);
    else if (!decide_dnsbl(domain, envelope, facts, out))
        decide_greylisting(rows, rules, domain, envelope, facts, out);
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

void decide(const struct directory_snapshot *rows, const struct identity_rules *rules,
            const struct envelope *envelope, const struct decide_facts *facts, struct decision *out)
{
    struct domain_row domain;
    bool ours = false;
    settle(out, DECIDE_PASS, DECIDE_NOTHING_APPLIES);
    out->domain[0] = out->entry[0] = '\0';
    out->verify = false;
    if (envelope->context == ENVELOPE_ALL && at_recipient(envelope))
        ours = directory_domain_of(rows, envelope_domain(envelope->recipient), &domain) == DIRECTORY_OK;
    if (ours)
        (void)slice_copy(domain.name, out->domain, sizeof out->domain);
    if (ours && domain.stealth)
        settle(out, DECIDE_STEALTH, DECIDE_DOMAIN_STEALTH);
    else if (decide_deny(rows, envelope, out))
        return;
    else if (envelope->login[0])
        settle(out, DECIDE_PASS, DECIDE_AUTHENTICATED);
    else if (ours)
        decide_recipient(rows, rules, &domain, envelope, facts, out);
    else if (at_recipient(envelope))
        settle(out, DECIDE_PASS, DECIDE_NOT_OURS);
    out->verify = ours && out->verdict == DECIDE_PASS && needs_verify(rows, &domain, envelope);
}
