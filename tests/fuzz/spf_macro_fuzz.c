// SPDX-License-Identifier: BSD-2-Clause
// A macro string and the values of its macros, one per line: string, sender, HELO name, domain.
#include "fuzz.h"
#include "spf/spf_expansion.h"
#include "spfrecord/macro.h"
#include "wire/spf_codec.h"

static struct slice take_line(struct slice *in, size_t max)
{
    struct slice line;
    slice_split(*in, '\n', &line, in);
    if (line.len > max)
        line.len = max;
    return line;
}

static void check_name(const char *name)
{
    size_t label = 0, len = strlen(name);
    FUZZ_CHECK(len > 0 && len <= DNS_NAME_MAX);
    for (size_t i = 0; i <= len; i++) {
        bool ends = i == len || name[i] == '.';
        FUZZ_CHECK(ends ? label > 0 : label < DNS_LABEL_MAX);
        FUZZ_CHECK(name[i] < 'A' || name[i] > 'Z');
        label = ends ? 0 : label + 1;
    }
}

static void check_text(struct slice spec, const struct spf_expansion_values *values)
{
    char whole[SPF_EXPLANATION_MAX + 1], *cut = malloc(40);
    spf_expansion_text(spec, values, whole, sizeof whole);
    spf_expansion_text(spec, values, cut, 40);
    FUZZ_CHECK(strlen(whole) < sizeof whole && strncmp(whole, cut, 39) == 0);
    for (size_t i = 0; whole[i]; i++)
        FUZZ_CHECK(whole[i] >= ' ' && whole[i] < 0x7f);
    free(cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_make((const char *)data, size), spec = take_line(&in, SPF_RECORD_MAX), local,
                 domain;
    struct slice sender = take_line(&in, SPF_SENDER_MAX), helo = take_line(&in, SPF_NAME_MAX);
    struct ip client = {.bits = size % 2 ? 32 : 128, .bytes = {192, 0, 2, 1}};
    char name[DNS_NAME_MAX + 1];
    slice_split_last(sender, '@', &local, &domain);
    struct spf_expansion_values values = {
        .sender = sender,
        .local = local,
        .sender_domain = domain,
        .helo = helo,
        .domain = take_line(&in, DNS_NAME_MAX),
        .receiver = SLICE("mx.example"),
        .validated = SLICE("unknown"),
        .client = &client,
    };
    if (macro_domain_valid(spec)) {
        FUZZ_CHECK(macro_valid(spec, MACRO_IN_RECORD));
        if (spf_expansion_name(spec, &values, name))
            check_name(name);
    }
    if (macro_valid(spec, MACRO_IN_RECORD))
        FUZZ_CHECK(macro_valid(spec, MACRO_IN_MODIFIER));
    if (macro_valid(spec, MACRO_IN_MODIFIER))
        FUZZ_CHECK(macro_valid(spec, MACRO_IN_EXPLANATION));
    if (macro_valid(spec, MACRO_IN_EXPLANATION))
        check_text(spec, &values);
    return 0;
}
