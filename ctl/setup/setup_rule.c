// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/setup/setup_rule.h"

#include "ctl/setup/setup_value.h"

#define MILTER "emailgency/milter"

static const struct rule rules[] = {
    {"relay_domains", RULE_PREPEND, 0},
    {"relay_recipient_maps", RULE_RELAY_RECIPIENTS, 0},
    {"transport_maps", RULE_PREPEND, 0},
    {"virtual_alias_maps", RULE_PREPEND, 0},
    {"virtual_alias_domains", RULE_ALIAS_DOMAINS, 0},
    {"smtpd_sender_login_maps", RULE_PREPEND, 0},
    {"lmtp_generic_maps", RULE_PREPEND, 0},
    {"lmtp_destination_recipient_limit", RULE_SET, 0},
    {"parent_domain_matches_subdomains", RULE_SET, 0},
    {"smtpd_relay_restrictions", RULE_RELAY, 0},
    {"smtpd_recipient_restrictions", RULE_RECIPIENT, 0},
    {"smtpd_data_restrictions", RULE_DATA, 0},
    {"smtpd_forbid_bare_newline", RULE_STRICT, 0},
    {"smtpd_forbid_bare_newline_exclusions", RULE_KEEP_EMPTY, 0},
    {"smtpd_forbid_unauth_pipelining", RULE_SET, 0},
    {"disable_vrfy_command", RULE_SET, 0},
    {"smtpd_etrn_restrictions", RULE_KEEP, 0},
    {"smtpd_discard_ehlo_keywords", RULE_PREPEND, 0},
    {"smtpd_command_filter", RULE_KEEP, 0},
    {"smtputf8_enable", RULE_SET, 0},
    {"smtp_dns_reply_filter", RULE_KEEP, 0},
    {"address_verify_transport_maps", RULE_PREPEND, 0},
    {"relay_initial_destination_concurrency", RULE_SET, 0},
    {"address_verify_map", RULE_PERSISTENT, 0},
    {"address_verify_positive_expire_time", RULE_LONGER, 'd'},
    {"address_verify_negative_expire_time", RULE_SET, 0},
    {"unverified_recipient_reject_code", RULE_SET, 0},
    {"unverified_recipient_defer_code", RULE_SET, 0},
    {"unverified_recipient_reject_reason", RULE_SET, 0},
    {"smtpd_milters", RULE_MILTERS, 0},
    {"milter_protocol", RULE_SET, 0},
    {"enable_original_recipient", RULE_SET, 0},
    {"milter_macro_defaults", RULE_PREPEND, 0},
    {"maximal_queue_lifetime", RULE_LONGER, 'd'},
    {"bounce_queue_lifetime", RULE_KEEP, 0},
    {"enable_long_queue_ids", RULE_SET, 0},
    {"fast_flush_domains", RULE_PREPEND, 0},
    {"message_size_limit", RULE_LARGER, 0},
    {"mailbox_size_limit", RULE_LARGER, 0},
    {"virtual_mailbox_limit", RULE_LARGER, 0},
};

const struct rule *rule_find(struct slice parameter)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (slice_equal(parameter, slice_from(rules[i].parameter)))
            return &rules[i];
    return NULL;
}

struct slice main_cf_name(struct slice line, struct slice *value)
{
    struct slice name;
    *value = SLICE("");
    if (setup_line_kind(line) != SETUP_LINE_START || !slice_split(line, '=', &name, value))
        return SLICE("");
    *value = setup_line_trim(*value);
    return setup_line_trim(name);
}

size_t main_cf_value(struct slice main_cf, struct slice parameter, struct setup_text *out)
{
    bool inside = false;
    size_t found = 0;
    const size_t start = out->len;
    while (main_cf.len) {
        const struct slice line = setup_line_next(&main_cf);
        const enum setup_line kind = setup_line_kind(line);
        struct slice value;
        if (kind == SETUP_LINE_MORE && inside) {
            setup_text_print(out, out->len > start ? " " : "");
            setup_text_add(out, setup_line_trim(line));
        } else if (kind == SETUP_LINE_START) {
            inside = slice_equal(main_cf_name(line, &value), parameter);
            if (inside) {
                found++;
                out->len = start;
                setup_text_add(out, value);
            }
        }
    }
    return found;
}

static bool keep_if(bool right, const struct rule_values *values, struct setup_text *out)
{
    if (!right)
        setup_text_add(out, values->shipped);
    return right;
}

static bool is_persistent(struct slice table)
{
    return table.len && !slice_has_prefix(table, SLICE("internal:"));
}

static void add_milters(const struct rule_values *values, struct setup_text *out)
{
    struct slice rest = values->present;
    setup_text_add(out, values->shipped);
    for (struct slice word; setup_word_next(&rest, &word);)
        if (!setup_text_holds(word, MILTER))
            setup_text_print(out, " %.*s", (int)word.len, word.ptr);
}

