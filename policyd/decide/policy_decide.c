// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/decide/policy_decide.h"

#include "directory/expansion.h"

#include <string.h>

static const char *const reason_words[POLICY_DECIDE_REASONS] = {
    [POLICY_DECIDE_NOTHING_APPLIES] = "nothing-applies",
    [POLICY_DECIDE_NOT_LOCAL] = "not-local",
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
    [POLICY_DECIDE_LOGIN_LIMIT] = "login-limit",
    [POLICY_DECIDE_DOMAIN_LIMIT] = "domain-limit",
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
    return envelope->recipient.len && (envelope->state == POLICY_RCPT || envelope->state == POLICY_DATA ||
                                       envelope->state == POLICY_END_OF_MESSAGE);
}

// An alias of one customer must not bypass the stealth of another, so the domains that it leads to count.
static bool check_stealth(const struct policy_question *question, struct policy_decision *out)
{
    struct expansion_domains led = {.next = 0};
    const struct domain_row *found = question->domain && question->domain->stealth ? question->domain : NULL;
    while (!found && question->expansion && expansion_next_domain(question->expansion, &led))
        found = led.item->row.stealth ? &led.item->row : NULL;
    if (!found)
        return false;
    (void)slice_copy(found->name, out->domain, sizeof out->domain);
    settle(out, POLICY_DECIDE_STEALTH, POLICY_DECIDE_DOMAIN_STEALTH);
    return true;
}

// The mailbox of a login. A login by an alias or alternate domain is that of the domain itself.
static bool find_login(const struct policy_question *question, struct slice domain, struct mailbox_row *out)
{
    const struct mail_address *login = &question->envelope->login;
    struct mail_address address;
    if (directory_mailbox(question->rows, address_text(login), out) == DIRECTORY_OK)
        return true;
    return address_join(address_local(login), domain, &address) &&
           directory_mailbox(question->rows, address_text(&address), out) == DIRECTORY_OK;
}

static bool check_smtp_deny(const struct policy_question *question, struct policy_decision *out)
{
    const struct mail_address *login = &question->envelope->login;
    struct domain_row domain;
    struct mailbox_row mailbox;
    if (!login->len || directory_domain_of(question->rows, address_domain(login), &domain) != DIRECTORY_OK)
        return false;
    const bool found = find_login(question, domain.name, &mailbox);
    const bool by_mailbox = found && mailbox.smtp_deny;
    const bool by_domain = domain.smtp_deny && !(found && mailbox.smtp_deny_exempt);
    if (!by_mailbox && !by_domain)
        return false;
    (void)slice_copy(domain.name, out->domain, sizeof out->domain);
    settle(out, POLICY_DECIDE_DENIED,
           by_mailbox ? POLICY_DECIDE_MAILBOX_DENIED : POLICY_DECIDE_DOMAIN_DENIED);
    return true;
}

// Names the login's mail for the counts. A login whose domain is not in the rows is the operator's own.
static bool name_login(const struct policy_question *question, struct domain_row *domain,
                       struct policy_decision *out)
{
    const struct mail_address *login = &question->envelope->login;
    struct mail_address address;
    if (!login->len || directory_domain_of(question->rows, address_domain(login), domain) != DIRECTORY_OK ||
        !address_join(address_local(login), domain->name, &address))
        return false;
    return slice_copy(address_text(&address), out->login, sizeof out->login) &&
           slice_copy(domain->name, out->login_domain, sizeof out->login_domain);
}

// A refusal needs counts of a moment ago: another node, or whoever allowed sending again, may have changed
// them.
static bool check_outbound(const struct policy_question *question, struct policy_decision *out)
{
    const struct envelope *envelope = question->envelope;
    const struct policy_facts *facts = question->facts;
    struct domain_row domain;
    struct plan_row plan;
    if (!name_login(question, &domain, out) ||
        directory_plan(question->rows, domain.plan, &plan) != DIRECTORY_OK)
        return false;
    const bool reached =
        facts->has_outbound &&
        outbound_limit_reached(&plan, &facts->outbound,
                               envelope->recipient_count > 0 ? envelope->recipient_count : 1, &out->limit);
    if (facts->has_outbound && !reached)
        return false;
    (void)slice_copy(domain.name, out->domain, sizeof out->domain);
    if (!reached || !facts->outbound_is_fresh)
        settle(out, POLICY_DECIDE_ASK_OUTBOUND, POLICY_DECIDE_NOTHING_APPLIES);
    else
        settle(out, POLICY_DECIDE_LIMITED,
               out->limit.of_domain ? POLICY_DECIDE_DOMAIN_LIMIT : POLICY_DECIDE_LOGIN_LIMIT);
    return true;
}

