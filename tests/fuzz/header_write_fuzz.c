// SPDX-License-Identifier: BSD-2-Clause
// Input: a byte whose bits choose result and identity, then the texts of the fields, each up to a line feed
// (or
// "\xff", so that one may hold line feeds).
#include "fuzz.h"
#include "milter/headers/auth_results.h"
#include "milter/headers/auth_results_match.h"
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

// Outside quotes and comments ";" stands once for each clause: no input adds one.
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

static void write_auth_results(unsigned choice, const struct slice text[5])
{
    char value[AUTH_RESULTS_MAX];
    const struct auth_results results = {
        .authserv_id = text[0],
        .authenticated = choice & 0x40,
        .login = text[1],
        .spf_count = 2,
        .spf = {{SPF_HELO, choice % SPF_RESULTS, text[2], text[3]},
                {SPF_MAIL_FROM, SPF_FAIL, text[4], text[1]}},
    };
    const size_t len = auth_results_write(&results, value);
    check_value("Authentication-Results", value, len);
    FUZZ_CHECK(count_clauses(value) == 2U + results.authenticated);
}

static void write_received_spf(unsigned choice, const struct slice text[5])
{
    char value[RECEIVED_SPF_MAX];
    const struct received_spf spf = {
        .identity = choice & 0x80 ? SPF_HELO : SPF_MAIL_FROM,
        .result = choice % SPF_RESULTS,
        .client = {.bits = choice & 0x20 ? 128 : 32},
        .receiver = text[0],
        .sender = text[1],
        .helo = text[2],
        .mechanism = text[3],
        .problem = text[4],
    };
    const size_t len = received_spf_write(&spf, value);
    check_value("Received-SPF", value, len);
    FUZZ_CHECK(count_clauses(value) == 5U + (spf.mechanism.len > 0) + (spf.problem.len > 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text[5], rest = slice_make((const char *)data, size);
    if (size == 0)
        return 0;
    const char separator = memchr(data, 0xff, size) ? '\xff' : '\n';
    rest = slice_skip(rest, 1);
    for (size_t i = 0; i < 5; i++)
        slice_split(rest, separator, &text[i], &rest);
    write_auth_results(data[0], text);
    write_received_spf(data[0], text);
    return 0;
}