// Postfix's default of virtual_alias_domains is $virtual_alias_maps, which now has the rows' addresses in it.
static void add_alias_domains(const struct rule_values *values, struct setup_text *out)
{
    struct setup_text maps = {0};
    (void)main_cf_value(values->main_cf, SLICE("virtual_alias_maps"), &maps);
    if (values->is_set)
        setup_value_replace(values->present, "virtual_alias_maps", setup_text_slice(&maps), out);
    else
        setup_text_add(out, setup_text_slice(&maps));
    setup_text_finish(&maps);
}

// As long as relay_recipient_maps is empty Postfix takes all recipients of relay_domains.
static bool add_relay_recipients(const struct rule_values *values, struct setup_text *out,
                                 struct problem *problem)
{
    struct setup_text domains = {0};
    bool done = true;
    setup_value_join(values->shipped, values->present, ", ", out);
    (void)main_cf_value(values->main_cf, SLICE("relay_domains"), &domains);
    struct slice rest = setup_text_slice(&domains);
    for (struct slice word; !values->present.len && done && setup_word_next(&rest, &word);) {
        if (word.ptr[0] == '$')
            continue;
        if (memchr(word.ptr, ':', word.len) || word.ptr[0] == '/' || word.ptr[0] == '!')
            done = problem_set(
                problem,
                "relay_domains has %.*s, and relay_recipient_maps is empty, so that all its recipients are "
                "accepted; name them first, as in \"relay_recipient_maps = inline:{{@example.com = OK}}\"",
                (int)word.len, word.ptr);
        else
            setup_text_print(out, ", inline:{{@%.*s = OK}}", (int)word.len, word.ptr);
    }
    setup_text_finish(&domains);
    return done;
}

// With an empty smtpd_relay_restrictions, as in a file older than Postfix 2.10, the operator's
// smtpd_recipient_restrictions control relaying; those who may relay by them may do so by both now.
static void combine_relay(const struct rule_values *values, struct setup_text *out)
{
    struct setup_text recipient = {0};
    // Postfix's default, for a file without the parameter.
    struct slice present = SLICE("permit_mynetworks, permit_sasl_authenticated");
    if (values->is_set)
        present = values->present;
    (void)main_cf_value(values->main_cf, SLICE("smtpd_recipient_restrictions"), &recipient);
    if (!present.len)
        present = setup_value_relay_control(setup_text_slice(&recipient));
    setup_value_relay(present, values->drop_permit_mynetworks, out);
    setup_text_finish(&recipient);
}

static void combine(const struct rule *rule, const struct rule_values *values, struct setup_text *out)
{
    const struct slice present = values->present, shipped = values->shipped;
    if (rule->kind == RULE_PREPEND)
        setup_value_join(shipped, present, ", ", out);
    else if (rule->kind == RULE_LARGER)
        setup_text_add(out, values->is_set ? setup_value_larger(present, shipped) : shipped);
    else if (rule->kind == RULE_LONGER)
        setup_text_add(out, values->is_set ? setup_value_longer(present, shipped, rule->unit) : shipped);
    else if (rule->kind == RULE_MILTERS)
        add_milters(values, out);
    else if (rule->kind == RULE_ALIAS_DOMAINS)
        add_alias_domains(values, out);
    else if (rule->kind == RULE_RELAY)
        combine_relay(values, out);
    else if (rule->kind == RULE_RECIPIENT)
        setup_value_recipient(present, shipped, values->drop_permit_mynetworks, out);
    else if (rule->kind == RULE_DATA)
        setup_value_recipient(present, shipped, false, out);
    else
        setup_text_add(out, shipped);
}

bool rule_apply(const struct rule *rule, const struct rule_values *values, bool *keep, struct setup_text *out,
                struct problem *problem)
{
    const enum rule_kind kind = rule ? rule->kind : RULE_SET;
    *keep = false;
    if (kind == RULE_RELAY_RECIPIENTS)
        return add_relay_recipients(values, out, problem);
    if (kind == RULE_KEEP)
        *keep = keep_if(values->present.len > 0, values, out);
    else if (kind == RULE_KEEP_EMPTY)
        *keep = keep_if(values->is_set, values, out);
    else if (kind == RULE_STRICT)
        *keep =
            keep_if(values->present.len && !slice_equal_nocase(values->present, SLICE("no")), values, out);
    else if (kind == RULE_PERSISTENT)
        *keep = keep_if(is_persistent(values->present), values, out);
    else if (kind == RULE_SET)
        setup_text_add(out, values->shipped);
    else
        combine(rule, values, out);
    return true;
}
