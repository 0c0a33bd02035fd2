// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/spf/spf_advice.h"

#include "spfrecord/spf_amend.h"

#include <jansson.h>

// As a line of a zone file (RFC 1035 section 5.1).
static void print_record(FILE *out, const char *label, const char *domain, struct slice record)
{
    struct slice string;
    fprintf(out, "%-9s %s. TXT", label, domain);
    while (spf_amend_string(&record, &string)) {
        fputs(" \"", out);
        for (size_t i = 0; i < string.len; i++)
            fprintf(out, string.ptr[i] == '"' || string.ptr[i] == '\\' ? "\\%c" : "%c", string.ptr[i]);
        fputc('"', out);
    }
    fputc('\n', out);
}

bool spf_advice_print(const struct spf_facts *facts, const struct spf_advice *advice, FILE *out)
{
    for (unsigned i = 0; i < facts->several_count; i++)
        print_record(out, "present", facts->domain, facts->several[i]);
    if (facts->record.len && facts->several_count == 0)
        print_record(out, facts->cut ? "begins" : "present", facts->domain, facts->record);
    else if (facts->record.len == 0)
        fprintf(out, "%-9s none\n", "present");
    if (advice->proposed)
        print_record(out, "proposed", facts->domain, slice_from(advice->proposed));
    return finding_print(&advice->findings, out);
}

static json_t *text_or_null(struct slice text)
{
    return text.len ? json_stringn(text.ptr, text.len) : json_null();
}

// Moves `value` into `list`; sets `*whole` to false if out of memory.
static void append(json_t *list, json_t *value, bool *whole)
{
    *whole = json_array_append_new(list, value) == 0 && *whole;
}

static json_t *pack_trial(const struct spf_trial *trial)
{
    char client[CIDR_TEXT_MAX];
    ip_format(&trial->client, client);
    const struct spf_verdict *verdict = &trial->verdict;
    return json_pack("{s:s, s:s, s:o, s:o, s:b}", "client", client, "result",
                     spf_result_word(verdict->result), "mechanism", text_or_null(slice_from(verdict->term)),
                     "record_domain", text_or_null(slice_from(verdict->record_domain)), "wide",
                     verdict->wide);
}

bool spf_advice_print_json(const struct spf_facts *facts, const struct spf_advice *advice, FILE *out)
{
    json_t *strings = json_array(), *hosts = json_array(), *findings = json_array();
    json_t *several = facts->several_count ? json_array() : json_null();
    struct slice string, proposed = slice_from(advice->proposed);
    bool whole = true;
    while (spf_amend_string(&proposed, &string))
        append(strings, json_stringn(string.ptr, string.len), &whole);
    for (unsigned i = 0; i < facts->several_count; i++)
        append(several, text_or_null(facts->several[i]), &whole);
    for (unsigned i = 0; i < facts->trial_count; i++)
        append(hosts, pack_trial(&facts->trials[i]), &whole);
    for (size_t i = 0; i < advice->findings.count; i++)
        append(findings, finding_pack(&advice->findings.list[i]), &whole);
    json_t *document = json_pack("{s:s, s:o, s:o, s:o, s:o, s:i, s:i, s:o, s:o}", "domain", facts->domain,
                                 "present", facts->several_count ? json_null() : text_or_null(facts->record),
                                 "several", several, "proposed", text_or_null(slice_from(advice->proposed)),
                                 "strings", strings, "terms", (int)facts->unlisted.terms, "voids",
                                 (int)facts->unlisted.voids, "hosts", hosts, "findings", findings);
    bool done = whole && document && json_dumpf(document, out, JSON_COMPACT) == 0 && fputc('\n', out) != EOF;
    json_decref(document);
    return done;
}
