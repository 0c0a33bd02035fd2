// SPDX-License-Identifier: BSD-2-Clause
#include "spf/client_record.h"

#include <stdio.h>

static bool certain(const struct term *term, const struct ip *client)
{
    return term->kind == TERM_ALL ||
           ((term->kind == TERM_IP4 || term->kind == TERM_IP6) && cidr_contains(&term->network, client));
}

static void add_reach(const struct term *term, struct client_record *out)
{
    if (term->result != SPF_PASS)
        return;
    if (term->kind == TERM_IP4)
        out->reach4 += UINT64_C(1) << (32 - term->network.prefix);
    else if (term->kind == TERM_IP6 && term->network.prefix <= 64)
        out->reach6 += UINT64_C(1) << (term->network.prefix > 12 ? 64 - term->network.prefix : 52);
}

bool client_record_read(struct slice text, const struct ip *client, struct client_record *out,
                        struct slice *bad)
{
    struct record_cursor cursor;
    struct term term;
    enum record_rc rc;
    bool closed = false; // no later term can be reached
    out->count = 0;
    out->redirects = false;
    out->explanation = slice_make(NULL, 0);
    out->reach4 = out->reach6 = 0;
    record_begin(&cursor, text);
    while ((rc = record_next(&cursor, &term)) == RECORD_TERM) {
        add_reach(&term, out);
        if (term.kind == TERM_REDIRECT) {
            out->redirects = true;
            out->redirect = term;
        } else if (term.kind == TERM_EXP) {
            out->explanation = term.target;
        } else if (!closed && (record_looks_up(term.kind) || certain(&term, client))) {
            out->terms[out->count++] = term;
            closed = !record_looks_up(term.kind) || out->count == CLIENT_RECORD_LOOKUPS_MAX;
        }
    }
    if (closed)
        out->redirects = false;
    *bad = term.text;
    return rc == RECORD_END;
}

_Static_assert(sizeof CLIENT_RECORD_TARGET == sizeof CLIENT_RECORD_PASSED &&
                   sizeof CLIENT_RECORD_TARGET == sizeof CLIENT_RECORD_REDIRECT,
               "kinds are of one length");
_Static_assert(CLIENT_RECORD_TERMS_MAX <= 26, "letters number records and terms");

void client_record_name(unsigned record, unsigned term, const char *kind, char out[CLIENT_RECORD_NAME_MAX])
{
    // libspf2 warns of a name without a dot and letters after it.
    memcpy(out, (char[]){(char)('a' + record), (char)('a' + term)}, 2);
    memcpy(out + 2, kind, sizeof CLIENT_RECORD_TARGET);
}

static const char *qualifier(enum spf_result result)
{
    return result == SPF_FAIL ? "-" : result == SPF_SOFTFAIL ? "~" : result == SPF_NEUTRAL ? "?" : "";
}

// A prefix length of 0 is none here, libspf2 refuses it: any address is then answered as the client's own.
static void print_lengths(const struct term *term, const struct ip *client, char out[8])
{
    unsigned prefix = client->bits == 32 ? term->prefix4 : term->prefix6;
    out[0] = '\0';
    if ((term->kind == TERM_A || term->kind == TERM_MX) && prefix && prefix < client->bits)
        snprintf(out, 8, "%s%u", client->bits == 32 ? "/" : "//", prefix);
}

static int print_lookup(const struct term *term, unsigned record, unsigned index, const struct ip *client,
                        char *out, size_t size)
{
    static const char *const words[] = {
        [TERM_INCLUDE] = "include", [TERM_A] = "a",           [TERM_MX] = "mx",
        [TERM_PTR] = "ptr",         [TERM_EXISTS] = "exists",
    };
    char target[CLIENT_RECORD_NAME_MAX], passed[CLIENT_RECORD_NAME_MAX], lengths[8];
    client_record_name(record, index, CLIENT_RECORD_TARGET, target);
    client_record_name(record, index, CLIENT_RECORD_PASSED, passed);
    print_lengths(term, client, lengths);
    return snprintf(out, size, " %s%s:%s%s exists:%s", qualifier(term->result), words[term->kind], target,
                    lengths, passed);
}

static int print_certain(const struct term *term, char *out, size_t size)
{
    char network[CIDR_TEXT_MAX];
    if (term->kind == TERM_ALL || term->network.prefix == 0)
        return snprintf(out, size, " %sall", qualifier(term->result));
    cidr_format(&term->network, network);
    return snprintf(out, size, " %s%s:%s", qualifier(term->result), term->kind == TERM_IP4 ? "ip4" : "ip6",
                    network);
}

size_t client_record_print(const struct client_record *in, unsigned record, const struct ip *client,
                           char out[CLIENT_RECORD_BYTES_MAX])
{
    char target[CLIENT_RECORD_NAME_MAX];
    size_t len = (size_t)snprintf(out, CLIENT_RECORD_BYTES_MAX, "v=spf1");
    for (unsigned i = 0; i < in->count; i++) {
        const struct term *term = &in->terms[i];
        len += (size_t)(record_looks_up(term->kind)
                            ? print_lookup(term, record, i, client, out + len, CLIENT_RECORD_BYTES_MAX - len)
                            : print_certain(term, out + len, CLIENT_RECORD_BYTES_MAX - len));
    }
    if (in->redirects) {
        client_record_name(record, 0, CLIENT_RECORD_REDIRECT, target);
        len += (size_t)snprintf(out + len, CLIENT_RECORD_BYTES_MAX - len, " redirect=%s", target);
    }
    return len;
}
