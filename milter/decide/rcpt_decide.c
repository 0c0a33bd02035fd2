// SPDX-License-Identifier: BSD-2-Clause
#include "milter/decide/rcpt_decide.h"

#include "base/network_list.h"
#include "directory/expansion.h"
#include "milter/decide/size_limit.h"

enum rcpt_client_class rcpt_decide_client_class(const struct directory_snapshot *rows,
                                                const struct rcpt_decide_client *client)
{
    struct slice networks;
    if (client->login.len > 0)
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

// The input of a check.
struct rcpt_question {
    const struct directory_snapshot *rows;
    const struct rcpt_decide_message *message;
    const struct mail_address *recipient; // of the RCPT command
    const struct expansion *expansion;    // of the recipient
    const struct expansion_item *address; // the first of the expansion, or a target at another domain; NULL:
                                          // the recipient has not been looked up, or is not local
    bool repeated;                        // another address at its domain was asked about before
    bool crowded;                         // of so many domains that its white list is not consulted
};

static void settle(struct rcpt_decision *out, enum rcpt_decide_verdict verdict,
                   enum rcpt_decide_reason reason)
{
    out->verdict = verdict;
    out->reason = reason;
}

static bool is_authenticated(const struct rcpt_question *q)
{
    return q->message->client_class == RCPT_DECIDE_AUTHENTICATED;
}

static bool is_whitelisted(const struct rcpt_question *q, struct rcpt_decision *out)
{
    const struct rcpt_decide_client *client = q->message->client;
    return q->address->row.whitelisting && !q->crowded &&
           whitelist_match(q->rows, q->address->row.name, address_text(q->message->sender),
                           client->known ? &client->address : NULL, slice_from(client->name), out->entry);
}

// ---- sender size ----

static void check_sender_size(const struct rcpt_question *q, struct rcpt_decision *out)
{
    if (!is_authenticated(q))
        return;
    const struct mail_address *login = &q->message->client->login;
    struct domain_row domain;
    out->limit = size_limit_of_sender(q->rows, login);
    if (q->message->declared <= out->limit)
        return;
    if (directory_domain_of(q->rows, address_domain(login), &domain) == DIRECTORY_OK)
        (void)slice_copy(domain.name, out->domain, sizeof out->domain);
    settle(out, RCPT_DECIDE_REFUSE, RCPT_DECIDE_TOO_BIG_FOR_SENDER);
}

// ---- bounce ----

// Problems with a domain are reported to its postmaster, often with the null sender (RFC 5321 section 4.5.1).
static bool is_postmaster(struct slice local)
{
    return slice_equal(local, SLICE("postmaster"));
}

// Mailbox rows have the domain's own name; a domain alias has none of its own.
static bool never_sends(const struct rcpt_question *q)
{
    const struct expansion_item *address = q->address;
    struct mailbox_row mailbox;
    if (address->row.receive_only && !is_postmaster(address->local))
        return true;
    return address->mailbox.len > 0 &&
           directory_mailbox(q->rows, address->mailbox, &mailbox) == DIRECTORY_OK && mailbox.receive_only;
}

// An address is signed with its extension. Where that leaves no room for a tag, the mailbox still has room.
static bool is_signable(const struct rcpt_question *q, char delimiter)
{
    const struct rcpt_decide_message *message = q->message;
    const struct slice local = address_local(q->recipient), domain = address_domain(q->recipient);
    char signed_address[ADDRESS_MAX + 1], base[ADDRESS_MAX + 1];
    struct mail_address address;
    const enum batv_sign_rc rc =
        batv_sign(message->keys, address_text(q->recipient), delimiter, message->now, signed_address);
    if (rc != BATV_UNSIGNABLE || !recipient_base(local, slice_make(&delimiter, 1), base) ||
        !address_join(slice_from(base), domain, &address))
        return rc == BATV_SIGNED;
    return batv_sign(message->keys, address_text(&address), delimiter, message->now, signed_address) ==
           BATV_SIGNED;
}

// An address that cannot have been signed needs no tag: it is too long with one, or has a foreign tag.
static bool lacks_tag(const struct rcpt_question *q, struct rcpt_decision *out)
{
    char address[ADDRESS_MAX + 1];
    const char delimiter = recipient_delimiter(q->rows);
    if (!q->message->keys || delimiter == '\0')
        return false;
    out->tag = batv_verify(q->message->keys, address_text(q->recipient), delimiter, q->message->now, address);
    if (out->tag == BATV_NO_TAG)
        return is_signable(q, delimiter);
    return out->tag != BATV_VALID && out->tag != BATV_UNCHECKED;
}

static void check_bounce(const struct rcpt_question *q, struct rcpt_decision *out)
{
    const struct expansion_item *address = q->address;
    if (q->message->sender->len > 0 || is_authenticated(q))
        return;
    if (never_sends(q))
        settle(out, RCPT_DECIDE_REFUSE, RCPT_DECIDE_NEVER_SENDS);
    else if (address->row.batv == BATV_OFF || is_postmaster(address->local) || !lacks_tag(q, out))
        return;
    else if (address->row.batv == BATV_REQUIRE && !is_whitelisted(q, out))
        settle(out, RCPT_DECIDE_REFUSE, RCPT_DECIDE_TAG_MISSING);
    else
        out->reason = RCPT_DECIDE_TAG_REPORTED;
}

// ---- quota ----

// Of an alias the targets' mail waits instead: one full mailbox must not stop mail to all.
static void check_quota(const struct rcpt_question *q, struct rcpt_decision *out)
{
    struct mailbox_row mailbox;
    if (q->address->mailbox.len > 0 && q->expansion->items[0].kind != RECIPIENT_ALIAS &&
        recipient_domain_of(&q->address->row).stored &&
        directory_mailbox(q->rows, q->address->mailbox, &mailbox) == DIRECTORY_OK && mailbox.over_quota)
        settle(out, RCPT_DECIDE_DEFER, RCPT_DECIDE_OVER_QUOTA);
}

// ---- size ----

// Without SIZE= all recipients must have one limit, as the message's true size is compared with the least of
// them. A recipient without limit does not defer others. Nor is an authenticated client deferred: a mail user
// agent does not retry by itself.
static bool is_of_other_limit(const struct rcpt_question *q, int64_t limit)
{
    const struct rcpt_decide_message *message = q->message;
    return message->declared < 0 && message->limit >= 0 && message->limit != SIZE_LIMIT_UNLIMITED &&
           message->limit != limit && !is_authenticated(q);
}

static void check_size(const struct rcpt_question *q, struct rcpt_decision *out)
{
    struct size_limit limit;
    size_limit_of_expansion(q->rows, q->expansion, &limit);
    if (limit.bytes < out->limit)
        out->limit = limit.bytes;
    if (q->message->declared > limit.bytes)
        settle(out, RCPT_DECIDE_REFUSE, RCPT_DECIDE_TOO_BIG);
    else if (is_of_other_limit(q, limit.bytes))
        settle(out, RCPT_DECIDE_DEFER, RCPT_DECIDE_OTHER_LIMIT);
}

// ---- SPF ----

// The action for the SPF results where the domain has spf = reject; sets the result and the reason.
static enum spf_policy_action judge(const struct spf_policy *policy, const struct spf_findings *spf,
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

static void judge_spf(const struct rcpt_question *q, const struct spf_policy *policy,
                      struct rcpt_decision *out)
{
    const enum rcpt_decide_reason before = out->reason;
    const enum spf_policy_action action = judge(policy, q->message->spf, out);
    if (action == SPF_POLICY_ACCEPT)
        out->reason = before;
    else if (is_whitelisted(q, out))
        out->reason = RCPT_DECIDE_WHITELISTED;
    else
        out->verdict = action == SPF_POLICY_DEFER ? RCPT_DECIDE_DEFER : RCPT_DECIDE_REFUSE;
}

static void check_spf(const struct rcpt_question *q, struct rcpt_decision *out)
{
    const enum domain_spf spf = q->address->row.spf;
    struct spf_policy policy;
    if (q->message->client_class != RCPT_DECIDE_UNTRUSTED || !q->message->client->known ||
        (spf == SPF_OFF && !out->no_bounce))
        return;
    spf_policy_read(q->rows, &policy);
    if (!q->message->spf) {
        out->verdict = RCPT_DECIDE_ASK_SPF;
        out->ask_helo = policy.helo != SPF_OFF;
    } else if (spf == SPF_REJECT) {
        judge_spf(q, &policy, out);
    }
}

// ---- the order ----

enum scope {
    SENDER,       // once, whatever the recipient
    RECIPIENT,    // a local recipient
    EACH_ADDRESS, // a local recipient, and each address at another domain that its alias leads to
    EACH_DOMAIN,  // a local recipient's domain, and each other domain that its alias leads to
};

struct rcpt_check {
    const char *name; // as in emailgency-milter(8)
    enum scope scope;
    void (*check)(const struct rcpt_question *q, struct rcpt_decision *out);
};

// emailgency-milter(8) lists the same.
static const struct rcpt_check order[] = {
    {.name = "sender size", .scope = SENDER, .check = check_sender_size},
    {.name = "bounce", .scope = EACH_ADDRESS, .check = check_bounce},
    {.name = "quota", .scope = RECIPIENT, .check = check_quota},
    {.name = "size", .scope = RECIPIENT, .check = check_size},
    {.name = "SPF", .scope = EACH_DOMAIN, .check = check_spf},
};

#define ORDER_COUNT (sizeof order / sizeof *order)

const char *rcpt_decide_check_name(size_t index)
{
    return index < ORDER_COUNT ? order[index].name : NULL;
}

static bool is_in_scope(enum scope scope, const struct rcpt_question *q)
{
    if (scope == SENDER || !q->address)
        return scope == SENDER && !q->address;
    return scope == EACH_ADDRESS || (scope == EACH_DOMAIN && !q->repeated) ||
           q->address == q->expansion->items;
}

// Returns whether a check has settled the question.
static bool walk(const struct rcpt_question *q, struct rcpt_decision *out)
{
    for (size_t i = 0; i < ORDER_COUNT && out->verdict == RCPT_DECIDE_ACCEPT; i++)
        if (is_in_scope(order[i].scope, q)) {
            order[i].check(q, out);
            out->check = out->verdict == RCPT_DECIDE_ACCEPT ? NULL : order[i].name;
        }
    return out->verdict != RCPT_DECIDE_ACCEPT;
}

// The parts of the decision that the domain's row sets by itself.
static void read_domain(const struct rcpt_question *q, struct rcpt_decision *out)
{
    const struct domain_row *domain = &q->address->row;
    (void)slice_copy(domain->name, out->domain, sizeof out->domain);
    out->add_results_header = domain->spf != SPF_OFF;
    out->no_bounce = domain->bounce_protection && recipient_domain_of(domain).relayed &&
                     q->message->sender->len > 0 && !is_authenticated(q) &&
                     q->message->client_class != RCPT_DECIDE_TRUSTED;
}

static bool is_stricter(enum rcpt_decide_verdict verdict, enum rcpt_decide_verdict than)
{
    static const int ranks[] = {[RCPT_DECIDE_ACCEPT] = 0,
                                [RCPT_DECIDE_ASK_SPF] = 1,
                                [RCPT_DECIDE_DEFER] = 2,
                                [RCPT_DECIDE_REFUSE] = 3};
    return ranks[verdict] > ranks[than];
}

static void keep_stricter(struct rcpt_decision *other, struct rcpt_decision *out)
{
    const bool add_results_header = other->add_results_header || out->add_results_header;
    const bool no_bounce = other->no_bounce || out->no_bounce;
    if (is_stricter(other->verdict, out->verdict))
        *out = *other;
    out->add_results_header = add_results_header;
    out->no_bounce = no_bounce;
}

// The rules of the other domains that an alias leads to apply as if the message were sent to them: each by
// its own row and its own white list. The strictest decision is the answer. Beyond EXPANSION_DOMAINS_MAX
// domains the white lists are not consulted.
static void walk_targets(struct rcpt_question q, struct rcpt_decision *out)
{
    struct expansion_domains led = {.next = 0};
    while (expansion_next_domain(q.expansion, &led)) {
        struct rcpt_decision other = {
            .verdict = RCPT_DECIDE_ACCEPT, .reason = RCPT_DECIDE_NOTHING_APPLIES, .limit = out->limit};
        q.address = led.item;
        q.repeated = led.repeated;
        q.crowded = led.crowded;
        read_domain(&q, &other);
        (void)walk(&q, &other);
        keep_stricter(&other, out);
    }
}

// Of an expansion that breaks off, which transportmap defers, the addresses seen so far count.
static void walk_expansion(struct rcpt_question q, const struct domain_row *domain, struct rcpt_decision *out)
{
    struct expansion expansion;
    (void)(expansion_make_at(q.rows, address_local(q.recipient), domain, &expansion) == EXPANSION_OK);
    q.expansion = &expansion;
    q.address = expansion.items;
    read_domain(&q, out);
    (void)walk(&q, out);
    if (expansion.count > 1)
        walk_targets(q, out);
}

void rcpt_decide(const struct directory_snapshot *rows, const struct rcpt_decide_message *message,
                 const struct mail_address *recipient, struct rcpt_decision *out)
{
    const struct rcpt_question q = {.rows = rows, .message = message, .recipient = recipient};
    struct domain_row domain;
    *out = (struct rcpt_decision){
        .verdict = RCPT_DECIDE_ACCEPT, .reason = RCPT_DECIDE_NOTHING_APPLIES, .limit = SIZE_LIMIT_UNLIMITED};
    if (walk(&q, out))
        return;
    if (directory_domain_of(rows, address_domain(recipient), &domain) == DIRECTORY_OK)
        walk_expansion(q, &domain, out);
    else
        out->reason = RCPT_DECIDE_NOT_LOCAL;
}

bool rcpt_decide_is_tagged(const struct directory_snapshot *rows, const struct mail_address *sender)
{
    struct expansion expansion;
    struct expansion_domains led = {.next = 0};
    const struct slice local = address_local(sender);
    struct domain_row domain;
    if (directory_domain_of(rows, address_domain(sender), &domain) != DIRECTORY_OK)
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
                                                           [RCPT_DECIDE_NOT_LOCAL] = "not-local",
                                                           [RCPT_DECIDE_WHITELISTED] = "whitelisted",
                                                           [RCPT_DECIDE_TAG_REPORTED] = "tag-reported",
                                                           [RCPT_DECIDE_NEVER_SENDS] = "never-sends",
                                                           [RCPT_DECIDE_TAG_MISSING] = "tag-missing",
                                                           [RCPT_DECIDE_TOO_BIG] = "too-big",
                                                           [RCPT_DECIDE_TOO_BIG_FOR_SENDER] =
                                                               "too-big-for-sender",
                                                           [RCPT_DECIDE_OVER_QUOTA] = "over-quota",
                                                           [RCPT_DECIDE_OTHER_LIMIT] = "other-limit",
                                                           [RCPT_DECIDE_SPF_RESULT] = "spf",
                                                           [RCPT_DECIDE_SPF_HELO] = "spf-helo"};
    return words[reason];
}
