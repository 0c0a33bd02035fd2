// SPDX-License-Identifier: BSD-2-Clause
// Input: a byte whose bits choose result and problem, then the texts of the fields, each up to a line feed
// (or
// "\xff", so that one may hold line feeds).
#include "fuzz.h"
#include "milter/headers/auth_results.h"
#include "milter/headers/forged_field.h"
#include "milter/headers/received_spf.h"

// The value is one field: printable, folded before words, no line above 998 bytes.
static void check_value(const char *name, const char *value, size_t len)
{
    size_t column = strlen(name) + 2;
    FUZZ_CHECK(strlen(value) == len);
    for (size_t i = 0; i < len; i++, column++) {
        if (value[i] == '\n') {
            FUZZ_CHECK(value[i + 1] == '\t' && value[i + 2] > ' ');
            column = 0;
            i++;
        } else {
            FUZZ_CHECK(value[i] >= ' ' && value[i] <= '~');
        }
        FUZZ_CHECK(column < 998);
    }
}

// Outside quotes and comments each clause has one ";": no input adds one.
static unsigned count_clauses(const char *value)
{
    unsigned clauses = 0;
    bool quoted = false, comment = false;
    for (; *value; value++) {
        if (*value == '\\' && quoted)
            value++;
        else if (*value == '"' && !comment)
            quoted = !quoted;
        else if ((*value == '(' || *value == ')') && !quoted)
            comment = *value == '(';
        else if (!quoted && !comment)
            clauses += *value == ';';
    }
    FUZZ_CHECK(!quoted && !comment);
    return clauses;
}

static void write_auth_results(const struct spf_report *report)
{
    char value[AUTH_RESULTS_MAX];
    const size_t len = auth_results_write(report, value);
    check_value("Authentication-Results", value, len);
    FUZZ_CHECK(count_clauses(value) == 2);
}

static void write_received_spf(const struct spf_report *report)
{
    char value[RECEIVED_SPF_MAX];
    const struct spf_finding *finding = &report->spf->mail_from;
    const size_t len = received_spf_write(report, value);
    check_value("Received-SPF", value, len);
    FUZZ_CHECK(count_clauses(value) ==
               5U + (finding->term[0] != '\0') + (finding->problem != SPF_NO_PROBLEM));
}

static void put(struct slice text, char *out, size_t size)
{
    if (text.len >= size)
        text.len = size - 1;
    (void)slice_copy(text, out, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text[4], rest = slice_make((const char *)data, size);
    if (size == 0)
        return 0;
    const char separator = memchr(data, 0xff, size) ? '\xff' : '\n';
    rest = slice_skip(rest, 1);
    for (size_t i = 0; i < 4; i++)
        slice_split(rest, separator, &text[i], &rest);
    const struct spf_policy policy = {.wide_is_neutral = data[0] & 0x40};
    struct spf_findings spf = {.client = {.bits = data[0] & 0x20 ? 128 : 32},
                               .mail_from = {.checked = true,
                                             .result = data[0] % SPF_RESULTS,
                                             .problem = data[0] % SPF_PROBLEMS,
                                             .wide = data[0] & 0x80},
                               .helo = {.checked = true, .result = SPF_FAIL}};
    put(text[2], spf.helo_name, sizeof spf.helo_name);
    put(text[3], spf.mail_from.term, sizeof spf.mail_from.term);
    const struct spf_report report = {.receiver = text[0], .sender = text[1], .spf = &spf, .policy = &policy};
    write_auth_results(&report);
    write_received_spf(&report);
    return 0;
}
