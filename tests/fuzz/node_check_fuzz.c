// SPDX-License-Identifier: BSD-2-Clause
// Input: what programs and files of a node say. It is read as facts and as the output of doveconf; whatever
// it is, each finding is printable text of one line.
#include "ctl/check/doveconf.h"
#include "ctl/check/node_check.h"
#include "fuzz.h"

#include <stdlib.h>

static struct findings findings;

static void check_text(struct slice text)
{
    const struct check_rows summary = {.known = false};
    const struct postconf facts = {.text = text};
    const struct postfix_check postfix = {.postconf = &facts, .summary = &summary, .findings = &findings};
    const struct node_check node = {.facts = &facts, .summary = &summary, .findings = &findings};
    memset(&findings, 0, sizeof findings);
    postfix_check(&postfix);
    node_sockets(&node, true);
    dovecot_check(&node);
    postgresql_check(&node);
    node_replica(&node);
    node_spf_worker(&node);
    node_files(&node);
    node_settings(&node);
    node_dns(&node);
    node_disk(&node);
}

static void check_findings(void)
{
    char line[FINDING_LINE_MAX];
    for (size_t i = 0; i < findings.count; i++) {
        finding_format(&findings.list[i], line);
        for (const char *at = line; *at; at++)
            FUZZ_CHECK(*at >= ' ' && *at <= '~');
        FUZZ_CHECK(findings.list[i].severity == FINDING_OK || findings.list[i].why);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice input = slice_make((const char *)data, size);
    char *flat = NULL;
    size_t flat_size = 0;
    if (size > 20000)
        return 0;
    check_text(input);
    check_findings();
    FILE *out = open_memstream(&flat, &flat_size);
    FUZZ_CHECK(out);
    doveconf_flatten(input, out);
    fclose(out);
    check_text(slice_make(flat, flat_size));
    check_findings();
    free(flat);
    return 0;
}
