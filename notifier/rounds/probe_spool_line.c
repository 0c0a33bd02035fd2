// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/rounds/probe_spool_line.h"

#include "notifier/rounds/probe_claim.h"

#include <stdio.h>
#include <string.h>

void probe_spool_line_format(const struct probe_spool_line *line, char out[PROBE_SPOOL_LINE_MAX])
{
    char results[PROBE_RESULTS_MAX], checks[PROBE_CHECKS_MAX];
    probe_claim_format(&line->history, results, checks);
    const int used =
        snprintf(out, PROBE_SPOOL_LINE_MAX, "%s %s %s %s %s ", line->change ? "change" : "result",
                 line->domain, judge_state_name(line->history.state), results, checks);
    size_t at = used > 0 && used < PROBE_SPOOL_LINE_MAX ? (size_t)used : 0;
    for (const char *from = line->reply; *from && at + 1 < PROBE_SPOOL_LINE_MAX; from++)
        if ((out[at++] = *from) < ' ' || *from > '~')
            out[at - 1] = '?';
    out[at] = '\0';
}

static bool take_word(struct slice *rest, char *out, size_t size)
{
    struct slice word, tail;
    if (!slice_split(*rest, ' ', &word, &tail))
        return false;
    *rest = tail;
    return word.len > 0 && slice_copy(word, out, size);
}

// "{1,2,3}" as probe_claim_history takes it.
static bool open_braces(char *checks)
{
    const size_t len = strlen(checks);
    if (len < 3 || checks[0] != '{' || checks[len - 1] != '}')
        return false;
    checks[0] = checks[len - 1] = ' ';
    for (char *at = checks; *at; at++)
        if (*at == ',')
            *at = ' ';
    return true;
}

bool probe_spool_line_parse(struct slice text, struct probe_spool_line *out)
{
    char word[16], state[16], results[PROBE_RESULTS_MAX], checks[PROBE_CHECKS_MAX];
    if (!take_word(&text, word, sizeof word) || !take_word(&text, out->domain, sizeof out->domain) ||
        !take_word(&text, state, sizeof state) || !take_word(&text, results, sizeof results) ||
        !take_word(&text, checks, sizeof checks) || !slice_copy(text, out->reply, sizeof out->reply))
        return false;
    out->change = strcmp(word, "change") == 0;
    return (out->change || strcmp(word, "result") == 0) && address_domain_valid(slice_from(out->domain)) &&
           open_braces(checks) && probe_claim_history(state, results, checks, &out->history) &&
           out->history.count > 0;
}
