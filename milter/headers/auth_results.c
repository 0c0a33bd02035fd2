// SPDX-License-Identifier: BSD-2-Clause
#include "milter/headers/auth_results.h"

#include "base/address.h"
#include "milter/headers/header_text.h"

#include <stdio.h>

#define FIELD_NAME_LEN strlen("Authentication-Results")

static void put_token(struct header_text *text, struct slice value)
{
    if (value.len <= HEADER_VALUE_MAX && header_text_is_token(value))
        header_text_put(text, value);
    else
        header_text_quote(text, value);
}

// domain-name as pvalue has it (RFC 6376 section 3.5): two labels at least.
static bool is_domain(struct slice domain)
{
    return memchr(domain.ptr, '.', domain.len) && address_domain_valid(domain);
}

static bool is_printable(struct slice in)
{
    for (size_t i = 0; i < in.len; i++)
        if (in.ptr[i] < ' ' || in.ptr[i] > '~')
            return false;
    return true;
}

// The local part as pvalue has it: a dot-atom or a quoted string, whose shape address_parse has checked.
static bool is_local(struct slice local)
{
    return header_text_is_dot_atom(local) || (local.ptr[0] == '"' && is_printable(local));
}

// The domain, the part that SPF has checked, of an address that is too long or whose local part cannot be
// shown; false if there is none.
static bool put_domain_alone(struct header_text *text, struct slice value)
{
    struct slice local, domain;
    if (!slice_split_last(value, '@', &local, &domain) || domain.len == 0 || !is_domain(domain))
        return false;
    header_text_put(text, SLICE("@"));
    header_text_put(text, domain);
    return true;
}

// pvalue = [CFWS] ( value / [ [ local-part ] "@" ] domain-name ) [CFWS]
static void put_value(struct header_text *text, struct slice value)
{
    struct address address;
    value = header_text_address(value);
    if ((value.len > HEADER_VALUE_MAX || (value.len && value.ptr[0] == '@')) && put_domain_alone(text, value))
        return;
    if (address_parse(value, &address) != ADDRESS_OK || !is_local(address.local) ||
        !is_domain(address.domain)) {
        put_token(text, value);
        return;
    }
    header_text_put(text, address.local);
    header_text_put(text, SLICE("@"));
    header_text_put(text, address.domain);
}

static void put_spf(struct header_text *text, const struct spf_policy *policy,
                    const struct spf_finding *finding, struct slice property, struct slice value)
{
    if (!finding->checked)
        return;
    header_text_put(text, SLICE(";"));
    header_text_break(text);
    header_text_put(text, SLICE("spf="));
    header_text_put(text, slice_from(spf_result_word(spf_policy_result(policy, finding))));
    header_text_break(text);
    header_text_comment(text, slice_from(spf_policy_comment(policy, finding)));
    header_text_put(text, property);
    put_value(text, value);
}

static void put_none(struct header_text *text)
{
    header_text_put(text, SLICE(";"));
    header_text_break(text);
    header_text_put(text, SLICE("none"));
}

size_t auth_results_write(const struct spf_report *report, char out[AUTH_RESULTS_MAX])
{
    const struct spf_findings *spf = report->spf;
    struct header_text text;
    char postmaster[sizeof "postmaster@" + SPF_NAME_MAX];
    snprintf(postmaster, sizeof postmaster, "postmaster@%s", spf->helo_name);
    header_text_begin(&text, FIELD_NAME_LEN, out, AUTH_RESULTS_MAX);
    put_token(&text, report->receiver);
    put_spf(&text, report->policy, &spf->mail_from, SLICE("smtp.mailfrom="),
            report->sender.len > 0 ? report->sender : slice_from(postmaster));
    put_spf(&text, report->policy, &spf->helo, SLICE("smtp.helo="), slice_from(spf->helo_name));
    if (!spf->mail_from.checked && !spf->helo.checked)
        put_none(&text);
    return header_text_finish(&text);
}
