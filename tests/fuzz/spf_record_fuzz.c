// SPDX-License-Identifier: BSD-2-Clause
// A record, of which libspf2 is to get nothing but bytes written here, and all of those. The first byte
// chooses the client.
#include "fuzz.h"
#include "spf/client_record.h"

#include <netinet/in.h>
#include <spf2/spf.h>

static SPF_dns_rr_t *no_answer(SPF_dns_server_t *dns, const char *name, ns_type type, int should_cache)
{
    (void)dns;
    (void)name;
    (void)should_cache;
    return SPF_dns_rr_new_init(NULL, NULL, type, 0, HOST_NOT_FOUND);
}

// libspf2 leaves out what it has no room for, without an error.
static void check_compiles(const char *text, unsigned terms)
{
    static SPF_dns_server_t dns = {.lookup = no_answer};
    static SPF_server_t *server;
    SPF_record_t *record = NULL;
    if (!server)
        server = SPF_server_new_dns(&dns, 0);
    SPF_response_t *response = SPF_response_new(NULL);
    FUZZ_CHECK(SPF_record_compile(server, response, &record, text) == SPF_E_SUCCESS);
    FUZZ_CHECK(SPF_response_messages(response) == 0 && record->num_mech == terms && record->num_mod == 0);
    SPF_record_free(record);
    SPF_response_free(response);
}

static void check_term(const struct term *term, struct slice whole)
{
    FUZZ_CHECK(fuzz_within(term->text, whole) && fuzz_within(term->target, term->text) && term->text.len > 0);
    for (size_t i = 0; i < term->text.len; i++)
        FUZZ_CHECK(term->text.ptr[i] > ' ' && term->text.ptr[i] < 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct client_record canonical;
    char text[CLIENT_RECORD_BYTES_MAX];
    struct slice in = slice_make((const char *)data, size), bad;
    if (size == 0 || !record_is_spf(slice_skip(in, 1)))
        return 0;
    struct ip client = {.bits = data[0] % 2 ? 32 : 128, .bytes = {data[0], 1}};
    in = slice_skip(in, 1);
    if (!client_record_read(in, &client, &canonical, &bad)) {
        FUZZ_CHECK(fuzz_within(bad, in));
        return 0;
    }
    unsigned terms = canonical.redirects;
    FUZZ_CHECK(canonical.count <= CLIENT_RECORD_TERMS_MAX);
    for (unsigned i = 0; i < canonical.count; i++) {
        check_term(&canonical.terms[i], in);
        terms += record_looks_up(canonical.terms[i].kind) ? 2 : 1;
    }
    size_t len = client_record_print(&canonical, CLIENT_RECORD_LOOKUPS_MAX - 1, &client, text);
    FUZZ_CHECK(len == strlen(text) && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.:/=-~? ") == len);
    check_compiles(text, terms);
    return 0;
}
