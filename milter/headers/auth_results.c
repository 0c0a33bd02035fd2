// SPDX-License-Identifier: BSD-2-Clause
#include "milter/headers/auth_results.h"

#include "base/address.h"
#include "milter/headers/header_text.h"

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

// Of an address that is too long or whose local part cannot be shown the domain, which is what SPF has
// checked; false where there is none.
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

static void put_spf(struct header_text *text, const struct auth_results_spf *spf)
{
    header_text_put(text, SLICE("spf="));
    header_text_put(text, slice_from(spf_result_word(spf->result)));
    header_text_break(text);
    header_text_comment(text, spf->comment);
    header_text_put(text, spf->identity == SPF_HELO ? SLICE("smtp.helo=") : SLICE("smtp.mailfrom="));
    put_value(text, spf->value);
}

static void put_auth(struct header_text *text, struct slice login)
{
    header_text_put(text, SLICE("auth=pass"));
    if (login.len == 0)
        return;
    header_text_break(text);
    header_text_put(text, SLICE("smtp.auth="));
    put_value(text, login);
}

static void next_result(struct header_text *text)
{
    header_text_put(text, SLICE(";"));
    header_text_break(text);
}

size_t auth_results_write(const struct auth_results *results, char out[AUTH_RESULTS_MAX])
{
    struct header_text text;
    header_text_begin(&text, FIELD_NAME_LEN, out, AUTH_RESULTS_MAX);
    put_token(&text, results->authserv_id);
    if (results->authenticated) {
        next_result(&text);
        put_auth(&text, results->login);
    }
    for (size_t i = 0; i < results->spf_count && i < AUTH_RESULTS_SPF_MAX; i++) {
        next_result(&text);
        put_spf(&text, &results->spf[i]);
    }
    if (!results->authenticated && results->spf_count == 0) {
        next_result(&text);
        header_text_put(&text, SLICE("none"));
    }
    return header_text_finish(&text);
}