static bool check_authenticated(const struct policy_question *question, struct policy_decision *out)
{
    if (!question->envelope->login.len)
        return false;
    settle(out, POLICY_DECIDE_PASS, POLICY_DECIDE_AUTHENTICATED);
    return true;
}

static bool check_not_local(const struct policy_question *question, struct policy_decision *out)
{
    if (question->domain)
        return false;
    settle(out, POLICY_DECIDE_PASS,
           at_recipient(question->envelope) ? POLICY_DECIDE_NOT_LOCAL : POLICY_DECIDE_NOTHING_APPLIES);
    return true;
}

static bool check_whitelist(const struct policy_question *question, struct policy_decision *out)
{
    const struct envelope *envelope = question->envelope;
    const struct ip *client = envelope->has_client ? &envelope->client : NULL;
    if (!question->domain->whitelisting ||
        !whitelist_match(question->rows, question->domain->name, address_text(&envelope->sender), client,
                         slice_from(envelope->client_name), out->entry))
        return false;
    settle(out, POLICY_DECIDE_PASS, POLICY_DECIDE_WHITELISTED);
    return true;
}

static bool check_dns_lists(const struct policy_question *question, struct policy_decision *out)
{
    const struct domain_row *domain = question->domain;
    const struct policy_facts *facts = question->facts;
    if (!question->envelope->has_client ||
        !(domain->blacklisting || domain->greylisting == GREYLISTING_SUSPICIOUS))
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

static bool only_shadows(const struct policy_question *question)
{
    return question->domain->greylisting_shadow ||
           directory_setting_flag(question->rows, "greylist_shadow", false);
}

static void settle_greylist(const struct policy_question *question, struct policy_decision *out)
{
    switch (question->facts->greylist) {
    case GREYLIST_RETURNED:
        out->returned = !only_shadows(question);
        settle(out, POLICY_DECIDE_PASS, POLICY_DECIDE_GREYLIST_PASSED);
        break;
    case GREYLIST_PASS:
        settle(out, POLICY_DECIDE_PASS, POLICY_DECIDE_GREYLIST_PASSED);
        break;
    case GREYLIST_UNAVAILABLE:
        settle(out, POLICY_DECIDE_PASS, POLICY_DECIDE_GREYLIST_AWAY);
        break;
    case GREYLIST_DEFER:
        if (only_shadows(question))
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

static bool check_greylisting(const struct policy_question *question, struct policy_decision *out)
{
    const struct envelope *envelope = question->envelope;
    if (question->domain->greylisting == GREYLISTING_OFF || !envelope->has_client)
        return false;
    if (!out->identity.text[0])
        identity_of(question->rules, &envelope->client, slice_from(envelope->client_name), &out->identity);
    if (question->domain->greylisting == GREYLISTING_SUSPICIOUS &&
        !is_suspicious(&out->identity, question->facts))
        settle(out, POLICY_DECIDE_PASS, POLICY_DECIDE_NOT_SUSPICIOUS);
    else if (!question->facts->has_greylist)
        settle(out, POLICY_DECIDE_ASK_GREYLIST, POLICY_DECIDE_NOTHING_APPLIES);
    else
        settle_greylist(question, out);
    return true;
}

// The order of checks. The first that applies decides. emailgency-policyd(8) lists them by these names.
static const struct policy_check {
    const char *name;
    bool by_domain; // walked again for each domain that an alias leads to
    // Returns false if the check does not apply. Checks by domain have `question->domain`.
    bool (*apply)(const struct policy_question *question, struct policy_decision *out);
} order[] = {
    {"stealth", false, check_stealth},          {"smtp deny", false, check_smtp_deny},
    {"outbound limits", false, check_outbound}, {"authenticated", false, check_authenticated},
    {"not local", false, check_not_local},      {"white list", true, check_whitelist},
    {"DNS lists", true, check_dns_lists},       {"greylisting", true, check_greylisting},
};

enum { CHECKS = sizeof order / sizeof order[0] };

const char *policy_check_name(size_t n)
{
    return n < CHECKS ? order[n].name : NULL;
}

static void walk(const struct policy_question *question, size_t from, struct policy_decision *out)
{
    settle(out, POLICY_DECIDE_PASS, POLICY_DECIDE_NOTHING_APPLIES);
    for (out->check = from; out->check < CHECKS; out->check++)
        if ((order[out->check].by_domain || !question->is_target) && order[out->check].apply(question, out))
            return;
}

static bool has_mailbox(const struct policy_question *question)
{
    struct mail_address address;
    struct mailbox_row row;
    return address_join(address_local(&question->envelope->recipient), question->own.name, &address) &&
           directory_mailbox(question->rows, address_text(&address), &row) == DIRECTORY_OK;
}

// Separate for the size of its stack frame.
static __attribute__((noinline)) bool is_unlisted(const struct policy_question *question,
                                                  const struct recipient_domain *domain)
{
    struct recipient recipient;
    return recipient_find(question->rows, address_local(&question->envelope->recipient), domain,
                          &recipient) == DIRECTORY_OK &&
           (recipient.kind == RECIPIENT_VERIFIED || recipient.kind == RECIPIENT_CATCHALL);
}

// Returns whether the customer's server is to be asked for the recipient. While that server is down,
// verify(8) replies yes (unverified_recipient_defer_code = 250). Most recipients have a mailbox, which is one
// look-up.
static bool needs_verify(const struct policy_question *question)
{
    const struct recipient_domain domain = recipient_domain_of(&question->own);
    return question->envelope->state == POLICY_RCPT && domain.verified && !has_mailbox(question) &&
           is_unlisted(question, &domain);
}

static bool is_stricter(enum policy_verdict verdict, enum policy_verdict than)
{
    static const int ranks[] = {
        [POLICY_DECIDE_PASS] = 0,      [POLICY_DECIDE_ASK_GREYLIST] = 1, [POLICY_DECIDE_GREYLISTED] = 2,
        [POLICY_DECIDE_ASK_DNSBL] = 3, [POLICY_DECIDE_BLACKLISTED] = 4,  [POLICY_DECIDE_ASK_OUTBOUND] = 5,
        [POLICY_DECIDE_LIMITED] = 6,   [POLICY_DECIDE_DENIED] = 7,       [POLICY_DECIDE_STEALTH] = 8};
    return ranks[verdict] > ranks[than];
}

// The other domains that an alias leads to decide as if the message were to them: each by its own row and its
// own white list, and the strictest applies. Beyond EXPANSION_DOMAINS_MAX domains white lists are left out.
static void decide_targets(const struct policy_question *question, struct policy_decision *out)
{
    struct policy_question other = *question;
    struct expansion_domains led = {.next = 0};
    struct policy_decision decision;
    other.is_target = true;
    decision.identity = out->identity;
    while (expansion_next_domain(question->expansion, &led)) {
        struct domain_row row = led.item->row;
        if (led.repeated)
            continue;
        decision.entry[0] = '\0';
        other.domain = &row;
        row.whitelisting = row.whitelisting && !led.crowded;
        walk(&other, 0, &decision);
        if (!is_stricter(decision.verdict, out->verdict))
            continue;
        settle(out, decision.verdict, decision.reason);
        out->check = decision.check;
        out->entry[0] = '\0';
        out->identity = decision.identity;
        (void)slice_copy(row.name, out->domain, sizeof out->domain);
    }
}

// Separate for the size of its stack frame. transportmap refuses an incomplete expansion for now; here the
// domains seen so far apply.
static __attribute__((noinline)) void decide_alias(struct policy_question *question,
                                                   struct policy_decision *out)
{
    struct expansion expansion;
    (void)(expansion_make_at(question->rows, address_local(&question->envelope->recipient), &question->own,
                             &expansion) == EXPANSION_OK);
    question->expansion = &expansion;
    walk(question, 0, out);
    if (out->check == CHECKS || order[out->check].by_domain)
        decide_targets(question, out);
    question->expansion = NULL;
}

// Finds the recipient's domain.
static void find_domain(struct policy_question *question)
{
    const struct envelope *envelope = question->envelope;
    const bool local = envelope->context == ENVELOPE_ALL && at_recipient(envelope) &&
                       directory_domain_of(question->rows, address_domain(&envelope->recipient),
                                           &question->own) == DIRECTORY_OK;
    question->domain = local ? &question->own : NULL;
    question->expansion = NULL;
    question->is_target = false;
    question->leads_on =
        local && expansion_may_lead_on(question->rows, address_local(&envelope->recipient), &question->own);
}

static void decide_from(struct policy_question *question, size_t check, struct policy_decision *out)
{
    if (question->leads_on)
        decide_alias(question, out);
    else
        walk(question, check, out);
    out->verify = question->domain && out->verdict == POLICY_DECIDE_PASS && needs_verify(question);
}

static void clear(struct policy_decision *out)
{
    out->domain[0] = out->own[0] = out->entry[0] = out->identity.text[0] = '\0';
    out->login[0] = out->login_domain[0] = '\0';
    out->identity.named = out->returned = false;
}

void policy_decide(struct policy_question *question, struct policy_decision *out)
{
    clear(out);
    find_domain(question);
    if (question->domain) {
        (void)slice_copy(question->own.name, out->domain, sizeof out->domain);
        (void)slice_copy(question->own.name, out->own, sizeof out->own);
    }
    decide_from(question, 0, out);
}

void policy_decide_resume(struct policy_question *question, struct policy_decision *out)
{
    if (question->leads_on)
        policy_decide(question, out);
    else
        decide_from(question, out->check, out);
}
